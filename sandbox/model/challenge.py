"""A challenge: a scenario played under faults, one at a time, and what came of each. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sandbox.model.block import Frozen
from sandbox.model.faults import FAULTS

Result = Literal["lost", "failed", "recovered", "passed", "unmet", "skipped"]
RESULTS: tuple[Result, ...] = ("lost", "failed", "recovered", "passed", "unmet", "skipped")
"""The worst first."""


class ChallengeFault(Frozen):
    """One fault that a challenge knows. `on` is what meets it."""

    name: str
    on: Literal["call", "callback", "instance", "mediator", "database"]
    means: str


CHALLENGES: dict[str, ChallengeFault] = {
    **{each.name: ChallengeFault(name=each.name, on=each.on, means=each.means) for each in FAULTS.values()},
    "instance-killed": ChallengeFault(
        name="instance-killed", on="instance", means="A block's instance is killed and started again."
    ),
    "mediator-restarted": ChallengeFault(
        name="mediator-restarted",
        on="mediator",
        means="The information mediator is killed and started again.",
    ),
    "database-restarted": ChallengeFault(
        name="database-restarted", on="database", means="PostgreSQL is killed and started again."
    ),
}
"""The mediator's named faults, and what is broken from outside; in the order in which they are played."""


class Point(Frozen):
    """Where one fault strikes once: just before a step, at the next exchange that fits.

    Attributes:
        block: Whose call it is; of a callback, who sends it; empty for the mediator and the database.
        operation: The operation, or the callback's kind; empty for what is broken from outside.
        client: The application that calls; empty where it does not matter.
        step: Number of the step in the story.
        sentence: What that step does.
    """

    fault: str
    block: str = ""
    operation: str = ""
    client: str = ""
    step: int
    sentence: str


class Trial(Frozen):
    """One play under one fault.

    Attributes:
        said: What happened, in one sentence.
        retries: How often the caller asked again.
        struck: How many exchanges met the fault.
        differences: In what the end state is another one; only when something was lost.
    """

    point: Point
    result: Result
    said: str
    retries: int = 0
    struck: int = 0
    differences: tuple[str, ...] = ()
    seconds: float = 0.0


class FaultRow(Frozen):
    """One line of the matrix. `why` says why there is no trial."""

    fault: ChallengeFault
    trials: tuple[Trial, ...] = ()
    why: str = ""

    @property
    def result(self) -> Result:
        """The worst of its trials."""
        return worst(trial.result for trial in self.trials)

    def count(self, result: Result) -> int:
        """How many trials came to this."""
        return sum(trial.result == result for trial in self.trials)

    def at(self, block: str) -> tuple[Trial, ...]:
        """The trials that struck one block."""
        return tuple(trial for trial in self.trials if trial.point.block == block)


class Book(Frozen):
    """One thing that is counted at the end, such as the credits at the payees' institutions."""

    name: str
    entries: int


class ChallengeReport(Frozen):
    """Everything that a challenge found. `interrupted` when it was ended before its last fault."""

    run: str
    scenario: str
    title: str
    runtime: str
    machine: str
    pack: str
    size: int
    seed: int
    population_digest: str
    draw: int
    started: datetime
    finished: datetime
    command: str
    version: str
    rows: tuple[FaultRow, ...]
    books: tuple[Book, ...]
    interrupted: bool = False

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All of them, in the order in which they were played."""
        return tuple(trial for row in self.rows for trial in row.trials)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Those that were struck, in alphabetical order."""
        return tuple(sorted({trial.point.block for trial in self.trials if trial.point.block}))

    def count(self, result: Result) -> int:
        """How many trials came to this."""
        return sum(trial.result == result for trial in self.trials)


def worst(results: Iterable[Result]) -> Result:
    """Give the worst of several results; none at all counts as not applicable."""
    return min(results, key=RESULTS.index, default="skipped")
