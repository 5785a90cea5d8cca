"""Plays one workflow for many citizens at once: who has the next turn, when it begins, how it ended.

Each journey has a flow, a journal and a redactor of its own, so that tokens of one are unknown to
the next and memory does not grow with their number. What a journey said is kept for the first few
that pass and fail, and forgotten otherwise; all of them are counted.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.messages import Request
from sandbox.calls.redaction import Redactor
from sandbox.errors import BlockUnreachable, SandboxError
from sandbox.model.crowd import CrowdReport, CrowdWish, Ending, JourneyResult
from sandbox.model.run import Event, Listener, Outcome, StepFinished, StepResult
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER
from sandbox.runner.casting import bind_by_name
from sandbox.runner.compiled import CompiledScenario, CompiledWorkflow
from sandbox.runner.flow import Flow, RunStopped
from sandbox.runner.frame import Surroundings
from sandbox.runner.inputs import InputsRefused, bind_inputs
from sandbox.runner.journal import Journal
from sandbox.runner.tallies import Snapshot, Tallies

KEPT_PASSED = 3
KEPT_FAILED = 20
MOST_STEPS = 10_000
"""Of one journey."""
EVERY_SECONDS = 0.25

Watch = Callable[[Snapshot], None]
"""Hears now and then how far the journeys have come."""
Note = Callable[[JourneyResult], None]
"""Hears of every journey that has ended; from many threads, one after another."""


def unheard(_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a crowd needs from outside."""

    open_caller: Callable[[], AbstractContextManager[Caller]]
    """One conversation for each journey that is under way at a time."""
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    make_redactor: Callable[[], Redactor]
    """A redactor that knows the sandbox's secrets and learns one journey's tokens."""
    mediator_url: str = ""
    timer: Callable[[], float] = time.perf_counter
    watch: Watch = unheard
    note: Note = unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdOutcome:
    """What came of all journeys, and the step that the first unlucky one met."""

    report: CrowdReport
    unfinished: Sequence[str]
    """Ids of the citizens whose journey did not pass."""
    failure: StepResult | None


@dataclass(slots=True)
class _Turns:
    """Hands out turns in order, each with the moment at which it is to begin."""

    wish: CrowdWish
    taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> tuple[int, float | None] | None:
        with self.lock:
            if self.taken >= self.wish.journeys:
                return None
            self.taken += 1
            planned = None if self.wish.rate is None else (self.taken - 1) / self.wish.rate
            return self.taken, planned


class Crowd:
    """Plays all journeys of one run; used once."""

    def __init__(
        self,
        compiled: CompiledScenario,
        journey: CompiledWorkflow,
        wish: CrowdWish,
        around: Around,
        *,
        pick: str,
        values: Sequence[Mapping[str, Any]],
        listeners: Sequence[Listener],
        numbers: Callable[[], int],
    ) -> None:
        """Prepare to play.

        Args:
            pick: Id of the pick whose citizens have their turns.
            values: Where inputs come from, by name; the citizen's own come after them.
            listeners: Hear the events of the journeys that are kept, each journey's in one go.
            numbers: Numbers steps over all journeys.
        """
        self._compiled = compiled
        self._journey = journey
        self._wish = wish
        self._around = around
        self._pick = pick
        self._values = values
        self._listeners = listeners
        self._numbers = numbers
        self._turns = _Turns(wish)
        self._tallies = Tallies(wish)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._kept = {True: KEPT_PASSED, False: KEPT_FAILED}
        self._unfinished: list[str] = []
        self._failure: StepResult | None = None
        self._broken: BaseException | None = None
        self._began = 0.0
        self.steps = itertools.count()

    def play(self) -> CrowdOutcome:
        """Play until all have ended, or until Ctrl-C; then journeys under way end at their next step.

        Raises what broke a thread; a second Ctrl-C is let through.
        """
        self._began = self._around.timer()
        threads = [
            threading.Thread(target=self._work, name=f"journeys-{place}", daemon=True)
            for place in range(self._wish.concurrency)
        ]
        interrupted = False
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                self._watch_for(threads)
        except KeyboardInterrupt:
            interrupted = True
            self._stop.set()
            for thread in threads:
                thread.join()
        if self._broken is not None:
            raise self._broken
        seconds = self._seconds()
        self._around.watch(self._tallies.look(seconds))
        return CrowdOutcome(
            report=self._tallies.report(seconds, interrupted=interrupted),
            unfinished=self._unfinished,
            failure=self._failure,
        )

    def _watch_for(self, threads: Sequence[threading.Thread]) -> None:
        alive = next((thread for thread in threads if thread.is_alive()), None)
        if alive is not None:
            alive.join(EVERY_SECONDS)
        self._around.watch(self._tallies.look(self._seconds()))

    def _seconds(self) -> float:
        return self._around.timer() - self._began

    def _work(self) -> None:
        """Play one journey after another, until there are no more."""
        try:
            with self._around.open_caller() as caller:
                while not self._stop.is_set() and (turn := self._turns.take()) is not None:
                    self._play_turn(caller, *turn)
        except BaseException as error:  # told by whoever started this thread
            self._broken = self._broken or error
            self._stop.set()

    def _play_turn(self, caller: Caller, number: int, planned: float | None) -> None:
        # Fetched before its time has come: looking a citizen up is no part of the journey.
        citizen = next_citizen(caller, self._pick)
        if planned is not None and self._stop.wait(max(0.0, planned - self._seconds())):
            return
        started = self._seconds()
        self._tallies.begin()
        ending, blamed, reason, events = self._play_one(caller, citizen)
        result = JourneyResult(
            number=number,
            individual=str(citizen.get("individualId", "")),
            planned=round(started if planned is None else planned, 6),
            started=round(started, 6),
            ended=round(self._seconds(), 6),
            ending=ending,
            step_id=blamed.step_id if blamed else "",
            sentence=blamed.sentence if blamed else "",
            reason=reason,
        )
        self._tallies.end(result)
        with self._lock:
            self._around.note(result)
            if ending is not Ending.PASSED:
                self._unfinished.append(result.individual)
                self._failure = self._failure or (blamed if ending is not Ending.STOPPED else None)
            self._keep(ending, events)

    def _keep(self, ending: Ending, events: Sequence[Event]) -> None:
        passed = ending is Ending.PASSED
        if ending is Ending.STOPPED or self._kept[passed] == 0:
            return
        self._kept[passed] -= 1
        for event in events:
            for listener in self._listeners:
                listener(event)

    def _play_one(
        self, caller: Caller, citizen: Mapping[str, Any]
    ) -> tuple[Ending, StepResult | None, str, Sequence[Event]]:
        events: list[Event] = []
        redactor = self._around.make_redactor()
        journal = Journal((events.append, self._count), redactor, draw=self._numbers)
        flow = Flow(
            self._compiled.workflows,
            journal,
            Surroundings(
                caller=caller,
                clock=self._around.clock,
                timer=self._around.timer,
                sleep=self._around.sleep,
                should_stop=self._stop.is_set,
                mediator_url=self._around.mediator_url,
                most_steps=MOST_STEPS,
            ),
        )
        try:
            bound = bind_inputs(self._journey.inputs, bind_by_name(self._journey, *self._values, citizen))
            played = flow.play_workflow(self._journey.key, bound, caller_path=())
        except InputsRefused as refused:
            return Ending.FAILED, None, redactor.text(str(refused)), events
        except RunStopped as stopped:
            ending = Ending.STOPPED if self._stop.is_set() else Ending.ERROR
            return ending, flow.last_failure, str(stopped), events
        except SandboxError as error:
            return Ending.ERROR, flow.last_failure, redactor.text(str(error)), events
        if played.outcome is Outcome.PASSED:
            return Ending.PASSED, None, "", events
        return Ending.FAILED, played.failure, redactor.text(played.reason), events

    def _count(self, event: Event) -> None:
        """Count steps that stand for themselves; one that plays a workflow is told by those inside it."""
        if isinstance(event, StepFinished):
            next(self.steps)
            step = event.result
            if step.call is not None or (step.outcome is not Outcome.PASSED and not self._stop.is_set()):
                self._tallies.count_step(step)


def next_citizen(caller: Caller, pick: str) -> Mapping[str, Any]:
    """Fetch the next citizen of a pick. Raises BlockUnreachable when the controls have none to give."""
    answer = caller.call(_ask(f"/picks/{pick}/next", "nextCitizen"))
    if answer.status != 200 or not isinstance(answer.body, Mapping):
        raise BlockUnreachable(f"the controls gave no citizen: {answer.status} {_detail(answer.body)}")
    citizen: Mapping[str, Any] = answer.body["citizen"]
    return citizen


def pick_citizens(caller: Caller, count: int) -> str:
    """Pick any citizens, for a scenario that does not say whom. Raises BlockUnreachable."""
    answer = caller.call(_ask("/picks", "pickCitizens", {"count": count}))
    if answer.status != 201 or not isinstance(answer.body, Mapping):
        raise BlockUnreachable(f"the controls picked nobody: {answer.status} {_detail(answer.body)}")
    return str(answer.body["pickId"])


def _ask(path: str, operation_id: str, body: Any = None) -> Request:
    headers = {"information-mediator-client": EXPLORER}
    content = None
    if body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(body).encode()
    return Request(
        block="sandbox",
        operation_id=operation_id,
        method="POST",
        target=f"/r1/{CONTROLS_SERVICE}{path}",
        headers=headers,
        body=body,
        content=content,
    )


def _detail(body: Any) -> str:
    return str(body.get("detail", body)) if isinstance(body, Mapping) else str(body)
