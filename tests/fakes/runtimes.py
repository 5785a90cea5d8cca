"""Runtimes that start nothing: one that behaves, and a family of those that don't.

Each of the family wraps another runtime and is itself in all but one respect.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from sandbox.errors import RuntimeFailure, StateConflict
from sandbox.runtime import (
    Completed,
    DatabaseSite,
    Instance,
    InstanceSpec,
    Phase,
    Progress,
    Remains,
    Runtime,
    RuntimeInfo,
    Site,
    SiteRequest,
    keep_silent,
)


@dataclass
class QuietRuntime:
    """Keeps everything in memory and does what the port promises. `calls` tells what was asked."""

    addresses: dict[str, str] = field(default_factory=dict)
    """Where instances answer; of a name that is missing, nowhere."""
    outcomes: dict[str, Completed] = field(default_factory=dict)
    """How programs that run once end, by name; without an entry, well."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    _remains: dict[str, Remains] = field(default_factory=dict)
    _instances: dict[str, dict[str, Instance]] = field(default_factory=dict)

    def info(self) -> RuntimeInfo:
        return RuntimeInfo(name="quiet", version="1", isolates_networks=False, enforces_limits=False)

    def list_sandboxes(self) -> Sequence[Remains]:
        return list(self._remains.values())

    def observe(self, sandbox: str) -> Sequence[Instance]:
        return list(self._instances.get(sandbox, {}).values())

    def prepare(self, request: SiteRequest, *, progress: Progress = keep_silent) -> Site:
        name = request.spec.name
        self.calls.append(("prepare", name))
        if name in self._remains:
            raise StateConflict(f"a sandbox named {name!r} exists already")
        addresses = {each: self.addresses.get(each, "http://127.0.0.1:9") for each in request.instances}
        prefix = "sbx_" + name.replace("-", "_")
        site = Site(
            addresses=addresses,
            ports={each: int(address.rpartition(":")[2]) for each, address in addresses.items()},
            public_url=addresses[request.public],
            database=DatabaseSite(
                host="127.0.0.1", port=9, user=f"{prefix}_admin", password="secret", prefix=prefix
            ),
            data=str(request.data),
            secret=request.secret,
        )
        self._remains[name] = Remains(name=name, spec=request.spec, site=site)
        return site

    def start(self, spec: InstanceSpec) -> Instance:
        self.calls.append(("start", spec.name))
        instance = Instance(sandbox=spec.sandbox, name=spec.name, phase=Phase.RUNNING, id=spec.name)
        return self._instances.setdefault(spec.sandbox, {}).setdefault(spec.name, instance)

    def run_once(self, spec: InstanceSpec) -> Completed:
        self.calls.append(("run_once", spec.name))
        return self.outcomes.get(spec.name, Completed(exit_code=0, log_tail=""))

    def stop(self, sandbox: str, name: str, *, grace_seconds: float) -> None:
        self.calls.append(("stop", name))
        self._instances.get(sandbox, {}).pop(name, None)

    def discard(self, sandbox: str) -> None:
        self.calls.append(("discard", sandbox))
        self._remains.pop(sandbox, None)
        self._instances.pop(sandbox, None)

    def logs(self, sandbox: str, name: str, *, tail: int, follow: bool = False) -> Iterator[str]:
        return iter(self.lines.get(name, [])[-tail:])

    def end(self, sandbox: str, name: str, exit_code: int) -> None:
        """Let an instance exit by itself."""
        there = self._instances[sandbox][name]
        self._instances[sandbox][name] = replace(there, phase=Phase.EXITED, exit_code=exit_code)


@dataclass
class SlowRuntime:
    """Starts nothing before `gate` is set; `arrived` says that somebody waits."""

    inner: Runtime
    gate: Event = field(default_factory=Event)
    arrived: Event = field(default_factory=Event)

    def start(self, spec: InstanceSpec) -> Instance:
        self.arrived.set()
        assert self.gate.wait(60), "nobody opened the gate"
        return self.inner.start(spec)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class NeverReadyRuntime:
    """Says that everything runs; nothing ever answers, on ports that are nobody else's."""

    inner: Runtime
    _held: list[socket.socket] = field(default_factory=list)

    def prepare(self, request: SiteRequest, *, progress: Progress = keep_silent) -> Site:
        site = self.inner.prepare(request)
        silent = {name: f"http://127.0.0.1:{self._hold()}" for name in request.instances}
        return replace(
            site,
            addresses=silent,
            ports={name: int(address.rpartition(":")[2]) for name, address in silent.items()},
            public_url=silent[request.public],
        )

    def close(self) -> None:
        """Let go of the ports."""
        while self._held:
            self._held.pop().close()

    def _hold(self) -> int:
        held = socket.socket()
        held.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        self._held.append(held)
        port: int = held.getsockname()[1]
        return port

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class FailingRuntime:
    """Fails at one method: always, or for the one instance that is named."""

    inner: Runtime
    at: str
    only: str | None = None
    message: str = "the disk is full"

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)
        if name != self.at:
            return method

        def fail(first: Any, *rest: Any, **named: Any) -> Any:
            if self.only is None or getattr(first, "name", first) == self.only:
                raise RuntimeFailure(self.message, log_tail="the last words")
            return method(first, *rest, **named)

        return fail


@dataclass
class VanishingRuntime:
    """Starts an instance, and it is gone when one looks."""

    inner: Runtime
    vanishes: str

    def observe(self, sandbox: str) -> Sequence[Instance]:
        return [seen for seen in self.inner.observe(sandbox) if seen.name != self.vanishes]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
