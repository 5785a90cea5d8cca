"""What the controls' routes work with, wired from the instance's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sandbox.calls.gate import Gate
from sandbox.controls.citizens import Citizens
from sandbox.controls.login import LogIn
from sandbox.controls.notes import Notes
from sandbox.controls.shelf import Shelf
from sandbox.controls.states import States
from sandbox.controls.timepiece import Timepiece
from sandbox.controls.turns import Turns
from sandbox.seeding.plan import ENVIRONMENT_NAME, SeedingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes work with."""

    citizens: Citizens
    turns: Turns
    timepiece: Timepiece
    states: States
    notes: Notes
    log_in: LogIn
    mediator_url: str
    token: str

    def gate(self) -> Gate:
        """Open the sandbox's own door at the mediator."""
        return Gate(self.mediator_url, self.token)


def make_desk(environment: Mapping[str, str]) -> Desk:
    """Wire the parts from the instance's environment."""
    mediator_url, token = environment["MEDIATOR_URL"], environment["SANDBOX_TOKEN"]
    plan = SeedingPlan.model_validate_json(environment[ENVIRONMENT_NAME])
    notes = Notes(plan.admin_url)
    timepiece = Timepiece(date.fromisoformat(environment["CLOCK_START"]))

    def open_gate() -> Gate:
        return Gate(mediator_url, token)

    return Desk(
        citizens=Citizens(Path(environment["DATA_DIR"])),
        turns=Turns(),
        timepiece=timepiece,
        states=States(Shelf(plan), notes, timepiece, open_gate),
        notes=notes,
        log_in=LogIn(
            mediator_url=mediator_url,
            issuer_url=environment["ISSUER_URL"],
            secret=environment["SANDBOX_SECRET"],
            timepiece=timepiece,
        ),
        mediator_url=mediator_url,
        token=token,
    )
