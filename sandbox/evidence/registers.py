"""How dirty a run's registers were, in words and as one plot: whom they would wrongly leave out.

Everything is counted elsewhere, from the truth that no block holds; here it is only said.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sandbox.evidence.plots import draw_caption, draw_frame, draw_tick
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.evidence.wording import LONGEST_LABEL, cut, room_for, show_invisible
from sandbox.model.dirt import FaultCount
from sandbox.model.matches import Encounter, GroupCount, Linking, MatchReport

KINDS = {
    "transliteration": noted("name in Latin letters only"),
    "spelling": noted("name spelt in another way"),
    "first_of_january": noted("born on 1 January, by the year only"),
    "swapped_day_month": noted("day and month of birth swapped"),
    "stale_address": noted("address of before a move"),
    "unreported_death": noted("dead, and still listed"),
    "duplicate": noted("listed twice, under a second number"),
    "shared_phone": noted("somebody else's telephone"),
    "missing": noted("not listed"),
}
GROUPS = {
    "sex": noted("sex"),
    "age": noted("age"),
    "disability": noted("disability"),
    "phone": noted("telephone"),
    "literacy": noted("reading and writing"),
    "place": noted("place"),
    "district": noted("district"),
}
VALUES = {
    ("sex", "female"): noted("female"),
    ("sex", "male"): noted("male"),
    ("disability", "with a disability"): noted("with a disability"),
    ("disability", "without"): noted("without a disability"),
    ("phone", "has none"): noted("has no telephone"),
    ("phone", "has one"): noted("has a telephone"),
    ("literacy", "reads and writes"): noted("reads and writes"),
    ("literacy", "does not"): noted("does not read and write"),
    ("place", "urban"): noted("urban"),
    ("place", "rural"): noted("rural"),
}
RULES = {
    "id": noted("the number is the same"),
    "id-and-details": noted("the number, the whole name and the date of birth are the same"),
    "details": noted("the whole name and the date of birth are the same"),
}

_BARS = 420
_VALUES = 170
_LEFT = 270
_ROW = 26


def say_kind(kind: str, speech: Speech = ENGLISH) -> str:
    """A kind of fault in words."""
    return speech.look_up(KINDS[kind]) if kind in KINDS else kind.replace("_", " ")


def say_group(group: str, speech: Speech = ENGLISH) -> str:
    """What people are grouped by, in words."""
    return speech.look_up(GROUPS[group]) if group in GROUPS else group


def say_member(each: GroupCount, speech: Speech = ENGLISH) -> str:
    """One group of its kind in words; ages and districts are as the population has them."""
    message = VALUES.get((each.group, each.value))
    return each.value if message is None else speech.look_up(message)


def say_rule(linking: Linking, speech: Speech = ENGLISH) -> str:
    """A rule for linking in words."""
    return speech.look_up(RULES[linking.rule]) if linking.rule in RULES else linking.sentence


def say_share(fault: FaultCount, speech: Speech = ENGLISH) -> str:
    """What was planted, in per cent of the rows that can have the fault."""
    return speech.percent(fault.share)


def say_rate(fault: FaultCount, speech: Speech = ENGLISH) -> str:
    """What was wanted, in per cent."""
    return speech.percent(fault.per_mille / 1000)


def say_difference(met: Encounter, speech: Speech = ENGLISH) -> str:
    """What stands in the register, and what is true."""
    if not met.column:
        return ""
    nothing = speech.gettext("nothing")
    return speech.gettext(
        "%(registered)s, truly %(true)s",
        registered=met.registered_value or nothing,
        true=met.true_value or nothing,
    )


def say_exclusion(report: MatchReport, speech: Speech = ENGLISH) -> str:
    """The plot's title: how many of the entitled would get nothing."""
    if not report.entitled:
        return speech.gettext("Nobody of this population is entitled")
    return speech.ngettext(
        "%(excluded)s of %(num)s entitled person would wrongly get nothing",
        "%(excluded)s of %(num)s entitled people would wrongly get nothing",
        report.entitled,
        excluded=report.chosen.excluded,
    )


def order_groups(groups: Sequence[GroupCount]) -> list[GroupCount]:
    """Groups as they are shown: districts, which are many, last."""
    order = list(GROUPS)
    return sorted(groups, key=lambda each: order.index(each.group) if each.group in order else len(order))


def draw_exclusions(report: MatchReport, speech: Speech = ENGLISH) -> Markup:
    """Draw the share of wrongly excluded among the entitled of every group but districts."""
    shown = [each for each in order_groups(report.groups) if each.group != "district" and each.entitled]
    if not shown:
        return Markup("")
    largest = max(each.excluded / each.entitled for each in shown)
    end = next((step for step in (0.05, 0.1, 0.2, 0.4, 0.6) if largest <= step), 1.0)
    bottom = 24 + len(shown) * _ROW
    labels = [_name_group(each, speech) for each in shown]
    left = room_for(labels, _LEFT)
    ticks = [
        draw_tick(left + _BARS * place // 4, bottom, speech.measure(100 * end * place / 4))
        for place in range(5)
    ]
    bars = [
        _draw_bar(each, label, left, 32 + place * _ROW, end, speech)
        for place, (each, label) in enumerate(zip(shown, labels, strict=True))
    ]
    axis = speech.gettext("per cent of the entitled people of the group")
    caption = draw_caption(left + _BARS / 2, bottom + 36, axis)
    said = speech.gettext("Wrongly excluded people by group; the table below says the same")
    return draw_frame(left + _BARS + _VALUES, bottom + 50, [*ticks, *bars, caption], said)


def _name_group(group: GroupCount, speech: Speech) -> str:
    named = {"group": say_group(group.group, speech), "value": say_member(group, speech)}
    return show_invisible(speech.gettext("%(group)s: %(value)s", **named))


def _draw_bar(group: GroupCount, label: str, left: int, y: int, end: float, speech: Speech) -> Markup:
    wide = round(group.excluded / group.entitled / end * _BARS, 1)
    return Markup(
        '<text class="lab" x="{label}" y="{base}">{name}</text>'
        '<rect class="p50" x="{left}" y="{top}" width="{wide}" height="12"/>'
        '<text class="val" x="{after}" y="{base}">{value}</text>'
    ).format(
        label=left - 10,
        base=y + 4,
        name=cut(label, LONGEST_LABEL),
        left=left,
        top=y - 6,
        wide=max(1.0, wide),
        after=left + wide + 10,
        value=speech.gettext("%(part)s of %(whole)s", part=group.excluded, whole=group.entitled),
    )
