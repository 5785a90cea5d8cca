"""What a runtime can break of a sandbox while it runs: the port behind `sandbox challenge`.

Apart from the port that runs sandboxes: nothing but a challenge kills what was not asked to end.
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from sandbox.runtime import InstanceSpec
from sandbox.settings import Settings


class Breaker(Protocol):
    """What a driver does for a challenge."""

    def set_apart(self, spec: InstanceSpec) -> bool:
        """See to it that the instance can be killed alone; whether it was started anew for that."""
        ...

    def kill(self, sandbox: str, name: str) -> None:
        """Kill one instance, without a moment to end in order."""
        ...

    def start(self, spec: InstanceSpec) -> None:
        """Start a killed instance again, so that it can be killed again."""
        ...

    def why_not_the_database(self, sandbox: str) -> str:
        """Say why the sandbox's PostgreSQL can't be killed here; empty when it can."""
        ...

    def restart_database(self, sandbox: str) -> None:
        """Kill the sandbox's PostgreSQL and start it again on the same data."""
        ...


def load_breaker(name: str, settings: Settings) -> Breaker:
    """Load what breaks sandboxes of the runtime `name`."""
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    return cast("Breaker", module.open_breaker(settings))
