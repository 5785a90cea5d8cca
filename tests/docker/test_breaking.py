"""What a challenge breaks on `docker` is really killed, and comes back with what it had."""

from __future__ import annotations

import docker
import pytest

from sandbox.runtime import Phase
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.breaking import DockerBreaker
from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Place

pytestmark = pytest.mark.docker


def test_an_instance_and_the_database_are_killed_and_come_back(
    runtime, request_for, program, engine: docker.DockerClient, settings
) -> None:
    runtime.prepare(request_for("broken"))
    breaker = DockerBreaker(engine, settings)
    payments = program("broken", "payments")
    first = runtime.start(payments)
    assert not breaker.set_apart(payments)
    breaker.kill("broken", "payments")
    assert runtime.observe("broken") == []
    breaker.start(payments)
    (again,) = runtime.observe("broken")
    assert (again.phase, again.id == first.id) == (Phase.RUNNING, False)

    name = Place(owner_of(settings.home), "broken").name(parts.DATABASE)
    began = engine.containers.get(name).attrs["State"]["StartedAt"]
    assert breaker.why_not_the_database("broken") == ""
    breaker.restart_database("broken")
    state = engine.containers.get(name).attrs["State"]
    assert state["Running"]
    assert state["StartedAt"] != began
