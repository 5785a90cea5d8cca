"""The family of misbehaving runtimes: each is as its inner one is, in all but one respect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import pytest

from sandbox.errors import RuntimeFailure, StateConflict
from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import InstanceSpec, Phase, SiteRequest
from tests.fakes.runtimes import (
    FailingRuntime,
    NeverReadyRuntime,
    QuietRuntime,
    SlowRuntime,
    VanishingRuntime,
)
from tests.fakes.waiting import answers

REQUEST = SiteRequest(
    spec=SandboxSpec(
        name="one",
        runtime="quiet",
        blocks=("payments",),
        population=PopulationRef(),
        clock_start=date(2026, 1, 1),
        created=datetime(2026, 1, 2, tzinfo=UTC),
    ),
    instances=("information-mediator", "payments"),
    public="information-mediator",
    data=Path("/srv/data"),
    secret="root",
)
PAYMENTS = InstanceSpec(sandbox="one", name="payments", module="echo_block")
CONSENT = InstanceSpec(sandbox="one", name="consent", module="echo_block")


def test_the_quiet_one_keeps_the_promises_of_the_port() -> None:
    quiet = QuietRuntime(lines={"payments": ["a", "b"]})
    site = quiet.prepare(REQUEST)
    with pytest.raises(StateConflict):
        quiet.prepare(REQUEST)
    assert quiet.start(PAYMENTS) == quiet.start(PAYMENTS)
    quiet.end("one", "payments", 3)
    assert [(seen.phase, seen.exit_code) for seen in quiet.observe("one")] == [(Phase.EXITED, 3)]
    assert quiet.run_once(CONSENT).exit_code == 0
    assert list(quiet.logs("one", "payments", tail=1)) == ["b"]
    assert quiet.list_sandboxes()[0].site == site
    quiet.stop("one", "payments", grace_seconds=0)
    for _ in range(2):
        quiet.discard("one")
    assert quiet.list_sandboxes() == quiet.observe("one") == []


def test_the_slow_one_starts_when_the_gate_opens() -> None:
    slow = SlowRuntime(QuietRuntime())
    starting = Thread(target=slow.start, args=(PAYMENTS,))
    starting.start()
    assert slow.arrived.wait(10)
    assert slow.observe("one") == []
    slow.gate.set()
    starting.join()
    assert [seen.name for seen in slow.observe("one")] == ["payments"]


def test_the_never_ready_one_runs_and_answers_nowhere() -> None:
    never = NeverReadyRuntime(QuietRuntime())
    site = never.prepare(REQUEST)
    assert never.start(PAYMENTS).phase is Phase.RUNNING
    assert not any(answers(address) for address in site.addresses.values())
    never.close()


def test_the_failing_one_fails_where_it_is_told_to() -> None:
    failing = FailingRuntime(QuietRuntime(), at="start", only="payments")
    failing.start(CONSENT)
    with pytest.raises(RuntimeFailure, match="the disk is full"):
        failing.start(PAYMENTS)
    with pytest.raises(RuntimeFailure):
        FailingRuntime(QuietRuntime(), at="discard").discard("one")


def test_the_vanishing_one_starts_what_is_then_gone() -> None:
    vanishing = VanishingRuntime(QuietRuntime(), vanishes="payments")
    for spec in (PAYMENTS, CONSENT):
        vanishing.start(spec)
    assert [seen.name for seen in vanishing.observe("one")] == ["consent"]
