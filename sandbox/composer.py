"""The port by which a driver says how a sandbox of its kind is written down as a Compose file.

Only `docker` has one. It knows the image, the confinement and the networks; which programs there
are, and in which order, it is told. It writes nothing and starts nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, cast

from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import InstanceSpec, Progress, Site
from sandbox.settings import Settings

Condition = Literal["service_started", "service_healthy", "service_completed_successfully"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One service: what runs, and what must have happened to others before it starts."""

    spec: InstanceSpec
    after: Mapping[str, Condition] = field(default_factory=dict)
    readiness: str = ""
    """The path that answers when it is ready; empty for a program that runs once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A Compose file as a value, and by service the variables that only its own container may know."""

    document: Mapping[str, Any]
    secrets: Mapping[str, Mapping[str, str]]


class Composer(Protocol):
    """What `docker` knows of Compose."""

    def image(self, progress: Progress) -> str:
        """Name the reference image by its tag; built when it is not here. Raises ImageUnavailable."""
        ...

    def site(self, spec: SandboxSpec, instances: Sequence[str], *, port: int, secret: str) -> Site:
        """Say where everything will be, with the mediator published on `port` of the loopback."""
        ...

    def first(self) -> Mapping[str, Condition]:
        """Say what must have happened before databases can be made."""
        ...

    def compose(
        self, site: Site, programs: Sequence[Program], *, image: str, public: str, hidden: frozenset[str]
    ) -> Composed:
        """Write down the programs, and the database server that they need.

        Args:
            site: Where everything is.
            programs: Those of the sandbox; the database server is added.
            image: The reference image's tag.
            public: The one program with a published port.
            hidden: Secrets; a variable that holds one is kept out of the document.
        """
        ...


def load_composer(name: str, settings: Settings) -> Composer | None:
    """Load what writes Compose files for the runtime `name`; None where nothing does."""
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    opened = getattr(module, "open_composer", None)
    return None if opened is None else cast("Composer", opened(settings))
