"""Which workflows of a scenario are played for many citizens, and where each of their inputs comes from.

`prepare` (if there is one) and `journey` stand in `journey.arazzo.yaml`, `closing` in
`closing.arazzo.yaml`. Inputs are bound by name and nothing else; what nobody gives is said
before anything starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import ContentError, UsageError
from sandbox.model.scenario import CLOSING, JOURNEY
from sandbox.runner.compiled import CompiledScenario, CompiledWorkflow, WorkflowKey

ROUND = "round"
"""Output of `prepare` that names the pick whose citizens have their turns."""
CITIZEN = (
    *("individualId", "functionalId", "givenName", "familyName", "sex", "birthDate", "role", "phone"),
    *("householdId", "size", "region", "district", "financialAddress", "currency"),
)
"""What is known of a picked citizen, as `pickCitizens` gives it."""
ABOUT_RUN = ("journeys", "dirt")
"""What `prepare`, `journey` and `closing` may ask of the run itself."""
ABOUT_JOURNEYS = ("passed", "unfinished")
"""What `closing` may ask of the journeys: how many passed, and the ids of those citizens whose did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The workflows of one crowd."""

    prepare: CompiledWorkflow | None
    journey: CompiledWorkflow
    closing: CompiledWorkflow


def cast_crowd(compiled: CompiledScenario, given: Mapping[str, Any]) -> Cast:
    """Find the workflows and see that every input they require is given by somebody.

    Raises:
        ContentError: The scenario has no such workflow, or one requires what nobody gives.
        UsageError: `given` names an input that none of them has.
    """
    cast = Cast(
        prepare=_find(compiled, JOURNEY, "prepare"),
        journey=_need(compiled, JOURNEY, "journey"),
        closing=_need(compiled, CLOSING, "closing"),
    )
    known = {*compiled.scenario.policy, *given, *ABOUT_RUN}
    prepared = {name for name, _ in cast.prepare.outputs} if cast.prepare else set()
    _refuse_gaps(compiled, cast.prepare, known)
    _refuse_gaps(compiled, cast.journey, {*known, *prepared, *CITIZEN})
    _refuse_gaps(compiled, cast.closing, {*known, *prepared, *ABOUT_JOURNEYS})
    asked = {
        name
        for workflow in (cast.prepare, cast.journey, cast.closing)
        if workflow is not None
        for name in workflow.inputs.get("properties", {})
    }
    if unknown := sorted(given.keys() - asked):
        raise UsageError(
            f"no workflow of many journeys has an input called {unknown[0]!r}",
            hint=f"known are: {', '.join(sorted(asked - {*CITIZEN, *ABOUT_RUN, *ABOUT_JOURNEYS})) or 'none'}",
        )
    return cast


def bind_by_name(workflow: CompiledWorkflow, *sources: Mapping[str, Any]) -> dict[str, Any]:
    """Take from each source what the workflow has an input for; a later source wins."""
    names = workflow.inputs.get("properties", {})
    return {name: source[name] for source in sources for name in names if name in source}


def _find(compiled: CompiledScenario, file: str, workflow_id: str) -> CompiledWorkflow | None:
    return compiled.workflows.get(WorkflowKey(compiled.scenario.folder / file, workflow_id))


def _need(compiled: CompiledScenario, file: str, workflow_id: str) -> CompiledWorkflow:
    found = _find(compiled, file, workflow_id)
    if found is None:
        raise ContentError(
            f"there is no workflow {workflow_id!r}, and --journeys plays it",
            path=f"scenarios/{compiled.scenario.slug}/{file}",
            hint="docs/reference/scenario-format.md says what many journeys need",
        )
    return found


def _refuse_gaps(compiled: CompiledScenario, workflow: CompiledWorkflow | None, known: set[str]) -> None:
    if workflow is None:
        return
    properties: Mapping[str, Any] = workflow.inputs.get("properties", {})
    for name in workflow.inputs.get("required", ()):
        rule = properties.get(name)
        if name not in known and not (isinstance(rule, Mapping) and "default" in rule):
            document = compiled.scenario.documents[workflow.key.document]
            place = document.workflows[workflow.key.workflow_id].place
            raise ContentError(
                f"workflow {workflow.key.workflow_id!r} requires the input {name!r}, which nobody gives: "
                "neither the policy, --input, 'prepare', the picked citizen nor the run",
                path=place.path,
                line=place.line,
                hint="give it a default, or let 'prepare' put it out",
            )
