"""Draws a service blueprint as one SVG document that needs nothing from elsewhere.

Nothing measures fonts where this runs, so every width is estimated generously, and text is broken into lines
by it: what fits here fits in the widest of the usual fonts. The same blueprint gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from markupsafe import Markup

from sandbox.catalog.blueprint import Blueprint, Lane, Line, Touch

STYLE = Path(__file__).with_name("blueprint.css")
WIDTH = 1280
MARGIN = 24
TEXT = 92
"""Where sentences begin: after the loops' brackets and the numbers."""
CHECKS = 56
"""Room for the number of checks at the right edge."""
NARROWEST_LANE, WIDEST_LANE = 56, 112
_BETWEEN = 10
"""Between the names of two lanes, at least."""
LEADING = 18
FAR = 900
"""After so much height, the next phase has the names of the lanes above it once more."""
_HEAD = 60
"""Height of the lanes' names: up to three lines."""
_WIDTHS = ((frozenset("iljtfrI.,:;'|!()[] "), 0.4), (frozenset("mwMW@%"), 0.98))
_CAPITAL, _OTHER = 0.72, 0.62
# What XML can't hold, and what a text could use to look like another or to turn a line round.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class _Paper:
    """Where things stand from left to right."""

    x: dict[str, float]
    lanes: tuple[Lane, ...]
    widths: dict[str, float]
    room: float
    """For a sentence."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line, its sentence in lines of text, and where it stands."""

    line: Line
    texts: tuple[str, ...]
    top: float
    headed: bool

    @property
    def middle(self) -> float:
        """Where its marks stand."""
        return self.top + _HEAD * self.headed + 15

    @property
    def bottom(self) -> float:
        """Where the next one may begin."""
        return self.top + _HEAD * self.headed + 12 + LEADING * len(self.texts)


def draw_blueprint(blueprint: Blueprint) -> str:
    """Draw it, 1,280 wide and as high as it needs to be."""
    widths = _share_width(blueprint.lanes)
    first = WIDTH - MARGIN - CHECKS - sum(widths.values())
    ends = list(accumulate(widths.values(), initial=first))
    x = {key: (left + right) / 2 for key, (left, right) in zip(widths, pairwise(ends), strict=True)}
    paper = _Paper(x, blueprint.lanes, widths, first - TEXT - 12)
    summary = wrap(blueprint.summary, WIDTH - 2 * MARGIN, 13)
    top = 64 + LEADING * len(summary)
    placed = list(_place(blueprint.lines, paper, top))
    end = placed[-1].bottom if placed else top
    body = [
        Markup('<text class="title" x="{}" y="40">{}</text>').format(MARGIN, plain(blueprint.title)),
        *(_text("soft", MARGIN, 62 + LEADING * place, text) for place, text in enumerate(summary)),
        *_draw_bands(placed),
        *_draw_lanes(placed, paper, end),
        *(part for each in placed for part in _draw_line(each, paper)),
        *_draw_loops(placed),
        *_draw_legend(end + 28, blueprint.slug),
    ]
    height = end + 72
    return str(
        Markup(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h:.0f}" width="{w}" height="{h:.0f}" '
            'lang="en" role="img" aria-labelledby="title desc">\n<title id="title">{title}</title>\n'
            '<desc id="desc">{desc}</desc>\n<style>{style}</style>\n'
            '<rect class="paper" width="{w}" height="{h:.0f}"/>\n{body}\n</svg>\n'
        ).format(
            w=WIDTH,
            h=height,
            title=plain(f"{blueprint.title}: service blueprint"),
            desc=plain(f"{blueprint.summary} The same as a table: sandbox show {blueprint.slug}"),
            style=Markup(STYLE.read_text(encoding="utf-8")),  # noqa: S704  our own file
            body=Markup("\n").join(body),
        )
    )


def plain(text: str) -> str:
    r"""Write characters that can't be seen as their code, `\u202e`."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def estimate(text: str, size: float) -> float:
    """Estimate how wide a text is at most, in the widest of the usual fonts."""
    return size * sum(_width_of(letter) for letter in text)


def _width_of(letter: str) -> float:
    for letters, width in _WIDTHS:
        if letter in letters:
            return width
    if not letter.isascii():
        return 1.0
    return _CAPITAL if letter.isupper() else _OTHER


def wrap(text: str, room: float, size: float) -> tuple[str, ...]:
    """Break a text into lines that fit; a word that is too long by itself is broken too."""
    lines: list[str] = []
    now = ""
    for word in plain(text).split():
        while word:
            joined = f"{now} {word}" if now else word
            if estimate(joined, size) <= room:
                now, word = joined, ""
            elif now:
                lines.append(now)
                now = ""
            else:
                fits = max(
                    1, next(n for n in range(len(word), 0, -1) if n == 1 or estimate(word[:n], size) <= room)
                )
                lines.append(word[:fits])
                word = word[fits:]
    return (*lines, now) if now or not lines else tuple(lines)


def _share_width(lanes: Sequence[Lane]) -> dict[str, float]:
    """Give each lane the width of its name's longest word, and all of them an equal part of what is free."""
    needed = {
        lane.key: min(
            WIDEST_LANE,
            max([NARROWEST_LANE, *(estimate(word, 12) + _BETWEEN for word in plain(lane.name).split())]),
        )
        for lane in lanes
    }
    free = min(WIDTH * 0.5, WIDEST_LANE * len(lanes)) - sum(needed.values())
    return {key: width + max(0, free) / len(lanes) for key, width in needed.items()}


def _place(lines: Sequence[Line], paper: _Paper, top: float) -> Iterator[_Placed]:
    y, since = top, None
    for line in lines:
        headed = since is None or (line.depth == 0 and y - since > FAR)
        size = 14.3 if line.depth == 0 else 13  # a bold text is wider
        room = WIDTH - MARGIN - TEXT - CHECKS if _opens(line) else paper.room
        placed = _Placed(line, wrap(line.sentence, room, size), y, headed)
        since = y if headed else since
        y = placed.bottom
        yield placed


def _opens(line: Line) -> bool:
    return line.depth == 0 and not line.touches


def _draw_bands(placed: Sequence[_Placed]) -> Iterator[Markup]:
    for each in placed:
        top = each.top + _HEAD * each.headed
        if _opens(each.line):
            yield Markup('<rect class="band" x="{}" y="{:.0f}" width="{}" height="{:.0f}"/>').format(
                MARGIN + 24, top, WIDTH - 2 * MARGIN - 24, each.bottom - top
            )
        else:
            yield Markup('<line class="row" x1="{}" x2="{}" y1="{y:.0f}" y2="{y:.0f}"/>').format(
                MARGIN + 24, WIDTH - MARGIN, y=each.bottom
            )


def _draw_lanes(placed: Sequence[_Placed], paper: _Paper, end: float) -> Iterator[Markup]:
    """Draw the lanes between the phases' headings, and their names where a sheet begins."""
    for place, each in enumerate(placed):
        if each.headed:
            yield from _draw_names(paper, each.top)
        if _opens(each.line):
            continue
        below = placed[place + 1].top if place + 1 < len(placed) else end
        for lane in paper.lanes:
            yield Markup('<line class="lane" x1="{x:.0f}" x2="{x:.0f}" y1="{:.0f}" y2="{:.0f}"/>').format(
                each.top + _HEAD * each.headed, below, x=paper.x[lane.key]
            )


def _draw_names(paper: _Paper, top: float) -> Iterator[Markup]:
    for lane in paper.lanes:
        texts = wrap(lane.name, paper.widths[lane.key] - _BETWEEN + 1, 12)
        for place, text in enumerate(texts):
            y = top + _HEAD - 12 - 15 * (len(texts) - 1 - place)
            yield Markup('<text class="head middle" x="{:.0f}" y="{:.0f}">{}</text>').format(
                paper.x[lane.key], y, text
            )
    yield _text("head end", WIDTH - MARGIN, top + _HEAD - 12, "checks")


def _draw_line(placed: _Placed, paper: _Paper) -> Iterator[Markup]:
    line, y = placed.line, placed.middle
    yield _text("n", TEXT - 10, y + 4, line.number)
    kind = "phase" if line.depth == 0 else "step"
    for place, text in enumerate(placed.texts):
        yield _text(kind, TEXT, y + 4 + LEADING * place, text)
    serving = [lane for lane in paper.lanes if lane.key in line.touches and lane.kind != "sandbox"]
    if len(serving) > 1:
        yield Markup('<line class="call" x1="{:.0f}" x2="{:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>').format(
            paper.x[serving[0].key], paper.x[serving[-1].key], y=y
        )
    for lane in paper.lanes:
        if lane.key in line.touches:
            yield _draw_mark(lane, line.touches[lane.key], paper.x[lane.key], y)
    if line.checks:
        yield _text("n", WIDTH - MARGIN, y + 4, str(line.checks))


def _draw_mark(lane: Lane, touch: Touch, x: float, y: float) -> Markup:
    if lane.kind == "actor":
        return Markup('<circle class="actor" cx="{:.0f}" cy="{:.0f}" r="6"/>').format(x, y)
    if lane.kind == "sandbox":
        return Markup('<circle class="sandbox" cx="{:.0f}" cy="{:.0f}" r="3"/>').format(x, y)
    mark = Markup(
        '<rect class="block" x="{:.0f}" y="{:.0f}" width="20" height="20" rx="3"/>'
        '<text class="count" x="{:.0f}" y="{:.0f}">{}</text>'
    ).format(x - 10, y - 10, x, y + 4, touch.calls)
    if not touch.refusals:
        return mark
    return mark + Markup('<path class="refusal" d="M{:.0f} {:.0f}l8 8m0 -8l-8 8"/>').format(x + 15, y - 4)


def _draw_loops(placed: Sequence[_Placed]) -> Iterator[Markup]:
    """Draw a bracket from a step that goes back to the one it goes back to."""
    numbers = {each.line.number: each for each in placed}
    for each in placed:
        start = numbers.get(each.line.back_to)
        if start is None:
            continue
        inside = [one for one in placed if one.line.number.startswith(f"{each.line.number}.")]
        low, high = (inside[-1] if inside else each).middle, start.middle
        x, room = (MARGIN, 20) if each.line.depth == 0 else (MARGIN + 10, 10)
        yield Markup(
            '<path class="loop" d="M{:.0f} {:.0f}H{x:.0f}V{:.0f}h{:.0f}"/>'
            '<path class="tip" d="M{:.0f} {:.0f}l-7 -4v8z"/>'
        ).format(x + room, low, high, room - 4, x + room + 2, high, x=x)


def _draw_legend(y: float, slug: str) -> Iterator[Markup]:
    yield Markup('<circle class="actor" cx="{}" cy="{:.0f}" r="6"/>').format(MARGIN + 30, y)
    yield _text("soft", MARGIN + 44, y + 4, "calls")
    yield Markup(
        '<rect class="block" x="{}" y="{:.0f}" width="20" height="20" rx="3"/>'
        '<text class="count" x="{}" y="{:.0f}">3</text>'
    ).format(MARGIN + 104, y - 10, MARGIN + 114, y + 4)
    yield _text("soft", MARGIN + 132, y + 4, "answers so many calls")
    yield Markup('<path class="refusal" d="M{} {:.0f}l8 8m0 -8l-8 8"/>').format(MARGIN + 300, y - 4)
    yield _text("soft", MARGIN + 316, y + 4, "has to refuse")
    yield Markup('<circle class="sandbox" cx="{}" cy="{:.0f}" r="3"/>').format(MARGIN + 430, y)
    yield _text("soft", MARGIN + 442, y + 4, "the sandbox picks, plants, waits or counts")
    yield Markup(
        '<path class="loop" d="M{} {:.0f}h-12v-10h8"/><path class="tip" d="M{} {:.0f}l-7 -4v8z"/>'
    ).format(MARGIN + 760, y + 5, MARGIN + 758, y - 5)
    yield _text("soft", MARGIN + 770, y + 4, "for each, until all have had their turn")
    yield _text("soft", MARGIN + 24, y + 30, f"The same as a table, with every check: sandbox show {slug}")


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.0f}" y="{:.0f}">{}</text>').format(kind, x, y, text)
