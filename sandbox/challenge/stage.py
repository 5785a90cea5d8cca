"""One sandbox on which a story is played again and again, and looked at when it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.calls.client import MediatorClient
from sandbox.calls.gate import Gate
from sandbox.calls.patient import PatientCaller
from sandbox.calls.redaction import Redactor
from sandbox.challenge.census import AUDITOR, Census
from sandbox.challenge.judging import State
from sandbox.challenge.plan import after_reset
from sandbox.challenge.striker import Striker
from sandbox.errors import BlockUnreachable, RequestRefused
from sandbox.lifecycle.checkpoints import restore_checkpoint, save_checkpoint
from sandbox.lifecycle.readiness import wait_until_ready
from sandbox.lifecycle.service import Running, Tools
from sandbox.model.run import Event, Exchange, Outcome, RunFinished
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER, Wiring
from sandbox.runner.compiled import CompiledScenario
from sandbox.runner.play import RunFacts, play

CHECKPOINT = "before-the-fault"
LOOKS_EVERY = 0.5
RESTS_AFTER = 1.5
"""Seconds without any change after which a state is taken for the end."""
PATIENCE = 45.0
"""Seconds that background work has to bring the end state about; a block never waits longer to try again."""
DAYS = 1
"""The clock goes on by so much after every play, so that what falls due is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One play: how it ended, what it told, and at which step."""

    finished: RunFinished
    events: Sequence[Event]
    step: int
    retries: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the story passed."""
        return self.finished.verdict.outcome is Outcome.PASSED


@dataclass(slots=True, kw_only=True)
class Stage:
    """Plays and looks. Faults are planted and cleared through `gate`."""

    tools: Tools
    running: Running
    wiring: Wiring
    compiled: CompiledScenario
    inputs: Mapping[str, object]
    redactor: Redactor
    resets_itself: bool = False
    """Whether the story begins with a reset; else a checkpoint is brought back before each play."""
    _seen: int = 0
    """The newest line of the message log before the play."""
    _plays: int = field(default=0)

    def save(self) -> None:
        """Keep the state that every play begins from."""
        save_checkpoint(self.tools, self.running.spec.name, CHECKPOINT)

    def play(
        self,
        *,
        at: int | None = None,
        strike: Callable[[], None] = lambda: None,
        end_before: int | None = None,
    ) -> Played:
        """Play the story from its beginning."""
        if self._plays and not self.resets_itself:
            restore_checkpoint(self.tools, self.running.spec.name, CHECKPOINT)
        self._plays += 1
        self._seen = self._newest()
        events: list[Event] = []
        spec, address = self.running.spec, self.running.site.public_url
        began = time.perf_counter()
        with MediatorClient(address, self.running.secrets.token) as client:
            patient = PatientCaller(client, time.sleep)
            striker = Striker(patient, at=at, strike=strike, end_before=end_before)
            finished = play(
                self.compiled,
                facts=RunFacts(
                    run=f"challenge-{self._plays}",
                    sandbox=spec.name,
                    runtime=spec.runtime,
                    population=spec.population,
                    population_digest=spec.population_digest,
                ),
                caller=striker,
                listeners=(striker.hear, events.append),
                inputs=self.inputs,
                redactor=self.redactor,
                clock=self.now,
                sleep=time.sleep,
                mediator_url=address,
            )
        seconds = time.perf_counter() - began
        return Played(
            finished=finished, events=events, step=striker.step, retries=patient.retries, seconds=seconds
        )

    def now(self) -> datetime:
        """Tell the machine's time."""
        return self.tools.now()

    def exchanges(self) -> Sequence[Exchange]:
        """Give what crossed the mediator since the play began, without what we asked ourselves."""
        with self.running.gate() as gate:
            return [
                each for each in gate.exchanges(since=self._seen) if each.client not in (AUDITOR, EXPLORER)
            ]

    def come_to_rest(
        self, wanted: Sequence[State] = (), differs: Callable[[State, State], bool] | None = None
    ) -> State:
        """Clear faults, let a day pass, and give the state: as soon as it is one of those wanted, and stays.

        Without any wanted it is the first that stays as it is for `RESTS_AFTER`.
        """
        self.wait_until_ready()
        with self.running.gate() as gate:
            gate.clear_faults()
            self._let_time_pass(gate)
            census = Census(gate=gate, wiring=self.wiring)
            deadline = time.monotonic() + PATIENCE
            state, since = self._read(census, deadline), time.monotonic()
            while time.monotonic() < deadline:
                time.sleep(LOOKS_EVERY)
                newer = self._read(census, deadline)
                if newer != state:
                    state, since = newer, time.monotonic()
                as_wanted = differs is None or any(not differs(each, state) for each in wanted)
                if as_wanted and time.monotonic() - since >= (LOOKS_EVERY if wanted else RESTS_AFTER):
                    break
        return state

    def wait_until_ready(self) -> None:
        """Wait until every instance answers. Raises StartFailed for one that does not come back."""
        with self.running.gate() as gate:
            wait_until_ready(
                self.tools.runtime,
                self.running.spec.name,
                self.running.instances,
                gate,
                self.tools.waiting,
                lambda _done, _total: None,
            )

    def _newest(self) -> int:
        with self.running.gate() as gate:
            newest = self._seen
            for each in gate.each_exchange(since=newest):
                newest = each.number
        return newest

    def _read(self, census: Census, deadline: float) -> State:
        while True:
            try:
                return census.read(after_reset(self.exchanges()))
            except BlockUnreachable:
                # What was killed a moment ago may still refuse its first sessions.
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOKS_EVERY)

    def _let_time_pass(self, gate: Gate) -> None:
        answer = gate.call(CONTROLS_SERVICE, "POST", "/clock", client=EXPLORER, json={"days": DAYS})
        if answer.status_code != 200:
            raise RequestRefused(f"the clock could not be moved after a play: {answer.text[:300]}")
