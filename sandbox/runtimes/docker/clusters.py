"""Clusters made to be copied: a new sandbox's PostgreSQL begins as one, with its databases loaded.

One is a container that has ended and its volume, for one image and one set of databases. The container
made it by itself, without a network and with what processor time nobody else wanted, from the population
alone (sandbox/seeding/cluster.py): it never saw a sandbox. That it ended with 0 says that the volume is
whole and on the disk; whatever killed it, the command that began it or the machine, there is no such end.
A sandbox's PostgreSQL has the volume read-only, as it has the image. Nothing here is ever repaired.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound

from sandbox.errors import RuntimeFailure
from sandbox.runtime import Limits, Loaded, Progress
from sandbox.runtimes.docker import labels
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.volumes import copy_folder, volume_mount

PROGRAM = "sandbox.seeding.cluster"
_LIMITS = Limits(memory_mib=1024, cpus=2.0, pids=200, tmp_mib=64)
_IDLE, _WANTED = 2, 1024
"""Shares of the processors: the least there is, and what every container has."""
_GONE, _IN_USE = 404, 409


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clusters of one installation on one Engine. `home` holds the lock and when each was used."""

    client: docker.DockerClient
    home: Path

    @property
    def owner(self) -> str:
        """This installation."""
        return labels.owner_of(self.home)

    @property
    def folder(self) -> Path:
        """One empty file for each cluster that was used, as old as that use."""
        return self.home / "cache" / "clusters"

    def listed(self) -> Sequence[dict[str, Any]]:
        """List the containers that made a cluster, or are making one."""
        chosen = {"label": f"{labels.KEPT_FOR}={self.owner}"}
        found: Sequence[dict[str, Any]] = self.client.api.containers(all=True, filters=chosen)
        return found


def cluster_name(owner: str, image: str, keys: Sequence[str]) -> str:
    """Name the container and the volume of the cluster that holds these databases, loaded by this image."""
    digest = sha256("\n".join([image, *sorted(keys)]).encode()).hexdigest()
    return f"civic-{owner[:6]}.kept-{digest[:16]}"


def await_cluster(shelf: Shelf, name: str, progress: Progress) -> None:
    """Wait for a cluster that is being made, and let it have the processors: loading again takes longer."""
    with suppress(NotFound, APIError):
        if shelf.client.api.inspect_container(name)["State"]["Running"]:
            progress("waiting for the databases that are being kept")
            shelf.client.api.update_container(name, cpu_shares=_WANTED)
            shelf.client.api.wait(name, timeout=None)


@contextmanager
def pinned(shelf: Shelf, name: str) -> Iterator[bool]:
    """Say whether a cluster is whole, and let nobody remove it meanwhile."""
    with locked(shelf, exclusive=False):
        whole = _is_whole(shelf.client, name)
        if whole:
            (shelf.folder / name).touch()
        yield whole


def begin(shelf: Shelf, name: str, image: str, loaded: Sequence[Loaded], population: Path) -> None:
    """Have the Engine make a cluster by itself, unless it is there or being made."""
    with locked(shelf):
        sweep(shelf)
        with suppress(NotFound):
            shelf.client.api.inspect_container(name)
            return
        wishes = [{"key": each.key, "block": each.block, "loader": each.loader} for each in loaded]
        plan = {
            "databases": wishes,
            "folder": parts.DATABASE_FILES,
            "prepared": parts.PREPARED_DATABASE_FILES,
        }
        marks = {
            labels.KEPT_FOR: shelf.owner,
            labels.HOME: str(shelf.home.resolve()),
            labels.MACHINE: labels.this_machine(),
            labels.POPULATION: loaded[0].population,
            labels.DATABASES: ",".join(sorted(each.block for each in loaded)),
        }
        container = shelf.client.containers.create(
            image,
            ["python", "-m", PROGRAM],
            name=name,
            labels=marks,
            environment={"CLUSTER_PLAN": json.dumps(plan)},
            network_mode="none",
            cpu_shares=_IDLE,
            mounts=[volume_mount(name, parts.DATABASE_FILES, marks, read_only=False)],
            **confinement(_LIMITS),
        )
        copy_folder(container, population, {}, parts.DATABASE_FILES, below="population")
        container.start()


def remove(shelf: Shelf, name: str) -> bool:
    """Remove a cluster; False when a sandbox's PostgreSQL began as it. The lock is the caller's."""
    for user in shelf.client.api.containers(all=True, filters={"volume": name}):
        if f"/{name}" not in user["Names"]:
            return False
    try:
        _forgive(shelf.client.api.remove_container, name, force=True, v=True)
        _forgive(shelf.client.api.remove_volume, name)
    except APIError as error:
        if error.status_code != _IN_USE:
            raise
        return False
    (shelf.folder / name).unlink(missing_ok=True)
    return True


def sweep(shelf: Shelf) -> None:
    """Remove what is no cluster and will be none: its maker was killed. The lock is the caller's.

    And what was kept for a home of this machine that is gone, as homes of tests are.
    """
    there = {each["Names"][0].removeprefix("/"): each["State"] for each in shelf.listed()}
    chosen = {"label": f"{labels.KEPT_FOR}={shelf.owner}"}
    for volume in shelf.client.api.volumes(filters=chosen)["Volumes"] or []:
        there.setdefault(volume["Name"], "lost")
    for name, state in there.items():
        if state != "running" and not _is_whole(shelf.client, name):
            remove(shelf, name)
    here = {"label": [labels.KEPT_FOR, f"{labels.MACHINE}={labels.this_machine()}"]}
    for each in shelf.client.api.containers(all=True, filters=here):
        if not Path(each["Labels"][labels.HOME]).exists():
            remove(shelf, each["Names"][0].removeprefix("/"))


def stored_bytes(shelf: Shelf, name: str) -> int:
    """Recall what the cluster said of itself when it was whole."""
    said = shelf.client.api.logs(name, tail=1).decode(errors="replace").strip()
    return int(said) if said.isdecimal() else 0


def used(shelf: Shelf, name: str, made: int) -> datetime:
    """Say when a sandbox last began as it; `made`, in the Engine's seconds, where that is not known."""
    try:
        seconds: float = (shelf.folder / name).stat().st_mtime
    except OSError:
        seconds = made
    return datetime.fromtimestamp(seconds, UTC)


@contextmanager
def locked(shelf: Shelf, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the shelf; the system lets go of it when its holder is killed."""
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(shelf.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RuntimeFailure(
            f"can't write to {shelf.folder}: {error.strerror}",
            hint="make room, or set SANDBOX_HOME to a folder that you may write to",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _is_whole(client: docker.DockerClient, name: str) -> bool:
    try:
        state = client.api.inspect_container(name)["State"]
        client.api.inspect_volume(name)
    except NotFound:
        return False
    # One that never ran has the exit code 0 too.
    return bool(state["Status"] == "exited" and state["ExitCode"] == 0)


def _forgive(remove_one: Any, name: str, **how: bool) -> None:
    try:
        remove_one(name, **how)
    except APIError as error:
        if error.status_code != _GONE:
            raise
