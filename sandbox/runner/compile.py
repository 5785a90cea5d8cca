"""A scenario becomes playable: every expression and condition of every document parsed and placed.

Collects all faults instead of stopping at the first, each with file and line. Pure: calls
nothing and reads nothing but the values it is given. What the profile
refuses (unknown keys, XPath, JSON as text) the catalogue has refused before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.calls.criteria import Test, parse_criterion, references_of_test
from sandbox.calls.expressions import (
    ExpressionError,
    Literal,
    Reference,
    Value,
    parse_reference,
    parse_value,
    references_in,
)
from sandbox.calls.requests import OWN_HEADERS, can_write, placeholders
from sandbox.errors import ContentError
from sandbox.model.operation import Interface
from sandbox.model.scenario import (
    Action,
    Criterion,
    Document,
    OperationRef,
    Place,
    RequestBody,
    Scenario,
    Step,
    Workflow,
    WorkflowRef,
)
from sandbox.model.wiring import INSTANCE
from sandbox.runner.compiled import (
    CompiledAction,
    CompiledBody,
    CompiledParameter,
    CompiledScenario,
    CompiledStep,
    CompiledWorkflow,
    OperationCall,
    WorkflowKey,
)
from sandbox.runner.inputs import find_schema_fault
from sandbox.runner.scope import Moment, Scope, find_fault, nearest
from sandbox.runner.verdict import find_findings_faults


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
        self.scenario = scenario
        self.interfaces = interfaces
        self.errors: list[ContentError] = []

    def refuse(self, message: str, place: Place) -> None:
        self.errors.append(ContentError(message, path=place.path, line=place.line))

    def compile(self) -> CompiledScenario:
        workflows = {
            WorkflowKey(path, workflow.workflow_id): self._workflow(document, path, workflow)
            for path, document in self.scenario.documents.items()
            for workflow in document.workflows.values()
        }
        self._refuse_cycles(workflows)
        story = self._story()
        self.errors += find_findings_faults(self.scenario, workflows[story])
        return CompiledScenario(scenario=self.scenario, story=story, workflows=workflows)

    def _story(self) -> WorkflowKey:
        story = self.scenario.story
        first, *others = story.workflows.values()
        for other in others:
            self.refuse(f"{other.workflow_id!r} is a second workflow; a story's file holds one", other.place)
        path = next(path for path, document in self.scenario.documents.items() if document is story)
        return WorkflowKey(path, first.workflow_id)

    def _workflow(self, document: Document, path: Path, workflow: Workflow) -> CompiledWorkflow:
        fault = find_schema_fault(workflow.inputs)
        if fault:
            self.refuse(fault, workflow.place)
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
            outputs=self._outputs(workflow.outputs, end, workflow.place),
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
        target = self._target(document, path, step)
        ids = frozenset(other.step_id for other in workflow.steps)
        return CompiledStep(
            step_id=step.step_id,
            sentence=step.sentence,
            place=step.place,
            # Without a target a fault was noted, and nothing is played.
            target=target or WorkflowKey(path, ""),
            parameters=self._parameters(document, step, target, before),
            body=self._body(step.body, before) if step.body else None,
            tests=self._tests(step.criteria, after),
            outputs=self._outputs(step.outputs, after, step.place),
            on_success=tuple(self._action(action, done, ids) for action in step.on_success),
            on_failure=tuple(self._action(action, done, ids) for action in step.on_failure),
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
            child = self._find_workflow(document, one.target)
            if child is not None:
                workflows[child.workflow_id] = (_input_names(child), frozenset(child.outputs))
        own = self._find_workflow(document, step.target) if step is not None else None
        return Scope(
            moment=moment,
            calls_workflow=step is not None and isinstance(step.target, WorkflowRef),
            inputs=_input_names(workflow),
            steps={one.step_id: frozenset(one.outputs) for one in upto},
            later_steps=frozenset(one.step_id for one in workflow.steps[len(upto) :]),
            outputs=frozenset(own.outputs) if own is not None else frozenset(),
            workflows=workflows,
            sources=frozenset(document.sources),
        )

    def _find_document(self, document: Document, ref: WorkflowRef) -> Document | None:
        if ref.source is None:
            return document
        source = document.sources.get(ref.source)
        return self.scenario.documents.get(source.path) if source is not None else None

    def _find_workflow(self, document: Document, target: OperationRef | WorkflowRef) -> Workflow | None:
        if not isinstance(target, WorkflowRef):
            return None
        found = self._find_document(document, target)
        return found.workflows.get(target.workflow_id) if found is not None else None

    def _target(self, document: Document, path: Path, step: Step) -> OperationCall | WorkflowKey | None:
        match step.target:
            case WorkflowRef(source=source, workflow_id=workflow_id):
                found = self._find_document(document, step.target)
                known = found.workflows if found is not None else {}
                if workflow_id not in known:
                    self.refuse(
                        f"no workflow is called {workflow_id!r}" + nearest(workflow_id, known), step.place
                    )
                return WorkflowKey(path if source is None else document.sources[source].path, workflow_id)
            case OperationRef(source=source, operation_id=operation_id):
                return self._operation(document, source, operation_id, step.place)

    def _operation(
        self, document: Document, name: str, operation_id: str, place: Place
    ) -> OperationCall | None:
        source = document.sources.get(name)
        interface = self.interfaces.get(source.block or "") if source is not None else None
        if source is None or interface is None:
            self.refuse(f"no source is called {name!r}" + nearest(name, document.sources), place)
            return None
        doc = interface.docs.get(operation_id)
        if doc is None:
            self.refuse(
                f"{name} has no operation {operation_id!r}" + nearest(operation_id, interface.docs), place
            )
            return None
        secret = interface.operations[operation_id].secret
        return OperationCall(
            doc,
            interface.slug,
            tuple(one.removeprefix("request/") for one in secret if one.startswith("request/")),
            tuple(one.removeprefix("response/") for one in secret if one.startswith("response/")),
        )

    def _parameters(
        self, document: Document, step: Step, target: OperationCall | WorkflowKey | None, scope: Scope
    ) -> tuple[CompiledParameter, ...]:
        compiled = tuple(
            CompiledParameter(one.name, one.location, self._value(one.value, scope, one.place))
            for one in step.parameters
            # Headers that a workflow sets for all its steps mean nothing to a step that calls a workflow.
            if one.location is None or isinstance(target, OperationCall)
        )
        if isinstance(target, OperationCall):
            self._check_arguments(step, target)
        elif isinstance(target, WorkflowKey):
            child = self._find_workflow(document, step.target)
            if child is not None:
                self._check_inputs(step, child)
        return compiled

    def _check_arguments(self, step: Step, target: OperationCall) -> None:
        slots = placeholders(target.doc.path)
        for one in step.parameters:
            if one.location is None:
                self.refuse(f"parameter {one.name!r} needs 'in' (path, query, header or cookie)", one.place)
            elif one.location == "path" and one.name not in slots:
                self.refuse(f"{target.doc.path} has no {one.name!r}" + nearest(one.name, slots), one.place)
            elif one.location == "header" and one.name.lower() in OWN_HEADERS:
                self.refuse(f"the header {one.name!r} can't be set by a step", one.place)
        missing = slots - {one.name for one in step.parameters if one.location == "path"}
        if missing:
            self.refuse(
                f"no value for {', '.join(sorted(missing))} in the path {target.doc.path}", step.place
            )

    def _check_inputs(self, step: Step, child: Workflow) -> None:
        known = _input_names(child)
        given = {one.name for one in step.parameters if one.location is None}
        for one in step.parameters:
            if one.location is None and one.name not in known:
                what = f"workflow {child.workflow_id!r} has no input {one.name!r}"
                self.refuse(what + nearest(one.name, known), one.place)
        rules = child.inputs.get("properties", {})
        for name in child.inputs.get("required", ()):
            if name not in given and "default" not in rules.get(name, {}):
                self.refuse(f"workflow {child.workflow_id!r} needs the input {name!r}", step.place)

    def _body(self, body: RequestBody, scope: Scope) -> CompiledBody:
        if not can_write(body.content_type):
            self.refuse(f"a body of type {body.content_type!r} can't be written here", body.place)
        payload = self._value(body.payload, scope, body.place)
        replacements = []
        for one in body.replacements:
            keys = tuple(key.replace("~1", "/").replace("~0", "~") for key in one.target.split("/")[1:])
            replacements.append((keys, self._value(one.value, scope, one.place)))
        return CompiledBody(body.content_type, payload, tuple(replacements))

    def _action(self, action: Action, scope: Scope, ids: frozenset[str]) -> CompiledAction:
        if action.step_id is not None and action.step_id not in ids:
            self.refuse(f"no step is called {action.step_id!r}" + nearest(action.step_id, ids), action.place)
        if action.kind == "goto" and action.step_id is None:
            self.refuse(f"action {action.name!r} goes nowhere; name a stepId", action.place)
        return CompiledAction(
            name=action.name,
            kind=action.kind,
            step_id=action.step_id,
            retry_after=action.retry_after,
            retry_limit=action.retry_limit,
            tests=self._tests(action.criteria, scope),
        )

    def _tests(self, criteria: Iterable[Criterion], scope: Scope) -> tuple[Test, ...]:
        tests = []
        for one in criteria:
            try:
                test = parse_criterion(one.condition, one.kind, one.context)
            except ExpressionError as error:
                self.refuse(str(error), one.place)
                continue
            self._place(references_of_test(test), scope, one.place)
            tests.append(test)
        return tuple(tests)

    def _outputs(
        self, outputs: Mapping[str, str], scope: Scope, place: Place
    ) -> tuple[tuple[str, Reference], ...]:
        parsed = []
        for name, text in outputs.items():
            try:
                reference = parse_reference(text)
            except ExpressionError as error:
                self.refuse(f"output {name!r}: {error}", place)
                continue
            self._place([reference], scope, place)
            parsed.append((name, reference))
        return tuple(parsed)

    def _value(self, value: Any, scope: Scope, place: Place) -> Value:
        try:
            parsed = parse_value(value)
        except ExpressionError as error:
            self.refuse(str(error), place)
            return Literal(None)
        self._place(references_in(parsed), scope, place)
        return parsed

    def _place(self, references: Iterable[Reference], scope: Scope, place: Place) -> None:
        for fault in filter(None, (find_fault(reference, scope) for reference in references)):
            self.refuse(fault, place)

    def _refuse_cycles(self, workflows: Mapping[WorkflowKey, CompiledWorkflow]) -> None:
        """Refuse workflows that call themselves: Arazzo has loops for that, and they count their rounds."""
        finished: set[WorkflowKey] = set()

        def visit(key: WorkflowKey, callers: tuple[WorkflowKey, ...]) -> None:
            if key in finished or key not in workflows:
                return
            for step in workflows[key].steps:
                if isinstance(step.target, WorkflowKey):
                    if step.target in (*callers, key):
                        self.refuse(
                            f"workflow {step.target.workflow_id!r} ends up calling itself", step.place
                        )
                    else:
                        visit(step.target, (*callers, key))
            finished.add(key)

        for key in workflows:
            visit(key, ())


def _input_names(workflow: Workflow) -> frozenset[str]:
    properties = workflow.inputs.get("properties", {})
    return frozenset(properties) if isinstance(properties, Mapping) else frozenset()
