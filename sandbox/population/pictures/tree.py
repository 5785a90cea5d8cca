"""Draws a household's family tree: a line a person, couples together, children beneath and inside."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sandbox.population.pictures.kin import Branch, Family, Member
from sandbox.population.pictures.paper import MARGIN, WIDTH, Column, Picture, fit

_LINE = 46
_CARD = 40
_INDENT = 30
_DEEPEST = 5
"""Generations beyond this one are drawn no further inside; the table still tells them."""


def draw_family(family: Family) -> Picture:
    """Draw one household."""
    parts: list[Markup] = []
    height = 4.0
    for branch in family.branches:
        height = _draw(branch, 0, height, parts)
    return Picture(
        name=f"household-{family.number}",
        finding=family.finding,
        description="Who is whose child, wife or husband in this household; the table holds the same.",
        body=Markup("").join(parts),
        height=height,
        columns=(
            Column("No.", 70),
            Column("Name", 78, number=False, room=132),
            Column("Born", 284),
            Column("Mother", 346),
            Column("Father", 405),
            Column("Spouse", WIDTH - MARGIN),
        ),
        rows=tuple(_row(member) for member in family.members),
    )


def say_member(member: Member) -> str:
    """Say about a person what the name does not."""
    words = [
        f"no. {member.number}",
        f"{member.sex} {member.role}" if member.role != "other" else member.sex,
        f"died {member.died}, aged {member.age}" if member.died else f"{member.age} years",
    ]
    return " · ".join([*words, member.latin] if member.latin else words)


def _draw(branch: Branch, depth: int, y: float, parts: list[Markup]) -> float:
    """Draw a branch from `y` down and give where it ends."""
    x = MARGIN + min(depth, _DEEPEST) * _INDENT
    parts.append(_card(branch.person, x, y))
    stem = y + _CARD
    y += _LINE
    if branch.spouse is not None:
        parts.append(_card(branch.spouse, x, y))
        # A double line: these two are married.
        parts.append(
            Markup('<path class="kin" d="M{} {:.0f} v{gap} M{} {:.0f} v{gap}"/>').format(
                x + 10, stem, x + 14, stem, gap=_LINE - _CARD
            )
        )
        stem = y + _CARD
        y += _LINE
    for child in branch.children:
        middle = y + _CARD / 2
        if depth < _DEEPEST:
            parts.append(
                Markup('<path class="kin" d="M{} {:.0f} V{:.0f} h18"/>').format(x + 12, stem, middle)
            )
        y = _draw(child, depth + 1, y, parts)
    return y


def _card(member: Member, x: float, y: float) -> Markup:
    width = WIDTH - MARGIN - x
    return Markup(
        '<rect class="card" x="{}" y="{:.0f}" width="{}" height="{}" rx="6"/>'
        '<text class="strong" x="{}" y="{:.0f}">{}</text><text class="soft" x="{}" y="{:.0f}">{}</text>'
    ).format(
        x,
        y,
        width,
        _CARD,
        x + 12,
        y + 17,
        fit(member.name, width - 24, 7.4),
        x + 12,
        y + 33,
        fit(say_member(member), width - 24, 6.3),
    )


def _row(member: Member) -> tuple[str, ...]:
    kin: Sequence[int | None] = (member.mother, member.father, member.spouse)
    return (
        str(member.number),
        member.name,
        member.born.isoformat(),
        *("–" if number is None else str(number) for number in kin),
    )
