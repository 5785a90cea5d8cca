"""A comparison in words, as a plot, a CSV file and one page that opens anywhere, offline.

Every plot's title is its finding and a table beside it holds the same; nothing is counted here.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from markupsafe import Markup

from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.printing import make_environment
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.evidence.wording import LONGEST_LABEL, cut, room_for, show_invisible
from sandbox.model.whatif import GroupChange, WhatIfReport

MOST_BARS = 24
TYPES = {
    value: value
    for value in (
        noted("one person"),
        noted("with children under 5"),
        noted("with children of 5 to 17"),
        noted("adults, with elderly people"),
        noted("adults only"),
    )
}
"""Types of household, as the comparison names them."""
FIELDS = tuple(GroupChange.model_fields)
_LEFT, _HALF, _VALUES, _ROW = 230, 250, 110, 26


def write_files(folder: Path, report: WhatIfReport, speech: Speech = ENGLISH) -> Path:
    """Write `index.html`, `whatif.csv`, `whatif.svg` and `whatif.json` into `folder`; gives the page."""
    files = {
        "whatif.csv": write_csv(report),
        "whatif.svg": str(draw_changes(report.districts, speech, standalone=True)),
        "whatif.json": report.model_dump_json(indent=2) + "\n",
        "index.html": render(report, speech),
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


def say_finding(report: WhatIfReport, speech: Speech = ENGLISH) -> str:
    """Say what the change does."""
    total = report.total
    change = speech.ngettext(
        "%(num)s household would gain and %(losers)s would lose; %(unchanged)s would get the same.",
        "%(num)s households would gain and %(losers)s would lose; %(unchanged)s would get the same.",
        total.winners,
        losers=total.losers,
        unchanged=total.unchanged,
    )
    return f"{change} {say_cost(report, speech)}"


def say_cost(report: WhatIfReport, speech: Speech = ENGLISH) -> str:
    """Say what the change costs."""
    difference = report.total.difference
    values = {
        "cost": say_money(report.total.cost_after, report, speech),
        "difference": say_money(abs(difference), report, speech),
    }
    if not difference:
        return speech.gettext("Each payment would cost %(cost)s, as before.", cost=values["cost"])
    if difference > 0:
        return speech.gettext("Each payment would cost %(cost)s, %(difference)s more than before.", **values)
    return speech.gettext("Each payment would cost %(cost)s, %(difference)s less than before.", **values)


def say_exclusion(report: WhatIfReport, speech: Speech = ENGLISH) -> str:
    """Say how many of the poorest would be left out."""
    total = report.total
    return speech.ngettext(
        "Of %(num)s household of the poorest fifth, %(after)s would get nothing; now %(before)s get nothing",
        "Of %(num)s households of the poorest fifth, %(after)s would get nothing; now %(before)s get nothing",
        total.poorest,
        after=total.left_out_after,
        before=total.left_out_before,
    )


def say_money(amount: Decimal, report: WhatIfReport, speech: Speech = ENGLISH) -> str:
    """Write an amount with its currency."""
    return speech.number(amount, report.currency)


def say_group(value: str, speech: Speech = ENGLISH) -> str:
    """A group's name: a type in words, a district as it is called."""
    return speech.look_up(value) if value in TYPES else value


def say_where(changes: Sequence[GroupChange], speech: Speech = ENGLISH) -> str:
    """Name the group that loses most, or gains most when none loses: the title of a plot."""
    worst = max(changes, key=lambda each: (each.losers, each.value), default=None)
    best = max(changes, key=lambda each: (each.winners, each.value), default=None)
    if worst is not None and worst.losers:
        return speech.gettext(
            "Most households that would lose are in “%(group)s”: %(number)s",
            group=say_group(worst.value, speech),
            number=worst.losers,
        )
    if best is not None and best.winners:
        return speech.gettext(
            "Nobody would lose; most that would gain are in “%(group)s”: %(number)s",
            group=say_group(best.value, speech),
            number=best.winners,
        )
    return speech.gettext("Nothing would change for anybody")


def draw_changes(
    changes: Sequence[GroupChange], speech: Speech = ENGLISH, *, standalone: bool = False
) -> Markup:
    """Draw winners to the right and losers to the left, the groups with most changes first."""
    shown = sorted(changes, key=lambda each: (-(each.winners + each.losers), each.value))[:MOST_BARS]
    labels = [show_invisible(say_group(each.value, speech)) for each in shown]
    largest = max([1, *(max(each.winners, each.losers) for each in shown)])
    step = _choose_step(largest)
    end = step * math.ceil(largest / step)
    left = room_for(labels, _LEFT)
    middle, bottom = left + _HALF, 24 + len(shown) * _ROW
    parts = [
        Markup(
            '<line class="grid" x1="{x}" y1="18" x2="{x}" y2="{}"/>'
            '<text class="tick" x="{x}" y="{}">{}</text>'
        ).format(
            bottom,
            bottom + 16,
            speech.number(abs(place) * step),
            x=round(middle + place * step / end * _HALF, 1),
        )
        for place in range(-round(end / step), round(end / step) + 1)
    ]
    for place, (each, label) in enumerate(zip(shown, labels, strict=True)):
        y = 32 + place * _ROW
        gain, loss = each.winners / end * _HALF, each.losers / end * _HALF
        parts.append(
            Markup(
                '<text class="lab"{} x="{}" y="{b}">{}</text>'
                '<rect class="bar passed" x="{}" y="{t}" width="{}" height="12"/>'
                '<rect class="bar failed" x="{}" y="{t}" width="{}" height="12"/>'
                '<text class="val" x="{}" y="{b}">{}</text>'
            ).format(
                *(
                    "" if each.value in TYPES else Markup(' translate="no"'),
                    left - 10,
                    cut(label, LONGEST_LABEL),
                ),
                *(middle, round(gain, 1), round(middle - loss, 1), round(loss, 1)),
                *(middle + _HALF + 10, f"+{speech.number(each.winners)} −{speech.number(each.losers)}"),
                b=y + 4,
                t=y - 6,
            )
        )
    parts.append(
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
            middle, bottom + 36, speech.gettext("households: losers to the left, winners to the right")
        )
    )
    style = Markup(
        "<style>text{font:13px sans-serif;fill:#1b211f}.lab{text-anchor:end}.tick{text-anchor:middle}"
        ".grid{stroke:#eaedeb}.passed{fill:#0b5d66}.failed{fill:#a3231b}</style>"
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        'role="img" aria-label="{label}">{style}{body}</svg>'
    ).format(
        w=middle + _HALF + _VALUES,
        h=bottom + 50,
        label=speech.gettext("Winners and losers; the table says the same"),
        style=style if standalone else "",
        body=Markup("").join(parts),
    )


def render(report: WhatIfReport, speech: Speech = ENGLISH) -> str:
    """Render the page."""
    environment = make_environment(speech, Path(__file__).parent)
    environment.filters["money"] = lambda amount: say_money(amount, report, speech)
    return environment.get_template("whatif.html.j2").render(
        report=report,
        finding=say_finding(report, speech),
        exclusion=say_exclusion(report, speech),
        say_where=lambda changes: say_where(changes, speech),
        draw=lambda changes: draw_changes(changes, speech),
        shown=MOST_BARS,
        types=TYPES,
    )


def _choose_step(largest: int) -> int:
    raw = max(1.0, largest / 4)
    power = int(10 ** math.floor(math.log10(raw)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
