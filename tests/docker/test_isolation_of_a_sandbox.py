"""A hostile look at whole sandboxes on `docker`: an attack from inside every instance, and the door.

Nothing is believed that is not seen where it would do harm: packets are counted at receivers
that are shown to work, limits are read inside or run into, databases are tried one by one.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import docker
import httpx2
import pytest

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.candidates.programs import SENDING, SHOUTING
from sandbox.candidates.receivers import host_addresses, host_receivers
from sandbox.candidates.selftest import attack_running
from sandbox.candidates.target import CANDIDATE, POSTGRES
from sandbox.cli.main import main
from sandbox.lifecycle.instances import MEDIATOR
from sandbox.lifecycle.service import Running, bring_up, take_all_down, take_down
from sandbox.model.attack import Area, AttackReport
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.prover import load_prover
from sandbox.runtimes.docker.images import ImageRef
from sandbox.runtimes.docker.labels import OWNER, owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings
from tests.fakes.kept_clusters import forget_clusters
from tests.fakes.yard import Yard

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def yard(
    engine: docker.DockerClient,
    reference: ImageRef,
    content: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Yard]:
    """A cash transfer's sandbox to look around in, and a small one beside it."""
    home = tmp_path_factory.mktemp("home")
    tools = make_tools(Settings(home=home, content=content), "docker")
    tools = replace(tools, waiting=replace(tools.waiting, seconds=240.0))
    settings = Settings(home=home)
    catalog = make_catalog(settings)

    def up(name: str, **what: Any) -> Running:
        wish = SandboxWish(name=name, size=200)
        return bring_up(tools, prepare_trial(settings, tools, catalog, wish, **what).wish)

    try:
        watched = up("watched", scenario=look_up_scenario(catalog, "cash-transfer"))
        yield Yard(engine, tools, content, watched, up("beside", blocks=["messaging"]))
    finally:
        take_all_down(tools)
        forget_clusters(engine, home)


@pytest.fixture(scope="module")
def report(yard: Yard) -> AttackReport:
    """What an attack on the watched sandbox finds."""
    prover = load_prover("docker", Settings(home=yard.tools.home, content=yard.content))
    assert prover is not None
    return attack_running(yard.tools, prover, yard.watched, beside="beside")


@pytest.mark.parametrize("area", get_args(Area))
def test_every_claim_of_an_attack_holds(report: AttackReport, area: str) -> None:
    claims = [each for each in report.claims if each.area == area]
    assert claims != []
    assert [each for each in claims if not each.held] == []


def test_an_attack_tries_every_instance(report: AttackReport, yard: Yard) -> None:
    everybody = len([*yard.watched.instances, POSTGRES, CANDIDATE])
    found = {each.claim: each.found for each in report.claims}
    assert found["Nothing has IPv6."] == f"{everybody} instances looked at from inside"
    assert found["Nothing arrives at this host."] == f"0 packets of {everybody - 1} senders"
    assert found["Nobody reaches the sandbox beside."] == f"{everybody} tried"
    assert report.passed


def test_the_mediator_alone_reaches_the_host(yard: Yard) -> None:
    """It is ours and has to be reached from the host, so it reaches the host: SECURITY.md says so."""
    with host_receivers() as host:
        targets = json.dumps([(address, host[0].port) for address in host_addresses()])
        yard.run_inside(MEDIATOR, SHOUTING + SENDING, TOKEN="from-mediator", TARGETS=targets)
        assert host[0].wait_for({"datagram", "connection"}, b"from-mediator")


def test_one_port_is_published_and_only_on_the_loopback(yard: Yard) -> None:
    owned = {"label": f"{OWNER}={owner_of(yard.tools.home)}"}
    published = {
        (each.name.rpartition(".")[2], binding["HostIp"], f"http://127.0.0.1:{binding['HostPort']}")
        for each in yard.containers(owned)
        for bindings in each.attrs["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    sandboxes = (yard.watched, yard.beside)
    assert published == {(MEDIATOR, "127.0.0.1", running.site.public_url) for running in sandboxes}
    port = int(yard.watched.site.public_url.rpartition(":")[2])
    for address in host_addresses():
        with socket.socket() as caller:
            caller.settimeout(2)
            assert caller.connect_ex((address, port)) != 0


@pytest.mark.parametrize("path", ["/r1/SBX/GOV/CENTRAL/payments/ledger/trial-balance", "/_sandbox/readiness"])
def test_the_door_opens_to_the_token_and_to_no_other_secret(yard: Yard, path: str) -> None:
    secrets, other = yard.watched.secrets, yard.beside.secrets
    client = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"

    def knock(secret: str | None, **headers: str) -> int:
        proof = {} if secret is None else {"Information-Mediator-Secret": secret}
        shown = {"Information-Mediator-Client": client, **proof, **headers}
        return httpx2.get(yard.watched.site.public_url + path, headers=shown, trust_env=False).status_code

    assert knock(secrets.token) == 200
    assert knock(secrets.token, Host="rebound.example") == 421
    refused = [None, "", "guess", other.token, secrets.root]
    refused += [secrets.block(name) for name in yard.watched.instances]
    refused += [secrets.outbound(name) for name in yard.watched.spec.blocks]
    assert {knock(secret) for secret in refused} == {401}


def ready(running: Running) -> bool:
    with running.gate() as gate:
        return all(each.ready for each in gate.readiness())


@pytest.fixture
def types(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Type a command about this installation; give what it printed."""
    monkeypatch.setenv("SANDBOX_HOME", str(yard.tools.home))
    monkeypatch.setenv("COLUMNS", "300")

    def type_(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    return type_


def test_the_doctor_says_how_far_isolation_goes(types: Callable[..., str]) -> None:
    findings = {each["name"]: each["detail"] for each in json.loads(types("doctor", "--json"))}
    assert "isolates networks" in findings["docker"]
    assert "isolation by" in findings["docker"]
    assert "does not isolate networks" in findings["local"]


def test_a_killed_block_is_seen_named_and_cleaned_up(yard: Yard, types: Callable[..., str]) -> None:
    yard.container(yard.beside, "messaging").kill()
    listed = {each["name"]: each for each in json.loads(types("ls", "--json"))}
    assert listed["watched"]["state"] == "running"
    assert listed["beside"]["state"] == "degraded"
    assert listed["beside"]["instances"]["messaging"] == "exited"
    row = next(line for line in types("ls").splitlines() if "beside" in line)
    assert "degraded" in row
    assert "messaging" in row
    take_down(yard.tools, "beside")
    wanted = Place(owner_of(yard.tools.home), "beside").filter()
    assert yard.engine.containers.list(all=True, filters=wanted) == []
    assert yard.engine.networks.list(filters=wanted) == []
    assert yard.engine.volumes.list(filters=wanted) == []
    assert ready(yard.watched)
