"""The peer: testcontainers-python starts the same images one after another, each until it is ready.

It gets the same commands, environments and seeding program. What it need not do favours it:
no networks that lead nowhere, no limits, and the citizens are mounted instead of copied.
"""

from __future__ import annotations

import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from sandbox.lifecycle import instances
from sandbox.lifecycle.readiness import Waiting, wait_until_ready
from sandbox.lifecycle.secrets import Secrets
from sandbox.lifecycle.service import Running, Tools, Wish, clock_offset
from sandbox.runtime import InstanceSpec
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.layout import derive, site_of

NAME = "testcontainers-python, one after another"
POLL_SECONDS = 0.1


def mountable(wish: Wish, folder: Path) -> Path:
    """Lay out the citizens and the wiring as a folder that a container's user may read."""
    shutil.copytree(wish.population, folder)
    (folder / "wiring.json").write_text(wish.wiring.model_dump_json())
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def bring_up_one_after_another(tools: Tools, wish: Wish, image: str, data: Path, stack: ExitStack) -> None:
    """Start everything that `bring_up` starts and end where it ends; `stack` removes it again."""
    # Its helper for orphans would be one more image and one more container to wait for.
    testcontainers_config.ryuk_disabled = True
    secrets = Secrets.fresh()
    names = (*sorted(wish.blocks), instances.CONTROLS)
    public = instances.MEDIATOR
    site = site_of(
        parts.Layout(public=public, instances=names, port=_free_port(), image=image),
        wish.spec.name,
        secrets.root,
    )
    layout = instances.Layout(spec=wish.spec, site=site, secrets=secrets, blocks=wish.blocks)
    network = stack.enter_context(Network())

    def container(spec: InstanceSpec) -> DockerContainer:
        made = DockerContainer(image, network=network, network_aliases=[spec.name])
        made.with_command(["python", "-m", str(spec.module), *spec.arguments]).with_envs(**spec.environment)
        return made.with_volume_mapping(str(data), parts.DATA, "ro") if spec.reads_data else made

    _start_database(stack, network, image, layout)
    loader = stack.enter_context(container(instances.seeding_spec(layout)))
    if loader.wait() != 0:
        raise RuntimeError(f"the peer's databases could not be loaded: {loader.get_logs()}")
    for name, spec in sorted(instances.serving_specs(layout).items()):
        port = int(site.public_url.rpartition(":")[2]) if name == public else None
        ready = HttpWaitStrategy(parts.PORT, "/readyz").for_status_code(200).with_poll_interval(POLL_SECONDS)
        stack.enter_context(container(spec).with_bind_ports(parts.PORT, port).waiting_for(ready))
    running = Running(spec=wish.spec, site=site, secrets=secrets)
    with running.gate() as gate:
        wait_until_ready(tools.runtime, wish.spec.name, names, gate, _unobserved(tools), lambda *_: None)
        gate.set_clock(clock_offset(wish.spec.clock_start, tools.now()), epoch=1)


def _start_database(stack: ExitStack, network: Network, image: str, layout: instances.Layout) -> None:
    superuser = derive(layout.secrets.root, "database-superuser")
    database = layout.site.database
    serve = (
        f"umask 077; echo {superuser} > {parts.DATABASE_FILES}/superuser; exec python -m blockkit.postgres"
        f" serve --listen '*' --port {database.port} --data {parts.DATABASE_FILES}/data"
        f" --password-file {parts.DATABASE_FILES}/superuser --prepared {parts.PREPARED_DATABASE_FILES}"
    )
    ready = LogMessageWaitStrategy("ready to accept connections").with_poll_interval(POLL_SECONDS)
    server = DockerContainer(image, network=network, network_aliases=[parts.DATABASE])
    server = stack.enter_context(server.with_command(["sh", "-c", serve]).waiting_for(ready))
    ended = server.get_wrapped_container().exec_run(
        ["python", "-m", "sandbox.runtimes.administrator"],
        environment={
            "DATABASE_PORT": str(database.port),
            "SUPERUSER_PASSWORD": superuser,
            "ADMINISTRATOR": database.user,
            "ADMINISTRATOR_PASSWORD": database.password,
        },
    )
    if ended.exit_code != 0:
        raise RuntimeError(f"the peer's database could not be prepared: {ended.output!r}")


def _unobserved(tools: Tools) -> Waiting:
    """Wait for the answers alone: the runtime knows nothing of the peer's containers."""
    return Waiting(now=lambda: 0.0, sleep=tools.waiting.sleep)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
