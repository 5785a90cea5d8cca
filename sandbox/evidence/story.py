"""From the stream of events to what the page tells: steps inside steps, and loops folded into rounds.

Steps that were started and never finished stay in the story without a result: a run that was
killed is told as far as it came.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.model.run import Event, Outcome, RunFinished, RunStarted, StepFinished, StepResult, StepStarted


@dataclass(frozen=True, slots=True)
class Told:
    """One step as executed, with what it contains."""

    number: int
    step_id: str
    sentence: str
    result: StepResult | None
    """None when the run ended inside the step."""
    inside: tuple[Entry, ...]

    @property
    def outcome(self) -> Outcome:
        """The step's outcome; `error` when it never ended."""
        return self.result.outcome if self.result else Outcome.ERROR


@dataclass(frozen=True, slots=True)
class Loop:
    """A part of a workflow that was played again and again."""

    rounds: tuple[tuple[Entry, ...], ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each round: its worst step's."""
        return tuple(worst(outcomes_of(entries)) for entries in self.rounds)


Entry = Told | Loop
_GRAVITY = (Outcome.SKIPPED, Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The gravest of several outcomes; skipped when there are none."""
    return max(outcomes, key=_GRAVITY.index, default=Outcome.SKIPPED)


def outcomes_of(entries: Sequence[Entry]) -> list[Outcome]:
    """Outcomes side by side on one level."""
    return [
        outcome
        for entry in entries
        for outcome in (entry.outcomes if isinstance(entry, Loop) else (entry.outcome,))
    ]


@dataclass(slots=True)
class _Open:
    """A step while its events are still being read."""

    started: StepStarted
    result: StepResult | None = None
    inside: list[_Open] = field(default_factory=list)

    def close(self) -> Told:
        inside = fold_loops([child.close() for child in self.inside])
        sentence = self.started.sentence or self.started.step_id
        return Told(self.started.number, self.started.step_id, sentence, self.result, inside)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the events of one run tell."""

    started: RunStarted | None
    finished: RunFinished | None
    entries: tuple[Entry, ...]
    results: tuple[StepResult, ...]


def read_story(events: Sequence[Event]) -> Story:
    """Build the story; parents are found by path, so steps of concurrent journeys don't mix."""
    top: list[_Open] = []
    running: dict[int, _Open] = {}
    for event in events:
        if isinstance(event, StepStarted):
            step = _Open(event)
            parent = _find_parent(list(running.values()), event.path)
            (parent.inside if parent else top).append(step)
            running[event.number] = step
        elif isinstance(event, StepFinished) and event.result.number in running:
            running.pop(event.result.number).result = event.result
    return Story(
        started=next((event for event in events if isinstance(event, RunStarted)), None),
        finished=next((event for event in events if isinstance(event, RunFinished)), None),
        entries=fold_loops([step.close() for step in top]),
        results=tuple(event.result for event in events if isinstance(event, StepFinished)),
    )


def _find_parent(running: Sequence[_Open], path: tuple[str, ...]) -> _Open | None:
    """The innermost running step whose path the new one continues."""
    around = [
        step
        for step in running
        if len(step.started.path) < len(path) and path[: len(step.started.path)] == step.started.path
    ]
    return max(around, key=lambda step: (len(step.started.path), step.started.number), default=None)


def fold_loops(steps: Sequence[Told]) -> tuple[Entry, ...]:
    """Fold each stretch that begins again and again with the same step into one loop."""
    entries: list[Entry] = []
    position = 0
    while position < len(steps):
        head = steps[position].step_id
        heads = [at for at in range(position, len(steps)) if steps[at].step_id == head]
        if len(heads) == 1:
            entries.append(steps[position])
            position += 1
            continue
        body = {step.step_id for step in steps[position : heads[-1]]}
        end = heads[-1] + 1
        while end < len(steps) and steps[end].step_id in body:
            end += 1
        bounds = [*heads, end]
        entries.append(Loop(tuple(_fold_round(steps[a:b]) for a, b in itertools.pairwise(bounds))))
        position = end
    return tuple(entries)


def _fold_round(steps: Sequence[Told]) -> tuple[Entry, ...]:
    """A round is its first step and whatever loops are inside the rest."""
    return (steps[0], *fold_loops(steps[1:]))


def find_way(entries: Sequence[Entry], number: int) -> tuple[str, ...] | None:
    """Sentences of the steps around step `number`, outermost first; None when there is no such step."""
    for entry in entries:
        if isinstance(entry, Told) and entry.number == number:
            return ()
        around = () if isinstance(entry, Loop) else (entry.sentence,)
        inside = itertools.chain(*entry.rounds) if isinstance(entry, Loop) else entry.inside
        way = find_way(tuple(inside), number)
        if way is not None:
            return (*around, *way)
    return None


def find_failures(entries: Sequence[Entry]) -> list[Told]:
    """Steps that failed or could not be told, without those that only contain one."""
    bad = (Outcome.FAILED, Outcome.ERROR)
    return [
        step
        for step in walk(entries)
        if step.outcome in bad and not any(inner.outcome in bad for inner in walk(step.inside))
    ]


def walk(entries: Sequence[Entry]) -> Iterator[Told]:
    """Every step, outermost first, in order."""
    for entry in entries:
        if isinstance(entry, Loop):
            for round_ in entry.rounds:
                yield from walk(round_)
        else:
            yield entry
            yield from walk(entry.inside)
