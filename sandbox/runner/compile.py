"""A scenario becomes playable: every expression and condition of every document parsed and placed.

Collects all faults instead of stopping at the first, each with file and line. Pure: calls
nothing and reads nothing but the values it is given. What is refused by name
(unknown keys, XPath, AsyncAPI) the catalogue has refused before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sandbox.catalog.recursion import find_recursion
from sandbox.errors import ContentError
from sandbox.model.operation import Interface
from sandbox.model.scenario import Document, OperationRef, Place, Scenario, Step, Workflow, WorkflowRef
from sandbox.model.wiring import INSTANCE
from sandbox.runner.compiled import (
    CompiledScenario,
    CompiledStep,
    CompiledWorkflow,
    OperationCall,
    WorkflowKey,
)
from sandbox.runner.inputs import find_schema_fault
from sandbox.runner.parts import Faults, PartParser
from sandbox.runner.scope import Moment, Plan, Scope
from sandbox.runner.targets import TargetFinder, input_names


def compile_scenario(
    scenario: Scenario, interfaces: Mapping[str, Interface], *, check_answers: bool = True
) -> CompiledScenario:
    """Make a scenario playable, or raise the first ContentError; its hint says how many there are.

    Args:
        scenario: The documents, as the catalogue read them.
        interfaces: By slug, for every block the sources name, and `sandbox` for the controls.
        check_answers: Whether a step fails whose answer breaks its contract; conformance judges that apart.
    """
    compiler = _Compiler(scenario, interfaces, check_answers=check_answers)
    compiled = compiler.compile()
    if compiler.errors:
        first = compiler.errors[0]
        more = len(compiler.errors) - 1
        hint = first.hint or (f"and {more} more; `sandbox check` lists them all" if more else "")
        raise ContentError(first.args[0], path=first.path, line=first.line, hint=hint)
    return compiled


def check_scenario(scenario: Scenario, interfaces: Mapping[str, Interface]) -> list[ContentError]:
    """List everything that keeps a scenario from being played, in the order of its documents."""
    compiler = _Compiler(scenario, interfaces, check_answers=False)
    compiler.compile()
    return compiler.errors


class _Compiler:
    """Walks the documents once; what it could not parse it replaces by nothing and goes on."""

    def __init__(
        self, scenario: Scenario, interfaces: Mapping[str, Interface], *, check_answers: bool
    ) -> None:
        self._scenario = scenario
        self._faults = Faults()
        self._parts = PartParser(self._faults)
        self._targets = TargetFinder(scenario, interfaces, self._faults, check_answers=check_answers)

    @property
    def errors(self) -> list[ContentError]:
        return self._faults.errors

    def compile(self) -> CompiledScenario:
        workflows = {
            WorkflowKey(path, workflow.workflow_id): self._workflow(document, path, workflow)
            for path, document in self._scenario.documents.items()
            for workflow in document.workflows.values()
        }
        self._faults.errors += find_recursion(self._scenario.documents)
        return CompiledScenario(scenario=self._scenario, story=self._story(), workflows=workflows)

    def _story(self) -> WorkflowKey:
        story = self._scenario.story
        path = next(path for path, document in self._scenario.documents.items() if document is story)
        return WorkflowKey(path, next(iter(story.workflows)))

    def _workflow(self, document: Document, path: Path, workflow: Workflow) -> CompiledWorkflow:
        fault = find_schema_fault(workflow.inputs)
        if fault:
            self._faults.add(fault, workflow.place)
        plan = self._plan(document, workflow)
        ids = frozenset(plan.steps)
        depends = [
            self._targets.find_workflow(document, path, one, workflow.depends_place or workflow.place)
            for one in workflow.depends_on
        ]
        steps = tuple(
            self._step(document, path, step, index, plan, ids) for index, step in enumerate(workflow.steps)
        )
        return CompiledWorkflow(
            key=WorkflowKey(path, workflow.workflow_id),
            summary=workflow.summary,
            inputs=workflow.inputs,
            steps=steps,
            positions={step.step_id: index for index, step in enumerate(workflow.steps)},
            outputs=self._parts.outputs(workflow, Scope(moment=Moment.END, plan=plan, upto=len(steps))),
            depends_on=tuple(one for one in depends if one is not None),
            sources={
                source.name: f"/r1/{INSTANCE}/GOV/CENTRAL/{source.block}"
                if source.block
                else source.path.name
                for source in document.sources.values()
            },
        )

    def _step(
        self, document: Document, path: Path, step: Step, index: int, plan: Plan, ids: frozenset[str]
    ) -> CompiledStep:
        nested = isinstance(step.target, WorkflowRef)
        own = self._targets.workflow(document, step.target)
        outputs = frozenset(own.outputs) if own is not None else frozenset()
        before = Scope(moment=Moment.BEFORE, plan=plan, upto=index, calling=index - 1)
        after = Scope(
            moment=Moment.AFTER,
            plan=plan,
            upto=index,
            calling=index,
            calls_workflow=nested,
            outputs=outputs,
        )
        done = replace(after, upto=index + 1)
        target = self._targets.find(document, path, step)
        self._targets.check_parameters(document, step, target)

        def find(ref: WorkflowRef, place: Place) -> WorkflowKey | None:
            return self._targets.find_workflow(document, path, ref, place)

        declared = target.doc.bodies if isinstance(target, OperationCall) else ()
        return CompiledStep(
            step_id=step.step_id,
            sentence=step.sentence,
            place=step.place,
            # Without a target a fault was noted, and nothing is played.
            target=target or WorkflowKey(path, ""),
            parameters=self._parts.parameters(step.parameters, before, nested=nested),
            body=self._parts.body(step.body, before, declared) if step.body else None,
            tests=self._parts.tests(step.criteria, after),
            outputs=self._parts.outputs(step, after),
            depends_on=step.depends_on,
            timeout=step.timeout,
            on_success=tuple(self._parts.action(action, done, ids, find) for action in step.on_success),
            on_failure=tuple(self._parts.action(action, done, ids, find) for action in step.on_failure),
        )

    def _plan(self, document: Document, workflow: Workflow) -> Plan:
        positions = {step.step_id: index for index, step in enumerate(workflow.steps)}
        own = (-1, input_names(workflow), frozenset(workflow.outputs))
        called: dict[str, tuple[int, frozenset[str], frozenset[str]]] = {workflow.workflow_id: own}
        back = [len(workflow.steps)] * len(workflow.steps)

        def know(ref: OperationRef | WorkflowRef, first: int) -> None:
            child = self._targets.workflow(document, ref)
            if child is not None:
                called.setdefault(child.workflow_id, (first, input_names(child), frozenset(child.outputs)))

        for ref in workflow.depends_on:
            know(ref, -1)
        for index, step in enumerate(workflow.steps):
            know(step.target, index)
            for action in (*step.on_success, *step.on_failure):
                if action.workflow is not None:
                    know(action.workflow, index)
                elsewhere = positions.get(action.step_id or "")
                if elsewhere is None:
                    continue
                # A goto goes from here to there; a retry plays the other step and comes back.
                start, end = (elsewhere, index) if action.kind == "retry" else (index, elsewhere)
                back[start] = min(back[start], end)
        for index in range(len(back) - 2, -1, -1):
            back[index] = min(back[index], back[index + 1])
        return Plan(
            inputs=input_names(workflow),
            steps={
                step.step_id: (positions[step.step_id], frozenset(step.outputs)) for step in workflow.steps
            },
            workflows=called,
            back=tuple(back),
            sources=frozenset(document.sources),
        )
