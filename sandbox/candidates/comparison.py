"""The same scenario on the same citizens twice, with the reference and with a product in its place.

Values in, values out. What only one of the two did is shown as missing, not as nought. Durations are
those of one machine in two runs: good for "ten times as long", not for a few per cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.evidence.latency import measure
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.wording import Names
from sandbox.model.block import Frozen
from sandbox.model.population import PopulationRef
from sandbox.model.run import Exchange, Outcome, Verdict
from sandbox.model.sandbox import Swap
from sandbox.model.wiring import Wiring

_MIB = 1 << 20


class OperationTook(Frozen):
    """How long one operation took at the mediator, in milliseconds."""

    block: str
    operation: str
    calls: int
    median: float
    p95: float


class Side(Frozen):
    """One of the two runs. `memory_mib` is by instance, at the run's end; only of the blocks compared."""

    run: str
    verdict: Verdict
    seconds: float
    evidence: str
    operations: tuple[OperationTook, ...]
    memory_mib: dict[str, int]


class Row(Frozen):
    """One operation in both runs; None where it was never called."""

    block: str
    operation: str
    before: OperationTook | None
    after: OperationTook | None


class Comparison(Frozen):
    """Both runs side by side."""

    scenario: str
    title: str
    population: PopulationRef
    swaps: tuple[Swap, ...]
    before: Side
    after: Side

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every operation that either run called, in the order of their names."""
        before = {(each.block, each.operation): each for each in self.before.operations}
        after = {(each.block, each.operation): each for each in self.after.operations}
        return tuple(
            Row(
                block=block,
                operation=operation,
                before=before.get((block, operation)),
                after=after.get((block, operation)),
            )
            for block, operation in sorted({*before, *after})
        )

    @property
    def outcome(self) -> Outcome:
        """The product's outcome, as far as the reference's own run lets it be told."""
        return self.after.verdict.outcome if self.before.verdict.outcome is Outcome.PASSED else Outcome.ERROR

    @property
    def sentence(self) -> str:
        """What came of it, in one sentence."""
        return say_result(self)


def say_result(comparison: Comparison, speech: Speech = ENGLISH) -> str:
    """Say what came of a comparison; what the product's run said of itself stays as it was recorded."""
    names = speech.enumerate(swap.name for swap in comparison.swaps)
    if comparison.before.verdict.outcome is not Outcome.PASSED:
        return speech.gettext(
            "The reference itself did not pass, so nothing can be told of %(names)s.", names=names
        )
    if comparison.after.verdict.outcome is Outcome.PASSED:
        return speech.gettext("%(names)s passed where the reference passed.", names=names)
    return speech.gettext(
        "%(names)s did not pass where the reference did: %(sentence)s",
        names=names,
        sentence=comparison.after.verdict.sentence,
    )


def take_side(
    *,
    run: str,
    verdict: Verdict,
    seconds: float,
    evidence: str,
    blocks: Sequence[str],
    exchanges: Sequence[Exchange],
    wiring: Wiring,
    memory: Mapping[str, int],
) -> Side:
    """Measure one run, as far as it is about `blocks`; `memory` is in bytes by instance."""
    operations = []
    for block in blocks:
        own = [each for each in exchanges if each.block == block]
        operations += [
            OperationTook(
                block=block,
                operation=took.operation,
                calls=took.calls,
                median=round(took.median, 1),
                p95=round(took.p95, 1),
            )
            for took in measure(own, Names(wiring))
        ]
    return Side(
        run=run,
        verdict=verdict,
        seconds=round(seconds, 1),
        evidence=evidence,
        operations=tuple(operations),
        memory_mib={
            name: round(size / _MIB)
            for name, size in sorted(memory.items())
            if name in blocks or name.partition("_")[0] in blocks
        },
    )
