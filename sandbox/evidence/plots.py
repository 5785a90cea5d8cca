"""What plots of the evidence have in common: a round axis, its lines, its caption, the frame around it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup


def choose_axis(largest: float, *, least: float = 1.0) -> tuple[float, float]:
    """End and step of an axis: round numbers, four to eight steps."""
    raw = max(largest, least) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return step * math.ceil(max(largest, least) / step), step


def draw_tick(x: float, bottom: float, text: str) -> Markup:
    """Draw a line from the plot's top to its bottom, with the axis's number under it."""
    return Markup(
        '<line class="grid" x1="{x}" y1="18" x2="{x}" y2="{}"/><text class="tick" x="{x}" y="{}">{}</text>'
    ).format(bottom, bottom + 16, text, x=round(x, 1))


def draw_caption(x: float, y: float, text: str) -> Markup:
    """Write what an axis or a colour means, around a middle."""
    return Markup('<text class="tick" x="{}" y="{}">{}</text>').format(round(x, 1), y, text)


def draw_frame(width: float, height: float, parts: Sequence[Markup], label: str) -> Markup:
    """Put a plot together; `label` is read to whoever does not see it."""
    return Markup(
        '<svg class="plot" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        "{body}</svg>"
    ).format(w=round(width), h=round(height), label=label, body=Markup("").join(parts))
