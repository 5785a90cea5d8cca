"""Documents that another runner reads again after it has played them, and then refuses.

Redocly's `respect` reads the documents that a document names whenever it enters that document, checks
them against Arazzo's schema, and leaves marks of its own in what it plays: so nothing may be read after it
was played. Goes through the story as it would be played, all branches one after the other and what lies
in a loop twice; what nobody could play (it leads back to itself) is passed over. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sandbox.model.scenario import Document, Place, Scenario, Step, Workflow, WorkflowRef

Rereading = tuple[Place, str, str]
"""Where, what, and what to write instead."""
_Key = tuple[Path, str, frozenset[Path]]
"""A workflow, and the documents that had been played when it began."""


def find_rereadings(scenario: Scenario) -> list[Rereading]:
    """Name every step that enters a document when one that it names has been played."""
    walk = _Walk(scenario)
    for workflow in scenario.story.workflows.values():
        walk.play(scenario.story, workflow, frozenset({scenario.story.path}))
    return list(walk.found.values())


class _Walk:
    """Keeps what was found by place, and what a workflow leaves played, so that nothing is walked twice."""

    def __init__(self, scenario: Scenario) -> None:
        self._documents = scenario.documents
        self._after: dict[_Key, frozenset[Path]] = {}
        self.found: dict[Place, Rereading] = {}

    def play(self, document: Document, workflow: Workflow, played: frozenset[Path]) -> frozenset[Path]:
        key = (document.path, workflow.workflow_id, played)
        if key not in self._after:
            self._after[key] = played  # what leads back here adds nothing
            for step in _in_order(workflow):
                if isinstance(step.target, WorkflowRef):
                    played = self._call(document, step, step.target, played)
            self._after[key] = played
        return self._after[key]

    def _call(
        self, document: Document, step: Step, target: WorkflowRef, played: frozenset[Path]
    ) -> frozenset[Path]:
        called = document
        if target.source is not None:
            source = document.sources.get(target.source)
            found = self._documents.get(source.path) if source is not None else None
            if found is None:
                return played
            called = found
            self._enter(called, step, played)
            played |= {called.path}
        workflow = called.workflows.get(target.workflow_id)
        return self.play(called, workflow, played) if workflow is not None else played

    def _enter(self, called: Document, step: Step, played: frozenset[Path]) -> None:
        again = [one.path.name for one in called.sources.values() if not one.block and one.path in played]
        if again:
            place = step.target_place or step.place
            self.found[place] = (
                place,
                f"{called.path.name} is entered when {again[0]}, which it names, was played",
                "let it call workflows of its own file only, or let the story call both documents",
            )


def _in_order(workflow: Workflow) -> Iterator[Step]:
    """Give the steps as written, and after them once more those that an action leads back over."""
    positions = {step.step_id: index for index, step in enumerate(workflow.steps)}
    yield from workflow.steps
    for index, step in enumerate(workflow.steps):
        back = [
            positions[action.step_id]
            for action in (*step.on_success, *step.on_failure)
            if action.step_id in positions and positions[action.step_id] <= index
        ]
        if back:
            yield from workflow.steps[min(back) : index + 1]
