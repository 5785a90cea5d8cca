"""Where a run comes from, in words: its place among others, what kept it apart, whether its log holds."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.evidence.chain import LogFinding
from sandbox.evidence.register import Standing
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.runtime import RuntimeInfo


def noted_forms(singular: str, plural: str) -> tuple[str, str]:
    """Note both forms of a message for the catalogue; it is looked up later, from a table."""
    return singular, plural


TALLIES = {
    "passed": noted_forms("%(num)s passed", "%(num)s passed"),
    "failed": noted_forms("%(num)s failed", "%(num)s failed"),
    "error": noted_forms("%(num)s error", "%(num)s error"),
    "skipped": noted_forms("%(num)s skipped", "%(num)s skipped"),
    "aborted": noted_forms("%(num)s aborted", "%(num)s aborted"),
    "interrupted": noted_forms("%(num)s interrupted", "%(num)s interrupted"),
    "not started": noted_forms("%(num)s not started", "%(num)s not started"),
    "unfinished": noted_forms("%(num)s unfinished", "%(num)s unfinished"),
}


def say_tally(counts: Mapping[str, int], speech: Speech = ENGLISH) -> str:
    """`18 passed, 2 failed`."""
    return speech.enumerate(
        speech.ngettext(*TALLIES[word], count) if word in TALLIES else f"{speech.number(count)} {word}"
        for word, count in counts.items()
    )


def say_standing(standing: Standing | None, speech: Speech = ENGLISH) -> str:
    """`run 14 of “Cash in Huye”; before it 11 failed, 1 unfinished`."""
    if standing is None:
        return speech.gettext("not in a register of runs")
    if standing.number == 1:
        return speech.gettext("run 1 of “%(group)s”; there was none before it", group=standing.group)
    earlier = dict(sorted(standing.earlier.items(), key=lambda item: (-item[1], item[0])))
    values = {
        "number": standing.number,
        "group": standing.group,
        "earlier": say_tally(earlier, speech),
    }
    if not standing.other_criteria:
        return speech.gettext("run %(number)s of “%(group)s”; before it %(earlier)s", **values)
    return speech.ngettext(
        "run %(number)s of “%(group)s”; before it %(earlier)s; %(num)s of them under other criteria",
        "run %(number)s of “%(group)s”; before it %(earlier)s; %(num)s of them under other criteria",
        standing.other_criteria,
        **values,
    )


def say_log(log: LogFinding, speech: Speech = ENGLISH) -> str:
    """Say whether the mediator's message log holds, and where it breaks."""
    if log.state == "empty":
        return speech.gettext("The mediator's chained log holds no line.")
    if log.fault == "order":
        return speech.gettext(
            "The mediator's chained log does not hold: line %(line)s does not follow the line before it.",
            line=log.broken_at,
        )
    if log.state == "broken":
        return speech.gettext(
            "The mediator's chained log does not hold: line %(line)s was changed after it was written.",
            line=log.broken_at,
        )
    whole = (
        speech.gettext(
            "The mediator's chained log holds from line %(first)s to line %(last)s: each was computed again.",
            first=log.first,
            last=log.number,
        )
        if log.first > 1
        else speech.gettext(
            "The mediator's chained log holds to line %(last)s: each was computed again.", last=log.number
        )
    )
    if not log.linked_only:
        return whole
    exception = speech.ngettext(
        "%(num)s of them was checked by its links only.",
        "%(num)s of them were checked by their links only.",
        log.linked_only,
    )
    return f"{whole} {exception}"


def say_isolation(runtime: RuntimeInfo, speech: Speech = ENGLISH) -> str:
    """Say plainly what kept a run's blocks apart, and what did not."""
    values = {"runtime": runtime.name, "version": runtime.version}
    if not runtime.isolates_networks:
        return speech.gettext(
            "Played on the %(runtime)s runtime (%(version)s), which does not isolate the network: a block "
            "could have reached this machine and the internet past the mediator. Blocks had databases of "
            "their own. Use the docker runtime for a product that you do not trust.",
            **values,
        )
    if runtime.enforces_limits:
        return speech.gettext(
            "Played on the %(runtime)s runtime (%(version)s): each block ran in a network without a way out, "
            "with limits on memory, processors and processes. The information mediator was the only door, "
            "and recorded what passed.",
            **values,
        )
    return speech.gettext(
        "Played on the %(runtime)s runtime (%(version)s): each block ran in a network without a way out. The "
        "information mediator was the only door, and recorded what passed.",
        **values,
    )
