"""How the steps of a run ended, part by part of its story: the finding, the plot, the rows of the table.

A part is a step of the story itself, with every step inside it; a loop is one part. So the parts add up to
the number of steps that the page names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.evidence.plots import choose_axis, draw_caption, draw_frame, draw_tick
from sandbox.evidence.provenance import say_tally
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.story import Entry, Loop, walk
from sandbox.evidence.wording import LONGEST_LABEL, cut, room_for, show_invisible
from sandbox.model.run import Outcome

ORDER = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED)
_LEFT = 220
_BARS = 480
_VALUES = 200
_ROW = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a story: what it is called, how often it was played, how its steps ended."""

    sentence: str
    rounds: int
    counts: Mapping[Outcome, int]

    @property
    def steps(self) -> int:
        """Steps in it, itself counted."""
        return sum(self.counts.values())

    @property
    def bad(self) -> int:
        """Steps that failed or could not be told."""
        return self.counts.get(Outcome.FAILED, 0) + self.counts.get(Outcome.ERROR, 0)


def count_parts(entries: Sequence[Entry]) -> tuple[Part, ...]:
    """Count the steps of each part, in the order of the story."""
    parts = []
    for entry in entries:
        head, rounds = (entry.rounds[0][0], len(entry.rounds)) if isinstance(entry, Loop) else (entry, 1)
        assert not isinstance(head, Loop), "a round begins with its first step"
        counts = Counter(step.outcome for step in walk([entry]))
        parts.append(
            Part(
                sentence=head.sentence,
                rounds=rounds,
                counts={outcome: counts[outcome] for outcome in ORDER if counts[outcome]},
            )
        )
    return tuple(parts)


def say_outcomes(parts: Sequence[Part], speech: Speech = ENGLISH) -> str:
    """The plot's title: what it shows, in one sentence."""
    steps, bad = sum(part.steps for part in parts), sum(part.bad for part in parts)
    if not steps:
        return speech.gettext("No step was played")
    if bad:
        first = next(part for part in parts if part.bad)
        return speech.ngettext(
            "%(bad)s of %(num)s step did not pass, beginning with “%(part)s”",
            "%(bad)s of %(num)s steps did not pass, beginning with “%(part)s”",
            steps,
            bad=bad,
            part=_say_sentence(first, speech),
        )
    skipped = sum(part.counts.get(Outcome.SKIPPED, 0) for part in parts)
    if skipped:
        return speech.ngettext(
            "%(skipped)s of %(num)s step did not apply; all others passed",
            "%(skipped)s of %(num)s steps did not apply; all others passed",
            steps,
            skipped=skipped,
        )
    return speech.ngettext("The %(num)s step passed", "All %(num)s steps passed", steps)


def draw_outcomes(parts: Sequence[Part], speech: Speech = ENGLISH) -> Markup:
    """Draw each part as a bar of its steps, by outcome, stacked."""
    if not parts:
        return Markup("")
    end, step = choose_axis(max(part.steps for part in parts), least=5.0)
    labels = [_name_part(part, speech) for part in parts]
    left, bottom = room_for(labels, _LEFT), 24 + len(parts) * _ROW
    drawn = [
        draw_tick(left + step * place / end * _BARS, bottom, speech.decimal(step * place))
        for place in range(round(end / step) + 1)
    ]
    for place, (part, label) in enumerate(zip(parts, labels, strict=True)):
        drawn += _draw_part(part, label, left, 32 + place * _ROW, end, speech)
    drawn.append(
        draw_caption(left + _BARS / 2, bottom + 36, speech.gettext("steps of each part, by outcome"))
    )
    label = speech.gettext("Outcomes of steps by part; the table below says the same")
    return draw_frame(left + _BARS + _VALUES, bottom + 50, drawn, label)


def _draw_part(part: Part, label: str, left: int, y: int, end: float, speech: Speech) -> list[Markup]:
    drawn = [
        Markup('<text class="lab" translate="no" x="{}" y="{}">{}</text>').format(left - 10, y + 4, label)
    ]
    x = float(left)
    for outcome, count in part.counts.items():
        wide = max(1.0, count / end * _BARS)
        drawn.append(
            Markup('<rect class="bar {}" x="{}" y="{}" width="{}" height="12"/>').format(
                outcome.value, round(x, 1), y - 6, round(wide, 1)
            )
        )
        x += wide
    said = say_tally({outcome.value: count for outcome, count in part.counts.items()}, speech)
    drawn.append(Markup('<text class="val" x="{}" y="{}">{}</text>').format(round(x + 10, 1), y + 4, said))
    return drawn


def _say_sentence(part: Part, speech: Speech) -> str:
    return show_invisible((speech.translate_own(part.sentence) or part.sentence).rstrip("."))


def _name_part(part: Part, speech: Speech) -> str:
    times = f" × {speech.number(part.rounds)}" if part.rounds > 1 else ""
    return cut(_say_sentence(part, speech), LONGEST_LABEL - len(times)) + times
