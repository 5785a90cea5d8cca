"""`sandbox faults`: the faults that a scenario can inject and a challenge plays, in words."""

from __future__ import annotations

from sandbox.cli.options import Json
from sandbox.cli.output import print_json, print_table
from sandbox.model.faults import FAULTS


def faults(as_json: Json = False) -> None:
    """List the faults that have a name: what happens, and what whoever sent it sees.

    Example: sandbox faults
    """
    if as_json:
        print_json([each.model_dump() for each in FAULTS.values()])
        return
    print_table(
        ("fault", "meets a", "what happens", "what is seen"),
        [(each.name, each.on, each.means, each.seen) for each in FAULTS.values()],
        empty="there is none",
    )
