"""What the orchestrator asks of a runtime, and how a runtime is found by name.

A runtime turns instance specifications into running building blocks and tells what is
running. It keeps no records of its own: everything it must remember it writes as labels
(Docker) or into the sandbox's own folder (local), so that any later command can list,
adopt and discard. Values in, values out; every method may be repeated; "already gone"
is never an error.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, cast

from sandbox.errors import UsageError
from sandbox.model.sandbox import SandboxSpec
from sandbox.settings import Settings

Progress = Callable[[str], None]
"""Hears one line per stage of something long."""
PREFIX = "sbx_"
"""Every role and database of every sandbox begins with it."""


def prefix_of(sandbox: str) -> str:
    """What every role and database of one sandbox begins with; SQL identifier characters only."""
    return PREFIX + sandbox.replace("-", "_")


def keep_silent(stage: str) -> None:
    """Tell nobody."""
    del stage


class Phase(StrEnum):
    """Where one instance is in its life."""

    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    """What this runtime can do on this machine, for `sandbox doctor`."""

    name: str
    version: str
    isolates_networks: bool
    enforces_limits: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one instance may take."""

    memory_mib: int = 256
    cpus: float = 1.0
    pids: int = 128
    tmp_mib: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """What to lay out before anything starts: networks, addresses, database server, data."""

    spec: SandboxSpec
    instances: tuple[str, ...]
    public: str
    """The one instance with a published port: the information mediator."""
    data: Path
    """Host folder with the population; linked or copied, so that the sandbox outlives the cache."""
    secret: str
    """The sandbox's root secret; the runtime keeps it so that a later command can adopt."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Small files laid beside the data under their names: `wiring.json`."""
    wanted: tuple[Loaded, ...] = ()
    """Databases that it will want filled: a runtime may lay out a server that has them in it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSite:
    """Where the sandbox's PostgreSQL is reached from its instances, and who administers it there.

    The administrator may create roles and databases of this sandbox and nothing else;
    it is not a superuser.
    """

    host: str
    port: int
    user: str
    password: str
    prefix: str
    """Every role and database of the sandbox begins with it; SQL identifier characters only."""

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Give the connection URL of one database, as the administrator or as the named role."""
        return (
            f"postgresql://{user or self.user}:{password or self.password}@{self.host}:{self.port}/{database}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What `prepare` laid out. Addresses are as instances see them; `public_url` as the host does."""

    addresses: Mapping[str, str]
    ports: Mapping[str, int]
    public_url: str
    database: DatabaseSite
    data: str
    secret: str
    ways: str = ""
    """Folder in which the public instance finds ways out, one socket each; where it needs none, nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """One program to run inside one sandbox.

    A reference block is a `module`: served through `<module>.app:create_app(environment)`
    or run as `python -m <module> <arguments>`, the same program either way. A candidate is
    an `image` named by digest.
    """

    sandbox: str
    name: str
    module: str | None = None
    image: str | None = None
    arguments: tuple[str, ...] = ("serve",)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    reads_data: bool = False
    beside: str = ""
    """The candidate on whose network this is, for what a candidate brought along."""
    alias: str = ""
    """By what name it is reached there, where that is not its own."""
    writable: tuple[str, ...] = ()
    """Further folders in memory to which it may write."""
    leads_to: tuple[str, int] | None = None
    """Host and port outside: then it is no program, but a way there for who may use ways (`leads_out`)."""
    leads_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One program as the runtime observes it."""

    sandbox: str
    name: str
    phase: Phase
    id: str
    image: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program that runs once ended."""

    exit_code: int
    log_tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """A sandbox that has anything left on this runtime.

    `spec` is None when what is left can't say what it was (its creation was cut short);
    it is still listed, and `discard` still removes it.
    """

    name: str
    spec: SandboxSpec | None
    site: Site | None


class Runtime(Protocol):
    """The port every runtime driver implements; see tests/contract/test_runtime.py."""

    def info(self) -> RuntimeInfo:
        """Say what this runtime supports here, or raise RuntimeUnavailable."""
        ...

    def list_sandboxes(self) -> Sequence[Remains]:
        """Name every sandbox of this installation that has anything left on this runtime."""
        ...

    def observe(self, sandbox: str) -> Sequence[Instance]:
        """List the instances of a sandbox, running and exited; empty when there are none."""
        ...

    def prepare(self, request: SiteRequest, *, progress: Progress = keep_silent) -> Site:
        """Lay out networks, addresses, data and database server; `progress` hears what takes long.

        Raises StateConflict when the name is taken.
        """
        ...

    def start(self, spec: InstanceSpec) -> Instance:
        """Start one instance and return without waiting for readiness."""
        ...

    def run_once(self, spec: InstanceSpec) -> Completed:
        """Run a program inside the sandbox's network to its end."""
        ...

    def stop(self, sandbox: str, name: str, *, grace_seconds: float) -> None:
        """Stop and remove one instance."""
        ...

    def discard(self, sandbox: str) -> None:
        """Remove everything of the sandbox: instances, networks, data, databases, roles, folders."""
        ...

    def logs(self, sandbox: str, name: str, *, tail: int, follow: bool = False) -> Iterator[str]:
        """Yield log lines of one instance, oldest first; with `follow`, until it ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One loaded database of a sandbox, and the key under which its like is kept.

    Equal keys mean equal contents: the key covers the data, the loading code and the server's version.
    """

    key: str
    database: str
    """As the sandbox calls what nobody connects to: the template."""
    role: str
    """The one role that is granted anything in it."""
    block: str
    loader: str
    """Module that fills it."""
    population: str
    """Digest of the population, by which sandboxes that use the same one are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDatabase:
    """A loaded database that outlives the sandboxes cloned from it."""

    key: str
    block: str
    population: str
    stored_bytes: int
    used: datetime


class Keeper(Protocol):
    """What a runtime that keeps loaded databases can do with them."""

    @property
    def restores_late(self) -> bool:
        """Whether what others keep meanwhile can still come into a sandbox that is laid out already."""
        ...

    def restore(self, sandbox: str, wanted: Sequence[Loaded]) -> Sequence[Loaded]:
        """Give what of `wanted` is in the sandbox from what is kept, cloned now or before; no passwords."""
        ...

    def keep(self, sandbox: str, loaded: Sequence[Loaded], data: Path) -> None:
        """See to it that each of these databases is kept, now or soon, with nothing of the sandbox in it.

        `data` is the population's folder, for who must load again to be sure of that.
        """
        ...

    def kept(self) -> Sequence[KeptDatabase]:
        """List what is kept; starts nothing."""
        ...

    def forget(self, keys: Sequence[str]) -> None:
        """Remove what is kept under these keys, unless it is being cloned right now."""
        ...


class ImageRef(Protocol):
    """An image as a runtime names it: the tag holds the content hash of its inputs."""

    @property
    def tag(self) -> str:
        """Name and content hash."""
        ...

    @property
    def id(self) -> str:
        """The Engine's own id."""
        ...


class Images(Protocol):
    """What a runtime that runs images can do with the reference image."""

    def build(self, settings: Settings, *, base: str | None, bootstrap: bool, progress: Progress) -> ImageRef:
        """Build the reference image unless exactly it is here. Raises ImageUnavailable."""
        ...

    def save(self, settings: Settings, path: Path) -> ImageRef:
        """Write it to one archive. Raises ImageUnavailable when it is not built."""
        ...

    def load(self, path: Path) -> ImageRef:
        """Bring an archive onto the Engine. Raises ContentError."""
        ...


def load_images() -> Images:
    """Find who builds images: the docker runtime's module of that name."""
    found: Images = cast("Images", importlib.import_module("sandbox.runtimes.docker.images"))
    return found


def runtime_names() -> Sequence[str]:
    """Name every driver there is: one folder each below `sandbox/runtimes`."""
    folder = Path(__file__).parent / "runtimes"
    return sorted(entry.name for entry in folder.iterdir() if (entry / "__init__.py").is_file())


def load_runtime(name: str, settings: Settings) -> Runtime:
    """Load the driver in `sandbox/runtimes/<name>/`; each has `open_runtime(settings)`.

    Raises UsageError when there is none of that name, RuntimeUnavailable when it can't be used here.
    """
    known = runtime_names()
    if not re.fullmatch(r"[a-z]+", name) or name not in known:
        raise UsageError(f"no runtime is called {name!r}", hint=f"choose one of: {', '.join(known)}")
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    runtime: Runtime = module.open_runtime(settings)
    return runtime


def load_keeper(name: str, settings: Settings) -> Keeper | None:
    """Load what keeps loaded databases on the runtime `name`; None where nothing does."""
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    opened = getattr(module, "open_keeper", None)
    return None if opened is None else cast("Keeper", opened(settings))


def load_keepers(settings: Settings) -> Sequence[Keeper]:
    """Load what keeps loaded databases on each runtime; none of them is asked anything yet."""
    loaded = [load_keeper(name, settings) for name in runtime_names()]
    return [keeper for keeper in loaded if keeper is not None]
