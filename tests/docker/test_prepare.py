"""Laying out sandboxes side by side, against each other, and cut short."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_network
from threading import Barrier

import pytest

from sandbox.errors import StateConflict, UsageError
from sandbox.runtime import Remains
from sandbox.runtimes.docker.driver import DockerRuntime
from sandbox.runtimes.docker.engine import connect, reading
from sandbox.runtimes.docker.labels import OWNER, owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings

pytestmark = pytest.mark.docker

AT_ONCE = 20 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 8

PREPARING = """
import sys
from pathlib import Path
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import SiteRequest, load_runtime
from sandbox.settings import Settings
home, content, data, spec = sys.argv[1:]
runtime = load_runtime("docker", Settings(home=Path(home), content=Path(content)))
runtime.prepare(SiteRequest(
    spec=SandboxSpec.model_validate_json(spec), instances=("information-mediator",),
    public="information-mediator", data=Path(data), secret="root",
))
"""


def everything_of(settings: Settings) -> str:
    return f"{OWNER}={owner_of(settings.home)}"


def left_overs(engine, label: str) -> list[str]:
    chosen = {"label": label}
    return [
        *(container.name for container in engine.containers.list(all=True, filters=chosen)),
        *(network.name for network in engine.networks.list(filters=chosen)),
        *(volume.name for volume in engine.volumes.list(filters=chosen)),
    ]


def test_a_taken_name_is_refused_with_the_command_that_frees_it(runtime, request_for):
    site = runtime.prepare(request_for("taken"))
    with pytest.raises(StateConflict) as caught:
        runtime.prepare(request_for("taken"))
    assert "sandbox down taken" in caught.value.hint
    assert [remains.site for remains in runtime.list_sandboxes()] == [site]


def test_another_installation_neither_sees_nor_removes_it(engine, runtime, request_for, settings, tmp_path):
    runtime.prepare(request_for("mine"))
    other = DockerRuntime(engine, Settings(home=tmp_path / "other", content=settings.content))
    assert other.list_sandboxes() == []
    other.discard("mine")
    assert [remains.name for remains in runtime.list_sandboxes()] == ["mine"]


@pytest.mark.campaign
def test_sandboxes_made_at_the_same_moment_share_no_subnet_and_no_port(
    engine, runtime, settings, request_for
):
    first = request_for("s0")
    requests = [
        replace(first, spec=first.spec.model_copy(update={"name": f"s{number}"})) for number in range(AT_ONCE)
    ]
    together = Barrier(AT_ONCE)

    def prepare(request):
        # As so many commands would: each with a connection of its own.
        with closing(connect()) as client:
            together.wait()
            return DockerRuntime(client, settings).prepare(request)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        sites = list(pool.map(prepare, requests))
    assert len({site.public_url for site in sites}) == AT_ONCE
    subnets = [
        ip_network(network.attrs["IPAM"]["Config"][0]["Subnet"])
        for network in engine.networks.list(filters={"label": everything_of(settings)})
    ]
    assert len(subnets) == 2 * AT_ONCE
    assert not any(one.overlaps(other) for index, one in enumerate(subnets) for other in subnets[index + 1 :])
    assert {remains.name for remains in runtime.list_sandboxes() if remains.site} == {
        request.spec.name for request in requests
    }


def test_what_another_version_left_is_listed_and_can_be_removed(engine, runtime, reference, settings):
    place = Place(owner_of(settings.home), "ancient")
    engine.containers.create(
        reference.id, name=place.name("keeper"), labels=place.labels("keeper", spec='{"era": "bronze"}')
    )
    assert runtime.list_sandboxes() == [Remains(name="ancient", spec=None, site=None)]
    runtime.discard("ancient")
    assert left_overs(engine, everything_of(settings)) == []


def test_a_failed_preparation_leaves_nothing(engine, settings, reference, request_for):
    narrow = Settings(home=settings.home, content=settings.content, subnets="10.213.0.0/30")
    runtime = DockerRuntime(engine, narrow)
    with pytest.raises(UsageError, match=r"10\.213\.0\.0/30"):
        runtime.prepare(request_for("narrow"))
    assert runtime.list_sandboxes() == []


def test_a_preparation_killed_after_any_creation_is_listed_and_discarded(
    engine, runtime, settings, request_for
):
    seed = 20_260
    print(f"kill points drawn from seed {seed}")
    choose = random.Random(seed)
    request = request_for("unused")
    for name in (f"killed-{number}" for number in range(5)):
        spec = request.spec.model_copy(update={"name": name})
        creations = choose.randint(1, 6)
        with reading(engine.events(decode=True, filters={"event": "create"})) as events:
            preparing = subprocess.Popen(
                [
                    *(sys.executable, "-c", PREPARING, str(settings.home), str(settings.content)),
                    *(str(request.data), spec.model_dump_json()),
                ]
            )
            for _ in range(creations):
                while name not in str(next(events)["Actor"]):
                    pass
            os.kill(preparing.pid, signal.SIGKILL)
        preparing.wait()
        assert name in [remains.name for remains in runtime.list_sandboxes()]
        runtime.discard(name)
        assert left_overs(engine, everything_of(settings)) == []
    assert runtime.list_sandboxes() == []
