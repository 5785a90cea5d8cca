"""What came of many journeys, as plots: how long they took, and how they ended over time.

Every plot's title is its finding, and the tables beside it hold the same figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.evidence.plots import choose_axis, draw_caption, draw_frame, draw_tick
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.spool import Spooled
from sandbox.model.crowd import CrowdReport, Stretch

_LEFT = 220
_WIDE = 520
_VALUES = 150
_ROW = 26
_TALL = 200
_OUTCOMES = ("passed", "failed", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdEvidence:
    """What a run of many journeys hands over beside the rest. `report` is None when none began."""

    report: CrowdReport | None
    spooled: Spooled
    journeys_digest: str
    """SHA-256 of `journeys.jsonl`; empty when there is none."""


def list_percentiles(report: CrowdReport, speech: Speech = ENGLISH) -> list[tuple[str, float]]:
    """Name the percentiles that are shown, with their milliseconds."""
    return [
        (speech.gettext("half"), report.p50),
        (speech.gettext("9 of 10"), report.p90),
        (speech.gettext("19 of 20"), report.p95),
        (speech.gettext("99 of 100"), report.p99),
        (speech.gettext("slowest"), report.slowest),
    ]


def say_ends(report: CrowdReport, speech: Speech = ENGLISH) -> str:
    """Say how many journeys ended how."""
    never = report.asked - report.finished - report.stopped
    parts = [
        speech.ngettext("%(num)s passed", "%(num)s passed", report.passed),
        speech.ngettext("%(num)s failed", "%(num)s failed", report.failed),
        speech.ngettext("%(num)s could not be told", "%(num)s could not be told", report.error),
    ]
    if report.stopped:
        parts.append(
            speech.ngettext(
                "%(num)s was under way when the run was interrupted",
                "%(num)s were under way when the run was interrupted",
                report.stopped,
            )
        )
    if never > 0:
        parts.append(speech.ngettext("%(num)s never began", "%(num)s never began", never))
    return speech.gettext(
        "%(ends)s; %(seconds)s s in all, %(rate)s a second.",
        ends=speech.enumerate(parts),
        seconds=speech.decimal(report.seconds, 1),
        rate=speech.decimal(report.per_second, 1),
    )


def say_waits(report: CrowdReport, speech: Speech = ENGLISH) -> str:
    """The title of the plot of durations."""
    if not report.finished:
        return speech.gettext("No journey came to an end, so there is nothing to measure")
    return speech.gettext(
        "19 of 20 citizens were through after at most %(most)s, half after at most %(half)s",
        most=speech.duration(report.p95),
        half=speech.duration(report.p50),
    )


def say_course(report: CrowdReport, speech: Speech = ENGLISH) -> str:
    """The title of the plot over time."""
    bad = report.failed + report.error
    if not report.finished:
        return speech.gettext("No journey came to an end")
    if not bad:
        return speech.ngettext(
            "All %(num)s journey passed, %(rate)s a second",
            "All %(num)s journeys passed, %(rate)s a second",
            report.passed,
            rate=speech.decimal(report.per_second, 1),
        )
    worst = max(report.stretches, key=lambda stretch: stretch.failed + stretch.error)
    return speech.ngettext(
        "%(bad)s of %(num)s journey did not pass, most of them %(since)s s to %(until)s s after the start",
        "%(bad)s of %(num)s journeys did not pass, most of them %(since)s s to %(until)s s after the start",
        report.finished,
        bad=bad,
        since=speech.measure(worst.since),
        until=speech.measure(worst.since + report.stretch_seconds),
    )


def say_pace(report: CrowdReport, speech: Speech = ENGLISH) -> str:
    """Say how journeys were begun, and whether that was kept to."""
    if report.rate is None:
        return speech.gettext(
            "Each began as soon as another had ended, at most %(places)s at a time; a slow service is asked "
            "less in that way.",
            places=report.concurrency,
        )
    planned = speech.gettext(
        "%(rate)s were to begin each second, at most %(places)s at a time.",
        rate=speech.measure(report.rate),
        places=report.concurrency,
    )
    kept = (
        speech.ngettext(
            "%(num)s of them began more than 0.1 s late, because all places were taken.",
            "%(num)s of them began more than 0.1 s late, because all places were taken.",
            report.late,
        )
        if report.late
        else speech.gettext("All of them began in time.")
    )
    counted = speech.gettext(
        "Durations count from the moment at which a journey was to begin, so that waiting for a place is "
        "part of them."
    )
    return f"{planned} {kept} {counted}"


def draw_waits(report: CrowdReport, speech: Speech = ENGLISH) -> Markup:
    """Draw the percentiles as bars."""
    if not report.finished:
        return Markup("")
    rows = list_percentiles(report, speech)
    end, step = choose_axis(report.slowest)
    bottom = 24 + len(rows) * _ROW
    parts = [
        draw_tick(_LEFT + step * place / end * _WIDE, bottom, speech.decimal(step * place))
        for place in range(round(end / step) + 1)
    ]
    for place, (name, value) in enumerate(rows):
        y = 32 + place * _ROW
        wide = round(max(1.0, value / end * _WIDE), 1)
        parts.append(
            Markup(
                '<text class="lab" x="{}" y="{b}">{}</text>'
                '<rect class="p50" x="{}" y="{}" width="{}" height="12"/>'
                '<text class="val" x="{}" y="{b}">{}</text>'
            ).format(_LEFT - 10, name, _LEFT, y - 6, wide, _LEFT + wide + 10, speech.duration(value), b=y + 4)
        )
    axis = speech.gettext("milliseconds from planned start to end")
    parts.append(draw_caption(_LEFT + _WIDE / 2, bottom + 36, axis))
    label = speech.gettext("Duration of journeys; the table below says the same")
    return draw_frame(_LEFT + _WIDE + _VALUES, bottom + 50, parts, label)


def draw_course(report: CrowdReport, speech: Speech = ENGLISH) -> Markup:
    """Draw how many journeys ended in each stretch, by outcome, stacked."""
    stretches = report.stretches
    if not stretches:
        return Markup("")
    most = max(stretch.passed + stretch.failed + stretch.error for stretch in stretches)
    end, step = choose_axis(most, least=4.0)
    wide = (_WIDE + _VALUES) / len(stretches)
    left, bottom = 70, 20 + _TALL
    parts = []
    for place in range(round(end / step) + 1):
        y = round(bottom - step * place / end * _TALL, 1)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                left, left + _WIDE + _VALUES, y=y
            )
            + Markup('<text class="val lab" x="{}" y="{}">{}</text>').format(
                left - 8, y + 4, speech.decimal(step * place)
            )
        )
    every = max(1, math.ceil(len(stretches) / 8))
    for place, stretch in enumerate(stretches):
        x = left + place * wide
        parts += _draw_stretch(stretch, x, max(wide - 1, 0.5), bottom, end)
        if place % every == 0:
            parts.append(
                Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
                    round(x, 1), bottom + 16, speech.measure(stretch.since)
                )
            )
    middle = left + (_WIDE + _VALUES) / 2
    parts.append(draw_caption(middle, bottom + 36, speech.gettext("seconds since the start")))
    colours = speech.gettext(
        "ended within %(seconds)s s: green-blue = passed, red, above = failed, amber = could not be told",
        seconds=speech.measure(report.stretch_seconds),
    )
    parts.append(draw_caption(middle, bottom + 54, colours))
    label = speech.gettext("Journeys over time; the table below says the same")
    return draw_frame(left + _WIDE + _VALUES + 20, bottom + 68, parts, label)


def _draw_stretch(stretch: Stretch, x: float, wide: float, bottom: float, end: float) -> list[Markup]:
    parts, base = [], bottom
    for outcome in _OUTCOMES:
        count = getattr(stretch, outcome)
        if count:
            tall = count / end * _TALL
            base -= tall
            parts.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    f"bar {outcome}", round(x, 1), round(base, 1), round(wide, 1), round(tall, 1)
                )
            )
    return parts
