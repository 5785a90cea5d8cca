"""Draws the age pyramid and the sizes of households."""

from __future__ import annotations

from markupsafe import Markup

from sandbox.population.pictures.figures import Pyramid, Sizes, label_size
from sandbox.population.pictures.paper import MARGIN, WIDTH, Column, Picture

_BAR = 15
_GAP = 2
_AXIS = 44
"""Room for the ages between the two sides."""


def draw_pyramid(pyramid: Pyramid) -> Picture:
    """Draw women and girls on the left, men and boys on the right, the youngest at the foot."""
    side = (WIDTH - 2 * MARGIN - _AXIS) / 2 - 8
    left, right = MARGIN + 8 + side, MARGIN + 8 + side + _AXIS
    top = choose_top(max(max(band.female, band.male) for band in pyramid.bands))
    parts = [
        Markup('<text class="strong end" x="{}" y="12">Women and girls</text>').format(left),
        Markup('<text class="strong" x="{}" y="12">Men and boys</text>').format(right),
        Markup('<text class="soft middle" x="{}" y="12">Age</text>').format((left + right) / 2),
    ]
    foot = 22 + len(pyramid.bands) * (_BAR + _GAP)
    for share in (0.0, 0.5, 1.0):
        for x, says in ((left - side * share, top * share), (right + side * share, top * share)):
            parts.append(_tick(x, 20, foot, _say(says)))
    for place, band in enumerate(reversed(pyramid.bands)):
        y = 22 + place * (_BAR + _GAP)
        women, men = side * band.female / top, side * band.male / top
        parts += [
            _bar("first", left - women, y, women, f"{band.label}: {band.female:,} women and girls"),
            _bar("second", right, y, men, f"{band.label}: {band.male:,} men and boys"),
            Markup('<text class="soft middle" x="{}" y="{}">{}</text>').format(
                (left + right) / 2, y + 12, band.label
            ),
        ]
    parts.append(
        Markup('<text class="soft middle" x="{}" y="{}">persons in a band of five years</text>').format(
            WIDTH / 2, foot + 34
        )
    )
    return Picture(
        name="age-pyramid",
        finding=pyramid.finding,
        description=f"Living citizens by age and sex on {pyramid.date}, in bands of five years; "
        "the table holds the same numbers.",
        body=Markup("").join(parts),
        height=foot + 40,
        columns=(
            Column("Age, years", MARGIN, number=False),
            Column("Women and girls", 230),
            Column("Men and boys", 350),
            Column("Together", WIDTH - MARGIN),
        ),
        rows=(
            *(_counted(band.label, band.female, band.male) for band in reversed(pyramid.bands)),
            _counted("All", pyramid.female, pyramid.male),
        ),
    )


def draw_sizes(sizes: Sizes) -> Picture:
    """Draw one bar a size."""
    left = MARGIN + 40.0
    side = WIDTH - MARGIN - 24 - left
    top = choose_top(max(count for _, count in sizes.counts))
    foot = 6 + len(sizes.counts) * (_BAR + _GAP)
    parts = [_tick(left + side * share, 4, foot, _say(top * share)) for share in (0.0, 0.5, 1.0)]
    for place, (size, count) in enumerate(sizes.counts):
        y = 6 + place * (_BAR + _GAP)
        parts += [
            _bar("first", left, y, side * count / top, f"{label_size(size)} members: {count:,} households"),
            Markup('<text class="soft end" x="{}" y="{}">{}</text>').format(
                left - 8, y + 12, label_size(size)
            ),
        ]
    parts += [
        Markup('<text class="soft" x="{}" y="{}">members</text>').format(MARGIN, foot + 34),
        Markup('<text class="soft middle" x="{}" y="{}">households</text>').format(
            left + side / 2, foot + 34
        ),
    ]
    return Picture(
        name="household-sizes",
        finding=sizes.finding,
        description="Households by their number of members; the table holds the same numbers.",
        body=Markup("").join(parts),
        height=foot + 40,
        columns=(
            Column("Members", MARGIN, number=False),
            Column("Households", 300),
            Column("Share", WIDTH - MARGIN),
        ),
        rows=(
            *(
                (label_size(size), f"{count:,}", f"{100 * count / max(1, sizes.households):.1f} %")
                for size, count in sizes.counts
            ),
            ("All", f"{sizes.households:,}", "100 %"),
        ),
    )


def choose_top(most: int) -> int:
    """Give the end of an axis: even, round, and not far above what it must hold."""
    step = 1
    while True:
        for factor in (2, 4, 6, 8, 10, 12, 16):
            if most <= factor * step:
                return factor * step
        step *= 10


def _counted(label: str, female: int, male: int) -> tuple[str, ...]:
    return (label, f"{female:,}", f"{male:,}", f"{female + male:,}")


def _say(value: float) -> str:
    for size, unit in ((1e6, " million"), (1e3, " thousand")):
        if value >= 10 * size:
            return f"{value / size:g}{unit}"
    return f"{value:,.0f}" if value >= 2 else f"{value:g}"


def _bar(kind: str, x: float, y: float, width: float, says: str) -> Markup:
    return Markup(
        '<rect class="{}" x="{:.2f}" y="{}" width="{:.2f}" height="{}"><title>{}</title></rect>'
    ).format(kind, x, y, width, _BAR, says)


def _tick(x: float, top: float, foot: float, says: str) -> Markup:
    return Markup(
        '<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{}" y2="{}"/>'
        '<text class="soft middle" x="{x:.1f}" y="{}">{}</text>'
    ).format(top, foot, foot + 16, says, x=x)
