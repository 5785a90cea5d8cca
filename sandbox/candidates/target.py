"""The sandbox under attack, and how programs are run in it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sandbox.lifecycle.service import Running
from sandbox.prover import Prover
from sandbox.runtime import Completed, InstanceSpec, Runtime

POSTGRES = "postgres"
CANDIDATE = "candidate"
AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The sandbox under attack, and whatever is beside it."""

    runtime: Runtime
    prover: Prover
    running: Running
    beside: str | None = None
    """Name of another sandbox of this installation, laid out and no more."""

    @property
    def name(self) -> str:
        """The sandbox's name."""
        return self.running.spec.name

    @property
    def insiders(self) -> tuple[str, ...]:
        """Everything of ours that runs inside."""
        foreign = self.running.spec.foreign
        return (*(name for name in self.running.instances if name not in foreign), POSTGRES)

    def run_inside(self, name: str, program: str, **environment: str) -> str:
        """Run a program in one of the insiders."""
        return self.prover.run_inside(self.name, name, program, environment)

    def run_in_all(self, names: Sequence[str], program: str, **environment: str) -> dict[str, str]:
        """Run a program in several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            said = pool.map(lambda name: self.run_inside(name, program, **environment), names)
            return dict(zip(names, said, strict=True))

    def run_as_candidate(self, program: str, **environment: str) -> Completed:
        """Run a program as a candidate's image is run: on a network of its own, with its limits."""
        return self.runtime.run_once(
            InstanceSpec(
                sandbox=self.name,
                name=CANDIDATE,
                image=self.prover.image(),
                arguments=("python", "-c", program),
                environment=environment,
            )
        )
