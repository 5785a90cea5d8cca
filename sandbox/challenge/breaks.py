"""What is broken from outside the mediator: an instance, the mediator itself, the database.

Killed at once, started again beside the play, so that whoever calls meets the gap and must ask again.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox.breaker import Breaker
from sandbox.lifecycle.instances import MEDIATOR, Layout, serving_specs
from sandbox.lifecycle.service import Running, Wish
from sandbox.model.challenge import ChallengeFault, Point
from sandbox.runtime import InstanceSpec


def specs_of(running: Running, wish: Wish) -> Mapping[str, InstanceSpec]:
    """Give what every instance of a running sandbox was started from."""
    return serving_specs(
        Layout(spec=running.spec, site=running.site, secrets=running.secrets, blocks=wish.blocks)
    )


@dataclass(slots=True)
class Breaks:
    """Breaks one sandbox. `mended` waits for what is being started again."""

    breaker: Breaker
    sandbox: str
    specs: Mapping[str, InstanceSpec]
    _worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _mending: list[Future[None]] = field(default_factory=list)

    def why_not(self, fault: ChallengeFault) -> str:
        """Say why a fault can't be played on this runtime; empty when it can."""
        return self.breaker.why_not_the_database(self.sandbox) if fault.on == "database" else ""

    def get_ready(self, fault: ChallengeFault, point: Point) -> bool:
        """Make what will be killed a process of its own; whether it was started anew."""
        name = _victim(fault, point)
        return bool(name) and self.breaker.set_apart(self.specs[name])

    def strike(self, fault: ChallengeFault, point: Point) -> None:
        """Break it now; it comes back by itself."""
        name = _victim(fault, point)
        if not name:
            self._mending.append(self._worker.submit(self.breaker.restart_database, self.sandbox))
            return
        self.breaker.kill(self.sandbox, name)
        self._mending.append(self._worker.submit(self.breaker.start, self.specs[name]))

    def mended(self) -> None:
        """Wait until everything was started again. Raises what went wrong with that."""
        while self._mending:
            self._mending.pop().result()

    def close(self) -> None:
        """Let go of the thread, when it is done."""
        self._worker.shutdown(wait=True)


def _victim(fault: ChallengeFault, point: Point) -> str:
    """Name the instance that is killed; none when it is the database."""
    return {"instance": point.block, "mediator": MEDIATOR}.get(fault.on, "")
