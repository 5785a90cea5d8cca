"""How dirty a run's registers were, in words and as one plot: whom they would wrongly leave out.

Everything is counted elsewhere, from the truth that no block holds; here it is only said.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sandbox.evidence.wording import say_count, show_invisible
from sandbox.model.dirt import FaultCount
from sandbox.model.matches import Encounter, GroupCount, MatchReport

KINDS = {
    "transliteration": "name in Latin letters only",
    "spelling": "name spelt in another way",
    "first_of_january": "born on 1 January, by the year only",
    "swapped_day_month": "day and month of birth swapped",
    "stale_address": "address of before a move",
    "unreported_death": "dead, and still listed",
    "duplicate": "listed twice, under a second number",
    "shared_phone": "somebody else's telephone",
    "missing": "not listed",
}
GROUPS = {
    "sex": "sex",
    "age": "age",
    "disability": "disability",
    "phone": "telephone",
    "literacy": "reading and writing",
    "place": "place",
    "district": "district",
}

_BARS = 420
_VALUES = 170
_LEFT = 270
_ROW = 26


def say_kind(kind: str) -> str:
    """A kind of fault in words."""
    return KINDS.get(kind, kind.replace("_", " "))


def say_share(fault: FaultCount) -> str:
    """What was planted, in per cent of the rows that can have the fault."""
    return f"{100 * fault.share:.1f} %"


def say_rate(fault: FaultCount) -> str:
    """What was wanted, in per cent."""
    return f"{fault.per_mille / 10:.1f} %"


def say_difference(met: Encounter) -> str:
    """What stands in the register, and what is true."""
    if not met.column:
        return ""
    return f"{met.registered_value or 'nothing'}, truly {met.true_value or 'nothing'}"


def say_exclusion(report: MatchReport) -> str:
    """The plot's title: how many of the entitled would get nothing."""
    chosen = report.chosen
    if not report.entitled:
        return "Nobody of this population is entitled"
    return (
        f"{chosen.excluded:,} of {say_count(report.entitled, 'entitled person', 'entitled people')} "
        "would wrongly get nothing"
    )


def order_groups(groups: Sequence[GroupCount]) -> list[GroupCount]:
    """Groups as they are shown: districts, which are many, last."""
    order = list(GROUPS)
    return sorted(groups, key=lambda each: order.index(each.group) if each.group in order else len(order))


def draw_exclusions(report: MatchReport) -> Markup:
    """Draw the share of wrongly excluded among the entitled of every group but districts."""
    shown = [each for each in order_groups(report.groups) if each.group != "district" and each.entitled]
    if not shown:
        return Markup("")
    largest = max(each.excluded / each.entitled for each in shown)
    end = next((step for step in (0.05, 0.1, 0.2, 0.4, 0.6) if largest <= step), 1.0)
    bottom = 24 + len(shown) * _ROW
    width, height = _LEFT + _BARS + _VALUES, bottom + 50
    ticks = [
        Markup(
            '<line class="grid" x1="{x}" y1="18" x2="{x}" y2="{}"/>'
            '<text class="tick" x="{x}" y="{}">{:g}</text>'
        ).format(bottom, bottom + 16, round(100 * end * place / 4, 2), x=_LEFT + _BARS * place // 4)
        for place in range(5)
    ]
    bars = [_draw_bar(each, 32 + place * _ROW, end) for place, each in enumerate(shown)]
    axis = Markup('<text class="tick" x="{}" y="{}">per cent of the entitled people of the group</text>')
    return Markup(
        '<svg class="plot" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-label="Wrongly excluded people by group; the table below says the same">{body}</svg>'
    ).format(
        w=width,
        h=height,
        body=Markup("").join([*ticks, *bars, axis.format(_LEFT + _BARS / 2, bottom + 36)]),
    )


def _draw_bar(group: GroupCount, y: int, end: float) -> Markup:
    wide = round(group.excluded / group.entitled / end * _BARS, 1)
    return Markup(
        '<text class="lab" x="{label}" y="{base}">{name}</text>'
        '<rect class="p50" x="{left}" y="{top}" width="{wide}" height="12"/>'
        '<text class="val" x="{after}" y="{base}">{value}</text>'
    ).format(
        label=_LEFT - 10,
        base=y + 4,
        name=show_invisible(f"{GROUPS[group.group]}: {group.value}"),
        left=_LEFT,
        top=y - 6,
        wide=max(1.0, wide),
        after=_LEFT + wide + 10,
        value=f"{group.excluded:,} of {group.entitled:,}",
    )
