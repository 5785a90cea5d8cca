"""The plays of a challenge: the story without faults, then once under each fault, and what came of it.

Whatever a play leaves is judged against plays without faults on the same sandbox: one that passed against
the whole story's end state, one that broke off against the story played up to that step, and past it.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sandbox import __version__
from sandbox.breaker import Breaker
from sandbox.calls.redaction import Redactor
from sandbox.challenge.breaks import Breaks, specs_of
from sandbox.challenge.judging import (
    Field,
    Observed,
    State,
    find_differences,
    find_loss,
    judge,
    learn_made_up,
)
from sandbox.challenge.plan import Seen, draw_points, see
from sandbox.challenge.stage import Played, Stage
from sandbox.challenge.wish import ChallengeRefused, ChallengeWish, Watch
from sandbox.errors import BlockUnreachable, RuntimeFailure
from sandbox.lifecycle.service import Running, Tools, Wish
from sandbox.model.challenge import Book, ChallengeFault, ChallengeReport, FaultRow, Point, Trial
from sandbox.model.run import Outcome, StepFinished
from sandbox.runner.compiled import CompiledScenario

GAP = "service-unreachable"
"""The mediator's word for a block that gave no answer."""
PLANTED = frozenset({"call", "callback"})
"""Faults that the mediator plants, and tells whether they struck."""


class Trials:
    """One challenge under way."""

    def __init__(
        self,
        tools: Tools,
        wish: Wish,
        running: Running,
        compiled: CompiledScenario,
        asked: ChallengeWish,
        breaker: Breaker,
        blocks: frozenset[str],
        watch: Watch,
        redactor: Redactor,
    ) -> None:
        self.breaks = Breaks(breaker, running.spec.name, specs_of(running, wish))
        self.interrupted = False
        self._tools = tools
        self._running = running
        self._compiled = compiled
        self._asked = asked
        self._blocks = blocks
        self._watch = watch
        self._redactor = redactor
        self._stage = Stage(
            tools=tools,
            running=running,
            wiring=wish.wiring,
            compiled=compiled,
            inputs=asked.inputs,
            redactor=redactor,
        )
        self._rows: list[FaultRow] = []
        self._whole: State = {}
        self._made_up: frozenset[Field] = frozenset()
        self._parts: dict[int, State] = {}
        """End states of plays that were ended before a step, by that step."""

    def go_through(self) -> None:
        """Play without faults, then under each fault."""
        self._stage.save()
        seen = self._play_without()
        plans = [(fault, *self._plan(seen, fault)) for fault in self._asked.faults]
        total, done = sum(len(points) for _, points, _ in plans), 0
        for fault, points, why in plans:
            row = FaultRow(fault=fault, why=why)
            self._rows.append(row)
            for point in points:
                self._tools.report(_name(point), done, total)
                trial = self._try(fault, point)
                row = row.model_copy(update={"trials": (*row.trials, trial)})
                self._rows[-1] = row
                self._watch(trial)
                done += 1

    def report(self, run: str, started: datetime) -> ChallengeReport:
        """Say what was found so far."""
        spec, scenario = self._running.spec, self._compiled.scenario
        population = spec.population
        return ChallengeReport(
            run=run,
            scenario=scenario.slug,
            title=scenario.story.title,
            runtime=spec.runtime,
            machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            pack=population.pack,
            size=population.size,
            seed=population.seed,
            population_digest=spec.population_digest,
            draw=self._asked.draw,
            started=started,
            finished=self._tools.now(),
            command=self._asked.command,
            version=__version__,
            rows=tuple(self._rows),
            books=tuple(Book(name=name, entries=len(found)) for name, found in sorted(self._whole.items())),
            interrupted=self.interrupted,
        )

    def _play_without(self) -> Seen:
        """Play twice without faults: where everything is, and what is made up afresh each time."""
        self._tools.report("playing without faults", 0, 1)
        states = []
        for _ in range(2):
            played = self._stage.play()
            if not played.passed:
                raise ChallengeRefused(
                    "the story does not pass without any fault: "
                    f"{self._redactor.text(played.finished.verdict.sentence)}",
                    hint=f"see why first: sandbox run {self._compiled.scenario.slug}",
                )
            exchanges = self._stage.exchanges()
            seen = see(exchanges, played.events)
            self._stage.resets_itself = seen.begins_with_a_reset
            states.append(self._stage.come_to_rest())
        self._whole, self._made_up = states[-1], learn_made_up(*states)
        return seen

    def _plan(self, seen: Seen, fault: ChallengeFault) -> tuple[tuple[Point, ...], str]:
        why = self.breaks.why_not(fault)
        if why:
            return (), why
        return draw_points(seen, fault, self._blocks, draw=self._asked.draw, most=self._asked.most)

    def _try(self, fault: ChallengeFault, point: Point) -> Trial:
        """Play under one fault and judge; what does not come back is lost."""
        try:
            return self._judge(fault, point)
        except (RuntimeFailure, BlockUnreachable) as error:
            told = self._redactor.text(str(error))
            self._bring_back()
            return Trial(point=point, result="lost", said=f"the sandbox did not come back: {told}")

    def _judge(self, fault: ChallengeFault, point: Point) -> Trial:
        played = self._play_under(fault, point)
        allowed: list[State] = [self._whole]
        state = self._stage.come_to_rest(allowed if played.passed else (), self._differs)
        exchanges = self._stage.exchanges()
        differences: tuple[str, ...]
        if played.passed:
            differences = find_loss(state, allowed, self._made_up)
        else:
            allowed = [self._part(played.step), self._part(played.step + 1)]
            differences = find_loss(state, allowed, self._made_up)
            if differences:
                # Looked at too early, perhaps: the same once more, with all the time that there is.
                played = self._play_under(fault, point)
                allowed = [self._whole] if played.passed else allowed
                state = self._stage.come_to_rest(allowed, self._differs)
                exchanges = self._stage.exchanges()
                differences = find_loss(state, allowed, self._made_up)
        struck = [each.status for each in exchanges if each.fault == fault.name]
        result, said = judge(
            point,
            Observed(
                finished=played.passed,
                reason=_reason(played),
                retries=played.retries,
                struck=struck,
                unanswered=sum(each.refused == GAP for each in exchanges),
                differences=differences,
            ),
            planted=fault.on in PLANTED,
        )
        return Trial(
            point=point,
            result=result,
            said=self._redactor.text(said),
            retries=played.retries,
            struck=len(struck),
            differences=tuple(self._redactor.text(each) for each in differences),
            seconds=round(played.seconds, 3),
        )

    def _play_under(self, fault: ChallengeFault, point: Point) -> Played:
        if fault.on in PLANTED:
            strike: Callable[[], None] = partial(self._plant, point)
        else:
            strike = partial(self.breaks.strike, fault, point)
            if self.breaks.get_ready(fault, point):
                self._stage.wait_until_ready()
        played = self._stage.play(at=point.step, strike=strike)
        self.breaks.mended()
        return played

    def _plant(self, point: Point) -> None:
        named = {"operation": point.operation, "client": point.client}
        with self._running.gate() as gate:
            gate.set_fault(
                {
                    "fault": point.fault,
                    "block": point.block,
                    "times": 1,
                    **{name: value for name, value in named.items() if value},
                }
            )

    def _part(self, step: int) -> State:
        """Give the end state of a play without faults that ended before a step."""
        if step not in self._parts:
            self._stage.play(end_before=step)
            self._parts[step] = self._stage.come_to_rest()
        return self._parts[step]

    def _differs(self, wanted: State, found: State) -> bool:
        return bool(find_differences(wanted, found, self._made_up))

    def _bring_back(self) -> None:
        """Start what is not running, so that the next fault finds a whole sandbox."""
        self.breaks.mended()
        seen = {each.name: each.exit_code for each in self._tools.runtime.observe(self._running.spec.name)}
        for name, spec in self.breaks.specs.items():
            if seen.get(name, -1) is not None:
                self._tools.runtime.start(spec)
        self._stage.wait_until_ready()


def _reason(played: Played) -> str:
    """Say at which step a play broke off, and why."""
    if played.passed:
        return ""
    broken = [
        event.result
        for event in played.events
        if isinstance(event, StepFinished) and event.result.outcome in (Outcome.FAILED, Outcome.ERROR)
    ]
    if not broken:
        return played.finished.verdict.sentence
    # The innermost comes first; those that called it fail after it.
    first = broken[0]
    return f"step {first.number}, “{first.sentence.rstrip('.')}”: {first.reason}"


def _name(point: Point) -> str:
    return f"{point.fault} at {point.block}" if point.block else point.fault
