"""What an instance may not do, as the Engine reports it and as seen from inside."""

from __future__ import annotations

import pytest

from sandbox.runtime import Limits
from sandbox.runtimes.docker.driver import DockerRuntime
from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings

pytestmark = pytest.mark.docker

MIB = 1 << 20


@pytest.fixture(scope="module")
def installation(content, tmp_path_factory):
    """The installation of all these tests: they only look."""
    return Settings(home=tmp_path_factory.mktemp("home"), content=content)


@pytest.fixture(scope="module")
def runtime(engine, reference, installation):
    opened = DockerRuntime(engine, installation)
    yield opened
    for remains in opened.list_sandboxes():
        opened.discard(remains.name)


@pytest.fixture(scope="module")
def containers(engine, runtime, installation, request_for, program):
    """Every container of a sandbox with its public instance and one block started, by role or name."""
    runtime.prepare(request_for("hard"))
    for name in ("information-mediator", "payments"):
        runtime.start(program("hard", name))
    listed = engine.containers.list(all=True, filters=Place(owner_of(installation.home), "hard").filter())
    return {container.name.partition(".")[2]: container for container in listed}


def test_every_container_is_confined_to_the_same_degree(containers):
    assert set(containers) == {"keeper", "postgres", "information-mediator", "payments"}
    for container in containers.values():
        host = container.attrs["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert not host["Privileged"]
        assert not host["Binds"]
        assert not host["Devices"]
        assert host["PidsLimit"] > 0
        assert 0 < host["Memory"] == host["MemorySwap"]
        assert host["NanoCpus"] > 0
        assert "size=64m" in host["Tmpfs"]["/tmp"]
        assert "noexec" in host["Tmpfs"]["/tmp"]
        assert host["LogConfig"]["Config"]["max-size"]
        assert host["Init"]
        assert host["RestartPolicy"]["Name"] in ("", "no")
        assert host["Dns"] == ["127.0.0.1"]
        assert container.attrs["Config"]["User"] == "10001:10001"
        assert {mount["Type"] for mount in container.attrs["Mounts"]} <= {"volume"}


def test_limits_are_those_of_the_specification(containers):
    host = containers["payments"].attrs["HostConfig"]
    limits = Limits()
    assert host["Memory"] == limits.memory_mib * MIB
    assert host["PidsLimit"] == limits.pids
    assert host["NanoCpus"] == limits.cpus * 10**9


def test_only_the_public_instance_is_published_and_only_on_the_loopback(containers, runtime):
    published = {
        name: container.attrs["HostConfig"]["PortBindings"]
        for name, container in containers.items()
        if container.attrs["HostConfig"]["PortBindings"]
    }
    port = runtime.list_sandboxes()[0].site.public_url.rpartition(":")[2]
    assert published == {"information-mediator": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}}


def test_only_the_public_instance_is_on_the_edge(containers):
    on_edge = [
        name
        for name, container in containers.items()
        if any(network.endswith(".edge") for network in container.attrs["NetworkSettings"]["Networks"])
    ]
    assert on_edge == ["information-mediator"]


def test_the_population_can_be_read_and_not_changed(containers):
    block = containers["payments"]
    assert block.exec_run(["cat", "/srv/data/answering.py"]).exit_code == 0
    assert block.exec_run(["touch", "/srv/data/new"]).exit_code != 0
    assert block.exec_run(["touch", "/opt/civic-sandbox/application/new"]).exit_code != 0
    assert block.exec_run(["touch", "/tmp/new"]).exit_code == 0


def test_no_process_sees_the_root_secret(containers, runtime):
    secret = runtime.list_sandboxes()[0].site.secret
    assert containers["keeper"].status == "created"
    for name in ("postgres", "information-mediator", "payments"):
        assert secret not in str(containers[name].attrs)
    assert all(secret not in str(container.labels) for container in containers.values())


def test_the_superuser_of_the_database_is_refused_from_the_network(containers):
    asking = (
        "import psycopg\n"
        "try: psycopg.connect('postgresql://postgres:guess@postgres/postgres')\n"
        "except psycopg.OperationalError as error: print(error)"
    )
    _, said = containers["payments"].exec_run(["python", "-c", asking])
    assert b"pg_hba.conf rejects connection" in said
