"""A comparison in words, as a plot, a CSV file and one page that opens anywhere, offline.

Every plot's title is its finding and a table beside it holds the same; nothing is counted here.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.page import TEMPLATES
from sandbox.evidence.wording import say_count, show_invisible
from sandbox.model.whatif import GroupChange, WhatIfReport

MOST_BARS = 24
FIELDS = tuple(GroupChange.model_fields)
_LEFT, _HALF, _VALUES, _ROW = 230, 250, 110, 26


def write_files(folder: Path, report: WhatIfReport) -> Path:
    """Write `index.html`, `whatif.csv`, `whatif.svg` and `whatif.json` into `folder`; gives the page."""
    files = {
        "whatif.csv": write_csv(report),
        "whatif.svg": str(draw_changes(report.districts, standalone=True)),
        "whatif.json": report.model_dump_json(indent=2) + "\n",
        "index.html": render(report),
    }
    with say_what_the_disk_refused("comparison", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    return folder / "index.html"


def write_csv(report: WhatIfReport) -> str:
    """One line for all households, one for each type, one for each district."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(FIELDS)
    for change in (report.total, *report.types, *report.districts):
        lines.writerow([getattr(change, name) for name in FIELDS])
    return text.getvalue()


def say_finding(report: WhatIfReport) -> str:
    """Say in one sentence what the change does."""
    total = report.total
    return (
        f"{total.winners:,} households would gain and {total.losers:,} would lose; "
        f"{total.unchanged:,} would get the same. {say_cost(report)}"
    )


def say_cost(report: WhatIfReport) -> str:
    """Say what the change costs."""
    difference = report.total.difference
    if not difference:
        return f"Each payment would cost {say_money(report.total.cost_after, report)}, as before."
    more = "more" if difference > 0 else "less"
    return (
        f"Each payment would cost {say_money(report.total.cost_after, report)}, "
        f"{say_money(abs(difference), report)} {more} than before."
    )


def say_exclusion(report: WhatIfReport) -> str:
    """Say how many of the poorest would be left out."""
    total = report.total
    return (
        f"Of {total.poorest:,} households of the poorest fifth, {total.left_out_after:,} would get nothing; "
        f"now {total.left_out_before:,} get nothing"
    )


def say_money(amount: Decimal, report: WhatIfReport) -> str:
    """Write an amount with its currency."""
    text = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    return f"{text}\u00a0{report.currency}" if report.currency else text


def say_where(changes: Sequence[GroupChange]) -> str:
    """Name the group that loses most, or gains most when none loses: the title of a plot."""
    worst = max(changes, key=lambda each: (each.losers, each.value), default=None)
    best = max(changes, key=lambda each: (each.winners, each.value), default=None)
    if worst is not None and worst.losers:
        return f"Most households that would lose are in “{worst.value}”: {worst.losers:,}"
    if best is not None and best.winners:
        return f"Nobody would lose; most that would gain are in “{best.value}”: {best.winners:,}"
    return "Nothing would change for anybody"


def draw_changes(changes: Sequence[GroupChange], *, standalone: bool = False) -> Markup:
    """Draw winners to the right and losers to the left, the groups with most changes first."""
    shown = sorted(changes, key=lambda each: (-(each.winners + each.losers), each.value))[:MOST_BARS]
    largest = max([1, *(max(each.winners, each.losers) for each in shown)])
    step = _choose_step(largest)
    end = step * math.ceil(largest / step)
    middle, bottom = _LEFT + _HALF, 24 + len(shown) * _ROW
    parts = [
        Markup(
            '<line class="grid" x1="{x}" y1="18" x2="{x}" y2="{}"/>'
            '<text class="tick" x="{x}" y="{}">{:,}</text>'
        ).format(bottom, bottom + 16, abs(place) * step, x=round(middle + place * step / end * _HALF, 1))
        for place in range(-round(end / step), round(end / step) + 1)
    ]
    for place, each in enumerate(shown):
        y = 32 + place * _ROW
        gain, loss = each.winners / end * _HALF, each.losers / end * _HALF
        parts.append(
            Markup(
                '<text class="lab" x="{}" y="{b}">{}</text>'
                '<rect class="bar passed" x="{}" y="{t}" width="{}" height="12"/>'
                '<rect class="bar failed" x="{}" y="{t}" width="{}" height="12"/>'
                '<text class="val" x="{}" y="{b}">{}</text>'
            ).format(
                *(_LEFT - 10, show_invisible(each.value)),
                *(middle, round(gain, 1), round(middle - loss, 1), round(loss, 1)),
                *(middle + _HALF + 10, f"+{each.winners:,} −{each.losers:,}"),
                b=y + 4,
                t=y - 6,
            )
        )
    parts.append(
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
            middle, bottom + 36, "households: losers to the left, winners to the right"
        )
    )
    style = Markup(
        "<style>text{font:13px sans-serif;fill:#1b211f}.lab{text-anchor:end}.tick{text-anchor:middle}"
        ".grid{stroke:#eaedeb}.passed{fill:#0b5d66}.failed{fill:#a3231b}</style>"
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-label="Winners and losers; the table says the same">{style}{body}</svg>'
    ).format(
        w=middle + _HALF + _VALUES,
        h=bottom + 50,
        style=style if standalone else "",
        body=Markup("").join(parts),
    )


def render(report: WhatIfReport) -> str:
    """Render the page."""
    style = "\n".join((TEMPLATES / name).read_text("utf-8") for name in ("tokens.css", "page.css"))
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["money"] = lambda amount: say_money(amount, report)
    environment.filters["number"] = lambda number: f"{number:,}"
    return environment.get_template("whatif.html.j2").render(
        report=report,
        style=Markup(style),  # noqa: S704  our own two files, no value in them
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        finding=say_finding(report),
        exclusion=say_exclusion(report),
        say_where=say_where,
        draw=draw_changes,
        shown=MOST_BARS,
        count=say_count,
    )


def _choose_step(largest: int) -> int:
    raw = max(1.0, largest / 4)
    power = int(10 ** math.floor(math.log10(raw)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
