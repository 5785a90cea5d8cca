"""Draws the sequence diagram as SVG: lifelines, arrows, frames around repeats, bands over the whole width.

Colours and fonts are classes of the page's style; text is escaped here. Where text may stand is
decided by an estimate of its width, since nothing measures fonts on a server. A long diagram goes on in
further sheets, each with the names above it and none longer than a printed page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from sandbox.evidence.folding import ANYONE, Arrow, Band, Flow, Frame, Row, say_end
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.wording import cut, show_invisible

_LEFT = 78
_WIDEST_LANE, _NARROWEST_LANE = 148, 116
_EDGE = 66
_COLUMN = 1070
"""Room on the page: up to eight lanes share it at natural size, so that text is as large as it was meant."""
_TOP = 52
_ROW = 36
_SHEET = 1180
"""Height of a sheet's rows: at this width, with a heading above it, it fits a page of A4."""
_CHARACTER = 6.9
"""Estimated width of a 13 px character."""
_IN_ENGLISH = Markup(' lang="en"')
_NOT_TRANSLATED = Markup(' translate="no"')


@dataclass(frozen=True, slots=True)
class _Paper:
    """Where the lanes are."""

    lanes: dict[str, float]
    width: float
    start: datetime
    speech: Speech


def draw_flow(flow: Flow, start: datetime, speech: Speech = ENGLISH) -> Markup:
    """Draw the diagram in one element; times on the left are counted from `start`."""
    gaps = max(1, len(flow.participants) - 1)
    lane = min(_WIDEST_LANE, max(_NARROWEST_LANE, (_COLUMN - _LEFT - 2 * _EDGE) // gaps))
    lanes = {name: float(_LEFT + _EDGE + lane * place) for place, name in enumerate(flow.participants)}
    width = _LEFT + 2 * _EDGE + lane * max(0, len(lanes) - 1)
    paper = _Paper(lanes, width, start, speech)
    sheets = [_draw_sheet(rows, paper) for rows in _cut_sheets(flow.rows)]
    return Markup('<div class="sheets">{}</div>').format(Markup("").join(sheets))


def _cut_sheets(rows: Sequence[Row]) -> list[list[Row]]:
    """Cut where a sheet is full; in its second half already where the clock moves."""
    sheets: list[list[Row]] = [[]]
    y = 0
    for row in rows:
        turns = isinstance(row, Band) and row.kind == "clock" and y > _SHEET / 2
        if sheets[-1] and (turns or y + _height_of(row) > _SHEET):
            sheets.append([])
            y = 0
        sheets[-1].append(row)
        y += _height_of(row)
    return sheets


def _height_of(row: Row) -> int:
    return 22 + len(row.arrows) * _ROW if isinstance(row, Frame) else _ROW


def _draw_sheet(rows: Sequence[Row], paper: _Paper) -> Markup:
    drawn: list[Markup] = []
    y = _TOP + _ROW
    for row in rows:
        if isinstance(row, Band):
            drawn.append(_draw_band(row, y, paper))
        elif isinstance(row, Frame):
            drawn.append(_draw_frame(row, y, paper))
            for place, arrow in enumerate(row.arrows):
                drawn.append(_draw_arrow(arrow, y + 14 + place * _ROW, paper, row))
        else:
            drawn.append(_draw_arrow(row, y, paper, None))
        y += _height_of(row)
    height = y - 8
    life = [_draw_lane(name, x, height, paper.speech) for name, x in paper.lanes.items()]
    return Markup(
        '<svg class="sequence" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="group" '
        'aria-label="{label}">{body}</svg>'
    ).format(
        w=paper.width,
        h=height,
        label=paper.speech.gettext("Who called whom, in order of time; the table below says the same"),
        body=Markup("").join([*life, *drawn]),
    )


def _draw_lane(name: str, x: float, height: float, speech: Speech) -> Markup:
    own = Markup("") if name == ANYONE else _NOT_TRANSLATED
    words = show_invisible(say_end(name, speech)).split(" ")
    lines = [" ".join(words)] if len(" ".join(words)) <= 16 else _halve(words)
    text = Markup("").join(
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(x, 34 - (len(lines) - 1 - place) * 16, cut(line, 16))
        for place, line in enumerate(lines)
    )
    return Markup(
        '<text class="who"{}>{}</text><line class="life" x1="{x}" y1="42" x2="{x}" y2="{}"/>'
    ).format(own, text, height - 4, x=x)


def _halve(words: Sequence[str]) -> list[str]:
    at = min(
        range(1, len(words) + 1),
        key=lambda place: abs(len(" ".join(words[:place])) - len(" ".join(words[place:]))),
    )
    return [line for line in (" ".join(words[:at]), " ".join(words[at:])) if line]


def _draw_band(band: Band, y: float, paper: _Paper) -> Markup:
    return Markup(
        '<rect class="band {}" x="0" y="{}" width="{}" height="24"/>'
        '<text class="bandtext"{} x="10" y="{}">{}</text>'
    ).format(
        band.kind,
        y - 20,
        paper.width,
        _IN_ENGLISH if band.kind == "fault" else "",
        y - 4,
        show_invisible(band.label),
    )


def _draw_frame(frame: Frame, y: float, paper: _Paper) -> Markup:
    ends = [paper.lanes[name] for arrow in frame.arrows for name in (arrow.source, arrow.target)]
    left, right = min(ends) - 14, paper.width - 6
    return Markup(
        '<rect class="frame" x="{}" y="{}" width="{}" height="{}" rx="4"/>'
        '<text class="times" x="{}" y="{}">× {}</text>'
    ).format(
        left,
        y - 16,
        right - left,
        len(frame.arrows) * _ROW + 10,
        right - 8,
        y,
        paper.speech.number(frame.times),
    )


def _draw_arrow(arrow: Arrow, y: float, paper: _Paper, frame: Frame | None) -> Markup:
    x1, x2 = paper.lanes[arrow.source], paper.lanes[arrow.target]
    # Inside a frame, the frame's own number says how often all of it was repeated.
    times = len(arrow.exchanges) // (frame.times if frame else 1)
    label = show_invisible(arrow.label)
    count = "" if times == 1 else f" × {paper.speech.number(times)}"
    remark = f" · {show_invisible(arrow.remark)}" if arrow.remark else ""
    room = int((paper.width - _LEFT - 64) / _CHARACTER)
    whole = f"{label}{count}"
    shown = cut(label, max(12, room - len(count) - len(remark)))
    said = shown + count + remark
    first = arrow.exchanges[0]
    after = paper.speech.duration((first.at - paper.start).total_seconds() * 1000)
    line = _draw_hook(x1, y) if x1 == x2 else _draw_line(arrow, x1, x2, y)
    edge = paper.width - (58 if frame else 6)  # the frame's number stands at its right
    begin = min(x1, x2) + 8
    fits = begin + len(said) * _CHARACTER <= edge
    place = Markup('x="{}"').format(begin) if fits else Markup('x="{}" text-anchor="end"').format(edge)
    return Markup(
        '<a href="#x{number}"><title{own}>{full}</title>'
        '<text class="time" x="{left}" y="{low}">{after}</text>{line}'
        '<text class="say {kind}" {place} y="{high}">{said}</text></a>'
    ).format(
        number=first.number,
        # What the blocks call their operations is in English; a remark is in the page's language.
        own=Markup("") if remark else _IN_ENGLISH,
        full=paper.speech.gettext("%(what)s · %(remark)s", what=whole, remark=show_invisible(arrow.remark))
        if remark
        else whole,
        left=_LEFT - 10,
        low=y + 4,
        after=after,
        line=line,
        kind=arrow.kind,
        place=place,
        high=y - 6,
        said=Markup("<tspan{}>{}</tspan>{}").format(_IN_ENGLISH, shown, count + remark),
    )


def _draw_line(arrow: Arrow, x1: float, x2: float, y: float) -> Markup:
    forward = 1 if x2 > x1 else -1
    tip = x2 - forward * 2
    line = Markup('<line class="arrow {}" x1="{}" y1="{y}" x2="{}" y2="{y}"/>').format(
        arrow.kind, x1, tip, y=y
    )
    head = Markup('<path class="tip {}" d="M{} {} l{} -4.5 v9 z"/>').format(arrow.kind, tip, y, -forward * 9)
    if arrow.kind != "refused":
        return line + head
    # A call that the mediator stopped never arrives: it ends in a cross half way.
    middle = (x1 + x2) / 2
    stopped = Markup('<line class="arrow refused" x1="{}" y1="{y}" x2="{}" y2="{y}"/>').format(
        x1, middle, y=y
    )
    cross = Markup('<path class="cross" d="M{} {top} l10 10 m0 -10 l-10 10"/>').format(middle - 5, top=y - 5)
    return stopped + cross


def _draw_hook(x: float, y: float) -> Markup:
    return Markup(
        '<path class="arrow" fill="none" d="M{x} {} h18 v10 h-14"/>'
        '<path class="tip" d="M{} {} l9 -4.5 v9 z"/>'
    ).format(y - 5, x + 3, y + 5, x=x)
