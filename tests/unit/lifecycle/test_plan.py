"""What must happen follows from wishes and world alone."""

from __future__ import annotations

import pytest

from sandbox.lifecycle.plan import Observed, Plan, plan_changes
from sandbox.runtime import Instance, Phase

WANTED = ("controls", "information-mediator", "payments")


def seen(**phases: Phase) -> Observed:
    return Observed(
        prepared=True,
        instances=[
            Instance(sandbox="s", name=name.replace("_", "-"), phase=phase, id=name)
            for name, phase in phases.items()
        ],
    )


ALL_RUN = seen(controls=Phase.RUNNING, information_mediator=Phase.RUNNING, payments=Phase.RUNNING)


@pytest.mark.parametrize(
    ("wanted", "observed", "plan"),
    [
        pytest.param(
            WANTED,
            Observed(prepared=False),
            Plan(prepare=True, seed=True, start=WANTED),
            id="nothing there: prepared, seeded and started whole",
        ),
        pytest.param(WANTED, ALL_RUN, Plan(), id="all there: nothing to do"),
        pytest.param(
            WANTED,
            seen(controls=Phase.RUNNING, information_mediator=Phase.RUNNING),
            Plan(start=("payments",)),
            id="one missing: it alone is started",
        ),
        pytest.param(
            WANTED,
            seen(controls=Phase.RUNNING, information_mediator=Phase.RUNNING, payments=Phase.EXITED),
            Plan(stop=("payments",), start=("payments",)),
            id="one exited: removed and started again",
        ),
        pytest.param(
            WANTED[:2], ALL_RUN, Plan(stop=("payments",)), id="one too many: stopped, nothing seeded again"
        ),
        pytest.param(None, ALL_RUN, Plan(discard=True), id="not wanted: discarded"),
        pytest.param(None, Observed(prepared=False), Plan(), id="not wanted and not there: nothing to do"),
    ],
)
def test_the_plan_is(wanted: tuple[str, ...] | None, observed: Observed, plan: Plan) -> None:
    assert plan_changes(wanted, observed) == plan
    assert plan.empty == (plan == Plan())
