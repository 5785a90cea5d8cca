"""The frame of every picture: an SVG document with its title, its table, both colour schemes and its source.

Made to be read by itself: no script, no font or style from elsewhere. A picture is narrow, so that a
telephone shows it as large as a desk does. Where text may stand is decided by an estimate of its width,
since nothing measures fonts on a server.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

WIDTH = 480
MARGIN = 16
ROW = 20
_HEADING = 22
_LETTERS = 42
"""Of a heading in one line."""

STYLE = Path(__file__).with_name("picture.css")

# What XML can't hold, and what a name could use to look like another or to turn a line round.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, where it stands, and whether it holds numbers."""

    heading: str
    x: float
    number: bool = True
    room: float = WIDTH
    """A longer text is cut in the picture, and whole in the title of its cell."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing of a known height, and the table that says the same."""

    name: str
    finding: str
    description: str
    body: Markup
    height: float
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def show_plainly(text: str) -> str:
    r"""Write characters that can't be seen as their code, `\u202e`; joiners that scripts need stay."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def write_document(pictures: Sequence[Picture], source: str) -> str:
    """Put pictures under each other into one SVG document; `source` says which population it is."""
    y = 0.0
    parts: list[Markup] = []
    for picture in pictures:
        drawn, height = _place(picture, y)
        parts.append(drawn)
        y += height
    parts.append(
        Markup('<text class="soft" x="{}" y="{}">{}</text>').format(MARGIN, y + 20, show_plainly(source))
    )
    y += 36
    return str(
        Markup(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h:.0f}" width="{w}" height="{h:.0f}" '
            'lang="en">\n<title>{title}</title>\n<style>{style}</style>\n'
            '<rect class="paper" width="{w}" height="{h:.0f}"/>\n{body}\n</svg>\n'
        ).format(
            w=WIDTH,
            h=y,
            title=show_plainly("; ".join(picture.finding for picture in pictures)),
            style=Markup(STYLE.read_text(encoding="utf-8")),  # noqa: S704  our own file
            body=Markup("\n").join(parts),
        )
    )


def _place(picture: Picture, top: float) -> tuple[Markup, float]:
    lines = textwrap.wrap(show_plainly(picture.finding), _LETTERS)
    heading = Markup("").join(
        Markup('<text class="finding" x="{}" y="{}">{}</text>').format(MARGIN, 30 + place * _HEADING, line)
        for place, line in enumerate(lines)
    )
    below = 30.0 + len(lines) * _HEADING
    table = _write_table(picture, below + picture.height + 24)
    drawn = Markup(
        '<g id="{name}" role="group" aria-labelledby="{name}-title {name}-desc" '
        'transform="translate(0 {top:.0f})">'
        '<title id="{name}-title">{finding}</title><desc id="{name}-desc">{description}</desc>{heading}'
        '<g aria-hidden="true" transform="translate(0 {below:.0f})">{body}</g>{table}</g>'
    ).format(
        name=picture.name,
        top=top,
        finding=show_plainly(picture.finding),
        description=show_plainly(picture.description),
        heading=heading,
        below=below,
        body=picture.body,
        table=table,
    )
    return drawn, below + picture.height + 24 + (len(picture.rows) + 1) * ROW + 16


def _write_table(picture: Picture, top: float) -> Markup:
    rows = [_write_row(picture, [column.heading for column in picture.columns], top, "columnheader")]
    for place, row in enumerate(picture.rows, 1):
        rows.append(_write_row(picture, row, top + place * ROW, "cell"))
    return Markup('<g class="table" role="table" aria-label="The same as a table">{}</g>').format(
        Markup("").join(rows)
    )


def _write_row(picture: Picture, cells: Sequence[str], y: float, role: str) -> Markup:
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{y:.0f}" y2="{y:.0f}"/>').format(
        MARGIN, WIDTH - MARGIN, y=y + 6
    )
    texts = Markup("").join(
        Markup('<text role="{}" class="{}" x="{}" y="{:.0f}">{}{}</text>').format(
            role, " ".join(_classes(column, role)), column.x, y, _whole(cell, column), fit(cell, column.room)
        )
        for column, cell in zip(picture.columns, cells, strict=True)
    )
    return Markup('<g role="row">{}{}</g>').format(texts, line)


def _whole(cell: str, column: Column) -> Markup:
    plain = show_plainly(cell)
    return Markup("") if fit(cell, column.room) == plain else Markup("<title>{}</title>").format(plain)


def fit(text: str, room: float, letter: float = 7.0) -> str:
    """Cut a text to the room that there is, as far as its width can be told from its length."""
    plain = show_plainly(text)
    most = max(4, int(room / letter))
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _classes(column: Column, role: str) -> list[str]:
    return ["cell", *(["end"] if column.number else []), *(["head"] if role == "columnheader" else [])]
