"""A scenario becomes playable: every expression and condition of every document parsed and placed.

Collects all faults instead of stopping at the first, each with file and line. Pure: calls
nothing and reads nothing but the values it is given. What the profile
refuses (unknown keys, XPath, JSON as text) the catalogue has refused before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.model.operation import Interface
from sandbox.model.scenario import Document, Scenario, Step, Workflow, WorkflowRef
from sandbox.model.wiring import INSTANCE
from sandbox.runner.compiled import (
    CompiledParameter,
    CompiledScenario,
    CompiledStep,
    CompiledWorkflow,
    OperationCall,
    WorkflowKey,
)
from sandbox.runner.inputs import find_schema_fault
from sandbox.runner.parts import Faults, PartParser
from sandbox.runner.scope import Moment, Scope
from sandbox.runner.targets import TargetFinder, input_names


def compile_scenario(scenario: Scenario, interfaces: Mapping[str, Interface]) -> CompiledScenario:
    """Make a scenario playable, or raise the first ContentError; its hint says how many there are.

    Args:
        scenario: The documents, as the catalogue read them.
        interfaces: By slug, for every block the sources name, and `sandbox` for the controls.
    """
    compiler = _Compiler(scenario, interfaces)
    compiled = compiler.compile()
    if compiler.errors:
        first = compiler.errors[0]
        more = len(compiler.errors) - 1
        hint = first.hint or (f"and {more} more; `sandbox check` lists them all" if more else "")
        raise ContentError(first.args[0], path=first.path, line=first.line, hint=hint)
    return compiled


def check_scenario(scenario: Scenario, interfaces: Mapping[str, Interface]) -> list[ContentError]:
    """List everything that keeps a scenario from being played, in the order of its documents."""
    compiler = _Compiler(scenario, interfaces)
    compiler.compile()
    return compiler.errors


class _Compiler:
    """Walks the documents once; what it could not parse it replaces by nothing and goes on."""

    def __init__(self, scenario: Scenario, interfaces: Mapping[str, Interface]) -> None:
        self._scenario = scenario
        self._faults = Faults()
        self._parts = PartParser(self._faults)
        self._targets = TargetFinder(scenario, interfaces, self._faults)

    @property
    def errors(self) -> list[ContentError]:
        return self._faults.errors

    def compile(self) -> CompiledScenario:
        workflows = {
            WorkflowKey(path, workflow.workflow_id): self._workflow(document, path, workflow)
            for path, document in self._scenario.documents.items()
            for workflow in document.workflows.values()
        }
        self._refuse_cycles(workflows)
        story = self._story()
        return CompiledScenario(scenario=self._scenario, story=story, workflows=workflows)

    def _story(self) -> WorkflowKey:
        story = self._scenario.story
        first, *others = story.workflows.values()
        for other in others:
            self._faults.add(
                f"{other.workflow_id!r} is a second workflow; a story's file holds one", other.place
            )
        path = next(path for path, document in self._scenario.documents.items() if document is story)
        return WorkflowKey(path, first.workflow_id)

    def _workflow(self, document: Document, path: Path, workflow: Workflow) -> CompiledWorkflow:
        fault = find_schema_fault(workflow.inputs)
        if fault:
            self._faults.add(fault, workflow.place)
        steps = tuple(
            self._step(document, path, workflow, step, index) for index, step in enumerate(workflow.steps)
        )
        end = self._scope(document, workflow, len(steps), Moment.END)
        return CompiledWorkflow(
            key=WorkflowKey(path, workflow.workflow_id),
            summary=workflow.summary,
            inputs=workflow.inputs,
            steps=steps,
            positions={step.step_id: index for index, step in enumerate(workflow.steps)},
            outputs=self._parts.outputs(workflow, end),
            sources={
                source.name: f"/r1/{INSTANCE}/GOV/CENTRAL/{source.block}"
                if source.block
                else source.path.name
                for source in document.sources.values()
            },
        )

    def _step(
        self, document: Document, path: Path, workflow: Workflow, step: Step, index: int
    ) -> CompiledStep:
        before = self._scope(document, workflow, index, Moment.BEFORE)
        after = self._scope(document, workflow, index, Moment.AFTER, step)
        done = self._scope(document, workflow, index, Moment.AFTER, step, finished=True)
        target = self._targets.find(document, path, step)
        self._targets.check_parameters(document, step, target)
        parameters = tuple(
            CompiledParameter(one.name, one.location, self._parts.value(one.value, before, one.place))
            for one in step.parameters
            # Headers that a workflow sets for all its steps mean nothing to a step that calls a workflow.
            if one.location is None or isinstance(target, OperationCall)
        )
        ids = frozenset(other.step_id for other in workflow.steps)
        return CompiledStep(
            step_id=step.step_id,
            sentence=step.sentence,
            place=step.place,
            # Without a target a fault was noted, and nothing is played.
            target=target or WorkflowKey(path, ""),
            parameters=parameters,
            body=self._parts.body(step.body, before) if step.body else None,
            tests=self._parts.tests(step.criteria, after),
            outputs=self._parts.outputs(step, after),
            on_success=tuple(self._parts.action(action, done, ids) for action in step.on_success),
            on_failure=tuple(self._parts.action(action, done, ids) for action in step.on_failure),
        )

    def _scope(
        self,
        document: Document,
        workflow: Workflow,
        index: int,
        moment: Moment,
        step: Step | None = None,
        *,
        finished: bool = False,
    ) -> Scope:
        upto = workflow.steps[: index + (1 if finished else 0)]
        called = [*upto, *([step] if step is not None and not finished else [])]
        workflows = {}
        for one in called:
            child = self._targets.workflow(document, one.target)
            if child is not None:
                workflows[child.workflow_id] = (input_names(child), frozenset(child.outputs))
        own = self._targets.workflow(document, step.target) if step is not None else None
        return Scope(
            moment=moment,
            calls_workflow=step is not None and isinstance(step.target, WorkflowRef),
            inputs=input_names(workflow),
            steps={one.step_id: frozenset(one.outputs) for one in upto},
            later_steps=frozenset(one.step_id for one in workflow.steps[len(upto) :]),
            outputs=frozenset(own.outputs) if own is not None else frozenset(),
            workflows=workflows,
            sources=frozenset(document.sources),
        )

    def _refuse_cycles(self, workflows: Mapping[WorkflowKey, CompiledWorkflow]) -> None:
        """Refuse workflows that call themselves: Arazzo has loops for that, and they count their rounds."""
        finished: set[WorkflowKey] = set()

        def visit(key: WorkflowKey, callers: tuple[WorkflowKey, ...]) -> None:
            if key in finished or key not in workflows:
                return
            for step in workflows[key].steps:
                if isinstance(step.target, WorkflowKey):
                    if step.target in (*callers, key):
                        self._faults.add(
                            f"workflow {step.target.workflow_id!r} ends up calling itself", step.place
                        )
                    else:
                        visit(step.target, (*callers, key))
            finished.add(key)

        for key in workflows:
            visit(key, ())
