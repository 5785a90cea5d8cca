"""A hostile look at whole sandboxes on `docker`: from inside every instance, and at the door.

Nothing is believed that is not seen where it would do harm: packets are counted at receivers
that are shown to work, limits are read inside or run into, databases are tried one by one.
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import httpx2
import pytest

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.cli.main import main
from sandbox.lifecycle.instances import CONTROLS, MEDIATOR
from sandbox.lifecycle.service import Running, bring_up, take_all_down, take_down
from sandbox.runtime import InstanceSpec, Limits
from sandbox.runtimes.docker.images import ImageRef
from sandbox.runtimes.docker.labels import OWNER, owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings
from sandbox.trial import SandboxWish, look_up_scenario, prepare_trial
from tests.fakes import packets
from tests.fakes.hostile import FORKING, LOOKING_AROUND, TRYING_DATABASES
from tests.fakes.yard import POSTGRES, Outside, Yard, gateways, say_on_the_host

pytestmark = pytest.mark.docker

LIKE_METADATA = "169.254.213.213"
"""The real one, 169.254.169.254, may belong to the machine that the tests run on."""


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
        yield Yard(engine, tools, watched, up("beside", blocks=["messaging"]))
    finally:
        take_all_down(tools)


@pytest.fixture(scope="module")
def seen(yard: Yard) -> dict[str, Any]:
    """What every instance sees of itself."""
    return {name: json.loads(said) for name, said in yard.run_everywhere(LOOKING_AROUND).items()}


@pytest.fixture
def metadata_address() -> Iterator[list[str]]:
    """An address like that of a cloud's metadata, as one of this host's; nothing where we may not have it."""
    added = subprocess.run(["ip", "address", "add", f"{LIKE_METADATA}/32", "dev", "lo"], check=False)
    yield [] if added.returncode else [LIKE_METADATA]
    if not added.returncode:
        subprocess.run(["ip", "address", "del", f"{LIKE_METADATA}/32", "dev", "lo"], check=True)


@pytest.fixture
def outside(yard: Yard, reference: ImageRef, metadata_address: list[str]) -> Iterator[Outside]:
    """Receivers on the host, as a name server, as metadata, and in a namespace beside."""
    with ExitStack() as stack:
        host = stack.enter_context(packets.host_receivers())
        host_6 = packets.HostReceiver.on_any_port(socket.AF_INET6)
        stack.callback(host_6.close)
        neighbour = stack.enter_context(packets.listening_neighbour(yard.engine, reference.id))
        # Other sandboxes' addresses come and go; these stay as long as we do.
        own = {*metadata_address, *(gateways(yard) & set(packets.host_addresses()))}
        addresses = {*packets.host_addresses(), *own, *gateways(yard)}
        beside = neighbour.attrs["NetworkSettings"]["IPAddress"]
        targets = [(address, receiver.port) for address in sorted(addresses) for receiver in host]
        found_6 = packets.host_addresses_6()
        # A link-local address has its own scope on each side of the link.
        inside = {
            f"{each.partition('%')[0]}%eth{n}" if "%" in each else each for each in found_6 for n in (0, 1)
        }
        yield Outside(
            host,
            host_6,
            neighbour,
            tuple(own),
            json.dumps([*targets, (beside, 9053)]),
            json.dumps([(address, host_6.port) for address in sorted(inside)]),
        )


def test_zero_packets_of_any_instance_but_the_mediator_arrive(
    yard: Yard, reference: ImageRef, outside: Outside, sending: str
) -> None:
    confined = [name for name in (*yard.watched.instances, POSTGRES) if name != MEDIATOR]

    def attack(name: str) -> str:
        yard.run_inside(name, packets.SHOUTING, TOKEN=f"from-{name}", TARGETS=outside.targets)
        said = [
            yard.run_inside(name, sending, TOKEN=f"from-{name}", TARGETS=targets)
            for targets in (outside.targets, outside.targets_6)
        ]
        return "".join(said)

    with ThreadPoolExecutor(4) as pool:
        for said in pool.map(attack, confined):
            assert said.count("all sent") == 2
            assert "connected" not in said
            assert "resolved (" not in said

    for program in (sending, packets.SHOUTING):
        yard.engine.containers.run(
            reference.id,
            ["python", "-c", program],
            environment={"TOKEN": "ordinary", "TARGETS": outside.targets},
            remove=True,
        )
    say_on_the_host(outside)
    for receiver in (*outside.host, outside.host_6):
        assert receiver.wait_for({"datagram", "connection"}, b"ordinary")
    for address in (*outside.addresses, "255.255.255.255"):
        assert outside.host[0].wait_for({"datagram"}, f"ordinary to {address}".encode())
    assert [content for content in outside.arrived() if b"from-" in content] == []
    heard = outside.neighbour.logs()
    assert b"ordinary" in heard
    assert b"from-" not in heard


def test_the_mediator_alone_reaches_the_host_and_nobody_behind_it(
    yard: Yard, outside: Outside, sending: str
) -> None:
    """It is ours and has to be reached from the host, so it reaches the host: SECURITY.md says so."""
    yard.run_inside(MEDIATOR, packets.SHOUTING, TOKEN="from-mediator", TARGETS=outside.targets)
    said = yard.run_inside(MEDIATOR, sending, TOKEN="from-mediator", TARGETS=outside.targets)
    assert outside.host[0].wait_for({"datagram", "connection"}, b"from-mediator")
    assert "resolved (" not in said
    assert b"from-" not in outside.neighbour.logs()
    said = yard.run_inside(MEDIATOR, sending, TOKEN="from-mediator", TARGETS=outside.targets_6)
    assert "connected" not in said
    assert outside.host_6.arrived == []


def test_no_instance_reaches_the_sandbox_beside(yard: Yard, sending: str) -> None:
    wanted = {"label": f"org.civic-sandbox.sandbox={yard.beside.spec.name}"}
    addresses = [
        network["IPAddress"]
        for each in yard.containers(wanted)
        for network in each.attrs["NetworkSettings"]["Networks"].values()
    ]
    targets = json.dumps([(address, port) for address in addresses for port in (8080, 5432)])
    for said in yard.run_everywhere(sending, TOKEN="hello", TARGETS=targets).values():
        assert "connected" not in said
        assert said.endswith("all sent\n")


def test_nothing_has_ipv6(seen: dict[str, Any]) -> None:
    assert {name: set(each["ipv6"]) - {"lo"} for name, each in seen.items()} == {name: set() for name in seen}


def test_every_process_is_unprivileged_and_can_not_become_otherwise(seen: dict[str, Any]) -> None:
    for each in seen.values():
        assert each["uids"] == ["10001"] * 4
        assert {int(word, 16) for word in each["capabilities"]} == {0}
        assert each["no_new_privileges"] == "1"
        assert each["seccomp"] == "2"
        assert each["sockets"] == []


def test_only_memory_is_writable_and_nothing_there_can_be_run(seen: dict[str, Any]) -> None:
    for name, each in seen.items():
        own = {"/srv/postgres"} if name == POSTGRES else set()
        # The Engine gives the others to every container; what lies there counts as its memory.
        assert set(each["writable"]) <= {"/tmp", "/dev/shm", "/dev/mqueue"} | own
        assert set(each["executable"]) <= own


def test_limits_are_in_effect(seen: dict[str, Any]) -> None:
    limits = Limits()
    for name, each in seen.items():
        quota, period = (int(word) for word in each["cpu"])
        assert 0 < int(each["memory"][0]) <= 1 << 30
        assert 0 < int(each["pids"][0]) <= 700
        assert 0 < quota <= 2 * period
        if name not in (CONTROLS, POSTGRES):
            assert int(each["memory"][0]) == limits.memory_mib << 20
            assert int(each["pids"][0]) == limits.pids


def test_nobody_holds_a_secret_of_another(yard: Yard, seen: dict[str, Any]) -> None:
    secrets = yard.watched.secrets
    databases = {name: secrets.database(name) for name in yard.watched.spec.blocks}
    for name, each in seen.items():
        environment = each["environment"]
        assert secrets.root not in environment
        assert (secrets.token in environment) == (name in (MEDIATOR, CONTROLS))
        others = [other for other in seen if other != name]
        held = {other for other in others if secrets.block(other) in environment}
        # The gate proves itself to everybody; the controls make databases anew at a reset.
        assert held == (set(yard.watched.instances) - {MEDIATOR} if name == MEDIATOR else set())
        opened = {other for other in others if other in databases and databases[other] in environment}
        assert opened == (set(databases) if name == CONTROLS else set())


def test_every_role_opens_its_own_database_and_no_other(yard: Yard) -> None:
    blocks = [name for name in yard.watched.instances if name != CONTROLS]
    own = {name: f"sbx_watched_{name.replace('-', '_')}" for name in blocks}
    there = yard.container(yard.beside, POSTGRES).attrs["NetworkSettings"]["Networks"].values()
    asked = json.dumps(
        [
            *((POSTGRES, database) for database in own.values()),
            *((POSTGRES, database) for database in ("sbx_watched_admin", "postgres", "template1")),
            *((network["IPAddress"], "sbx_beside_messaging") for network in there),
        ]
    )
    with ThreadPoolExecutor(4) as pool:
        said = pool.map(lambda name: yard.run_inside(name, TRYING_DATABASES, DATABASES=asked), blocks)
    opened = {name: json.loads(each) for name, each in zip(blocks, said, strict=True)}
    assert opened == {name: [[POSTGRES, database]] for name, database in own.items()}


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
    for address in packets.host_addresses():
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
def run_candidate(yard: Yard, reference: ImageRef) -> Callable[[str], tuple[int, str]]:
    """Run a program as a candidate's image would run, with a candidate's limits."""

    def run(program: str) -> tuple[int, str]:
        done = yard.tools.runtime.run_once(
            InstanceSpec(
                sandbox="watched", name="bomb", image=reference.id, arguments=("python", "-c", program)
            )
        )
        return done.exit_code, done.log_tail

    return run


def test_who_takes_too_much_memory_is_killed_and_nobody_else(
    yard: Yard, run_candidate: Callable[[str], tuple[int, str]]
) -> None:
    code, said = run_candidate("print('taking', flush=True)\nall = b'x' * (1 << 30)\nprint('taken')")
    assert (code, said) == (137, "taking\n")
    assert ready(yard.watched)


def test_who_forks_without_end_comes_to_one(
    yard: Yard, run_candidate: Callable[[str], tuple[int, str]]
) -> None:
    code, said = run_candidate(FORKING)
    assert code == 0
    assert 0 < int(said) < Limits().pids
    assert ready(yard.watched)


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
