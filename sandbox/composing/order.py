"""Which programs a Compose file has, and in which order: databases, blocks, then the clock.

The specifications are those that lifecycle executes. The order is stricter than there: blocks
wait until their databases are filled. A product in a block's place is refused: it has its own image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.composer import Condition, Program
from sandbox.errors import UsageError
from sandbox.lifecycle.instances import MEDIATOR, SEEDING, Layout, seeding_spec, serving_specs
from sandbox.runtime import InstanceSpec, Limits

OPENING = "opening"
READINESS = "/readyz"


def programs_of(layout: Layout, first: Mapping[str, Condition]) -> list[Program]:
    """Put the programs of a sandbox into order; `first` is what databases wait for."""
    if layout.candidates:
        raise UsageError("a product in a block's place can't be exported", hint="export without --swap")
    serving = serving_specs(layout)
    ready: dict[str, Condition] = dict.fromkeys(serving, "service_healthy")
    return [
        Program(spec=seeding_spec(layout), after=first),
        *(
            Program(spec=spec, after={SEEDING: "service_completed_successfully"}, readiness=READINESS)
            for _, spec in sorted(serving.items())
        ),
        Program(spec=_opening(layout, serving[MEDIATOR]), after=ready),
    ]


def _opening(layout: Layout, mediator: InstanceSpec) -> InstanceSpec:
    """Specify the program that lets the sandbox's own clock begin."""
    return replace(
        mediator,
        name=OPENING,
        module="sandbox.lifecycle.opening",
        arguments=(),
        environment={
            "MEDIATOR_URL": layout.site.addresses[MEDIATOR],
            "SANDBOX_TOKEN": layout.secrets.token,
            "CLOCK_START": layout.spec.clock_start.isoformat(),
        },
        limits=Limits(),
    )
