"""From exchanges to the rows of a sequence diagram: arrows and bands, repeats folded.

Three steps, each pure: one arrow per exchange, or per log-in of the sandbox's; neighbours that say the
same become one arrow; rounds that went alike become a frame. When that is still more than a reader can
follow, arrows that say the same on one business day become one, and `Flow.merged_days` says so. Every
exchange that is drawn stays attached to its arrow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.evidence.logins import LogIns, find_log_ins
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange

MOST_ROWS = 60
_LONGEST_ROUND = 24
ANYONE = noted("Anyone")
"""Who reads a public page."""

Kind = Literal["call", "callback", "refused", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One line of the diagram: who told whom what, and every exchange that it stands for."""

    source: str
    target: str
    label: str
    kind: Kind
    """`refused` by the mediator, `rejected` by the block that answered."""
    remark: str
    exchanges: tuple[Exchange, ...]

    @property
    def says(self) -> tuple[str, ...]:
        """What two arrows must share to be one."""
        return (self.source, self.target, self.label, self.kind, self.remark)


@dataclass(frozen=True, slots=True)
class Band:
    """Something that happened to the whole sandbox: a new business day, a fault."""

    label: str
    kind: Literal["clock", "fault"]


@dataclass(frozen=True, slots=True)
class Frame:
    """Rounds that went alike; each arrow carries the exchanges of all of them."""

    times: int
    arrows: tuple[Arrow, ...]


Row = Arrow | Band | Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What the diagram draws and the table beside it lists."""

    rows: tuple[Row, ...]
    participants: tuple[str, ...]
    merged_days: bool
    controls: int
    """Calls of the sandbox's own controls, which are no part of the service and are not drawn."""
    inside_log_ins: int
    """Calls that a person's log-in consists of; the log-in itself is drawn."""

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """All arrows, those in frames included."""
        return tuple(arrow for row in self.rows for arrow in _arrows_of(row))


def _arrows_of(row: Row) -> tuple[Arrow, ...]:
    if isinstance(row, Band):
        return ()
    return row.arrows if isinstance(row, Frame) else (row,)


def read_flow(
    exchanges: Sequence[Exchange],
    names: Names,
    *,
    most_rows: int = MOST_ROWS,
    speech: Speech = ENGLISH,
) -> Flow:
    """Build the rows; participants are in the order of their first use."""
    # The log is in the order in which answers came; a reader follows the order in which calls began.
    ordered = sorted(exchanges, key=lambda one: (one.at, one.number))
    log_ins = find_log_ins(ordered)
    stretches = _stretches(ordered, log_ins, names, speech)
    rows: list[Row] = []
    for bands, arrows in stretches:
        rows += [*bands, *_fold_rounds(_join_runs(arrows))]
    merged = sum(max(1, len(_arrows_of(row))) for row in rows) > most_rows
    if merged:
        rows = []
        for bands, arrows in stretches:
            rows += [*bands, *_join_all(arrows)]
    participants = dict.fromkeys(
        name for row in rows for arrow in _arrows_of(row) for name in (arrow.source, arrow.target)
    )
    return Flow(
        rows=tuple(rows),
        participants=tuple(participants),
        merged_days=merged,
        controls=sum(each.kind == "control" and each.id not in log_ins.providers for each in exchanges),
        inside_log_ins=len(log_ins.parts),
    )


def _stretches(
    exchanges: Sequence[Exchange], log_ins: LogIns, names: Names, speech: Speech
) -> list[tuple[list[Band], list[Arrow]]]:
    """Cut the exchanges where the clock jumps or a fault is set."""
    stretches: list[tuple[list[Band], list[Arrow]]] = [([], [])]
    callers = _first_callers(exchanges)
    today = exchanges[0].today if exchanges else ""
    for exchange in exchanges:
        if exchange.today != today:
            today = exchange.today
            moves = speech.gettext("The clock moves to %(day)s", day=speech.day(today))
            stretches.append(([Band(moves, "clock")], []))
        if exchange.id in log_ins.parts:
            continue
        if provider := log_ins.providers.get(exchange.id):
            stretches[-1][1].append(
                replace(_draw(exchange, names, callers, speech), target=names.application(provider))
            )
        elif exchange.kind == "control":
            if exchange.operation_id in {"injectFault", "clearFaults"}:
                stretches.append(([Band(exchange.summary or exchange.operation_id, "fault")], []))
        else:
            stretches[-1][1].append(_draw(exchange, names, callers, speech))
    return stretches


def _first_callers(exchanges: Iterable[Exchange]) -> dict[str, str]:
    """Who began each correlated conversation: the one whom a callback is meant for."""
    callers: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.kind == "call" and exchange.correlation and exchange.client:
            callers.setdefault(exchange.correlation, exchange.client)
    return callers


def _draw(exchange: Exchange, names: Names, callers: dict[str, str], speech: Speech) -> Arrow:
    source, target = name_ends(exchange, names, callers.get(exchange.correlation, ""))
    kind: Kind = "call"
    remark = say_fault(exchange, speech)
    if exchange.refused:
        kind, remark = "refused", say_refused(exchange, speech)
    elif exchange.status >= 400:
        answered = speech.gettext("answered %(status)s", status=speech.status(exchange.status))
        kind, remark = "rejected", remark or answered
    elif exchange.kind == "callback":
        kind = "callback"
    label = exchange.summary or exchange.operation_id or f"{exchange.method} {exchange.path}"
    return Arrow(source=source, target=target, label=label, kind=kind, remark=remark, exchanges=(exchange,))


def say_fault(exchange: Exchange, speech: Speech = ENGLISH) -> str:
    """Say which fault was planted in a call; empty for none."""
    return speech.gettext("fault: %(fault)s", fault=exchange.fault) if exchange.fault else ""


def say_refused(exchange: Exchange, speech: Speech = ENGLISH) -> str:
    """Say why the mediator refused a call; empty when it did not."""
    if not exchange.refused:
        return ""
    return speech.gettext("refused: %(reason)s", reason=speech.refusal(exchange.refused))


def say_end(name: str, speech: Speech = ENGLISH) -> str:
    """A speaker's name as it is; who can't be named, in words."""
    return speech.look_up(ANYONE) if name == ANYONE else name


def name_ends(exchange: Exchange, names: Names, began: str = "") -> tuple[str, str]:
    """Name who spoke and who was spoken to; a public page can be read by anyone, and nobody says by whom."""
    source = names.application(exchange.client) if exchange.client else ANYONE
    if exchange.kind == "callback":
        to = exchange.service or began
        return source, names.application(to) if to else "Information mediator"
    return source, names.application(exchange.service) if exchange.service else names.block(exchange.block)


def _join(arrows: Sequence[Arrow]) -> Arrow:
    return replace(arrows[0], exchanges=tuple(one for arrow in arrows for one in arrow.exchanges))


def _join_runs(arrows: Sequence[Arrow]) -> list[Arrow]:
    runs: list[list[Arrow]] = []
    for arrow in arrows:
        if runs and runs[-1][0].says == arrow.says:
            runs[-1].append(arrow)
        else:
            runs.append([arrow])
    return [_join(run) for run in runs]


def _join_all(arrows: Sequence[Arrow]) -> list[Arrow]:
    alike: dict[tuple[str, ...], list[Arrow]] = {}
    for arrow in arrows:
        alike.setdefault(arrow.says, []).append(arrow)
    return [_join(group) for group in alike.values()]


def _fold_rounds(arrows: Sequence[Arrow]) -> list[Row]:
    """Replace each stretch that begins again and again with the same arrow by frames.

    One frame per way in which a round went, in the order of their first use: sixteen households
    that were enrolled, three that were rejected, one that said no.
    """
    rows: list[Row] = []
    position = 0
    while position < len(arrows):
        rounds = _split_rounds(arrows, position)
        alike: dict[tuple[object, ...], list[Sequence[Arrow]]] = {}
        for round_ in rounds:
            alike.setdefault(tuple((arrow.says, len(arrow.exchanges)) for arrow in round_), []).append(round_)
        if len(alike) < len(rounds):
            rows += [_join_rounds(group) for group in alike.values()]
            position += sum(map(len, rounds))
        else:
            rows.append(arrows[position])
            position += 1
    return rows


def _split_rounds(arrows: Sequence[Arrow], start: int) -> list[Sequence[Arrow]]:
    """Cut at each return of the arrow at `start`; the last round ends where something new begins."""
    starts = [start]
    body: set[tuple[str, ...]] = set()
    for place in range(start + 1, len(arrows)):
        if place - starts[-1] > _LONGEST_ROUND:
            break
        if arrows[place].says == arrows[start].says:
            body.update(arrow.says for arrow in arrows[starts[-1] : place])
            starts.append(place)
    end = starts[-1] + 1
    while end < len(arrows) and end - starts[-1] < _LONGEST_ROUND and arrows[end].says in body:
        end += 1
    return [arrows[first:last] for first, last in itertools.pairwise([*starts, end])]


def _join_rounds(rounds: Sequence[Sequence[Arrow]]) -> Frame:
    return Frame(len(rounds), tuple(_join(same) for same in zip(*rounds, strict=True)))
