"""What a runtime can do so that its isolation is seen, not believed: the port behind `sandbox attack`.

Apart from the port that runs sandboxes: it also starts listeners and senders that are *not*
confined, which no command but the attack may do.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, cast

from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """Which Engine this is. `isolation` is a digest of the code that isolates on it."""

    id: str
    version: str
    kernel: str
    isolation: str


class Neighbour(Protocol):
    """Somebody beside a sandbox, with a network namespace of his own, who keeps what arrives."""

    @property
    def name(self) -> str:
        """What he stands for."""
        ...

    @property
    def address(self) -> str:
        """His address."""
        ...

    @property
    def ports(self) -> Sequence[int]:
        """On which he listens, to datagrams and connections."""
        ...

    def heard(self) -> bytes:
        """Everything that arrived so far."""
        ...

    def wait_for(self, words: bytes) -> bool:
        """Wait until `words` arrived, for a while; whether they did."""
        ...

    def send(self, program: str, environment: Mapping[str, str]) -> str:
        """Run a Python program beside him, unconfined; give what it printed."""
        ...


class Prover(Protocol):
    """What `docker` does for the attack."""

    def engine(self) -> EngineFacts:
        """Say which Engine this is."""
        ...

    def image(self) -> str:
        """Give the reference image, to stand in for a candidate's."""
        ...

    def run_inside(self, sandbox: str, name: str, program: str, environment: Mapping[str, str]) -> str:
        """Run a Python program in an instance, or in `postgres`, and give what it printed.

        Raises RuntimeFailure when it ends badly.
        """
        ...

    def addresses(self, sandbox: str) -> Mapping[str, Sequence[str]]:
        """Give the addresses of everything that runs in a sandbox, by name."""
        ...

    def gateways(self, sandbox: str) -> Sequence[str]:
        """Give the address on each of its networks where the host would be, if it were there."""
        ...

    def neighbours(self, sandbox: str, listening: str) -> AbstractContextManager[Sequence[Neighbour]]:
        """Start a neighbour and one at an address like a metadata service's, on networks made for it.

        Both run the Python program `listening`, told by `PORTS` and saying `ready` twice for each.

        They carry the sandbox's labels, so that taking it down removes them too.
        """
        ...


def load_prover(name: str, settings: Settings) -> Prover | None:
    """Load what proves the isolation of the runtime `name`; None where there is none to prove."""
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    opened = getattr(module, "open_prover", None)
    return None if opened is None else cast("Prover", opened(settings))
