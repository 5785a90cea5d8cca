"""What steps call: operations of blocks and workflows of documents, found by name.

Which block answers a source is the wiring's matter; here it is its contract that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandbox.calls.contracts import Contract
from sandbox.calls.requests import OWN_HEADERS, placeholders
from sandbox.model.operation import Interface
from sandbox.model.scenario import Document, OperationRef, Place, Scenario, Step, Workflow, WorkflowRef
from sandbox.runner.compiled import OperationCall, WorkflowKey
from sandbox.runner.parts import Faults
from sandbox.runner.scope import nearest


def input_names(workflow: Workflow) -> frozenset[str]:
    """Name a workflow's inputs."""
    properties = workflow.inputs.get("properties", {})
    return frozenset(properties) if isinstance(properties, Mapping) else frozenset()


class TargetFinder:
    """Finds what steps call and notes what is not there."""

    def __init__(
        self,
        scenario: Scenario,
        interfaces: Mapping[str, Interface],
        faults: Faults,
        *,
        check_answers: bool = False,
    ) -> None:
        self._scenario = scenario
        self._interfaces = interfaces
        self._faults = faults
        self._contracts = (
            {slug: Contract(interface) for slug, interface in interfaces.items()} if check_answers else {}
        )

    def workflow(self, document: Document, target: OperationRef | WorkflowRef) -> Workflow | None:
        """Give the workflow that a step calls; None when it calls an operation or nothing that is there."""
        if not isinstance(target, WorkflowRef):
            return None
        found = self._document(document, target)
        return found.workflows.get(target.workflow_id) if found is not None else None

    def find(self, document: Document, path: Path, step: Step) -> OperationCall | WorkflowKey | None:
        """Resolve what a step calls; None when it is not there, which is noted."""
        place = step.target_place or step.place
        match step.target:
            case WorkflowRef():
                return self.find_workflow(document, path, step.target, place)
            case OperationRef(source=source, operation_id=operation_id):
                return self._operation(document, source, operation_id, place)

    def find_workflow(
        self, document: Document, path: Path, ref: WorkflowRef, place: Place
    ) -> WorkflowKey | None:
        """Resolve the name of a workflow; what is not there is noted."""
        found = self._document(document, ref)
        if found is None:
            self._faults.add(
                f"no source is called {ref.source!r}" + nearest(str(ref.source), document.sources), place
            )
            return None
        if ref.workflow_id not in found.workflows:
            self._faults.add(
                f"no workflow is called {ref.workflow_id!r}" + nearest(ref.workflow_id, found.workflows),
                place,
            )
        return WorkflowKey(path if ref.source is None else document.sources[ref.source].path, ref.workflow_id)

    def _operation(
        self, document: Document, name: str, operation_id: str, place: Place
    ) -> OperationCall | None:
        source = document.sources.get(name)
        interface = self._interfaces.get(source.block or "") if source is not None else None
        if source is None or interface is None:
            self._faults.add(f"no source is called {name!r}" + nearest(name, document.sources), place)
            return None
        doc = interface.docs.get(operation_id)
        if doc is None:
            self._faults.add(
                f"{name} has no operation {operation_id!r}" + nearest(operation_id, interface.docs), place
            )
            return None
        secret = interface.operations[operation_id].secret
        return OperationCall(
            doc,
            interface.slug,
            tuple(one.removeprefix("request/") for one in secret if one.startswith("request/")),
            tuple(one.removeprefix("response/") for one in secret if one.startswith("response/")),
            self._contracts.get(interface.slug),
        )

    def check_parameters(
        self, document: Document, step: Step, target: OperationCall | WorkflowKey | None
    ) -> None:
        """Note parameters that what is called doesn't take, and those it needs and doesn't get."""
        if isinstance(target, OperationCall):
            self._check_arguments(step, target)
        elif isinstance(target, WorkflowKey):
            child = self.workflow(document, step.target)
            if child is not None:
                self._check_inputs(step, child)

    def _document(self, document: Document, ref: WorkflowRef) -> Document | None:
        if ref.source is None:
            return document
        source = document.sources.get(ref.source)
        return self._scenario.documents.get(source.path) if source is not None else None

    def _check_arguments(self, step: Step, target: OperationCall) -> None:
        slots = placeholders(target.doc.path)
        for one in step.parameters:
            if one.location is None:
                self._faults.add(
                    f"parameter {one.name!r} needs 'in' (path, query, header or cookie)", one.place
                )
            elif one.location == "path" and one.name not in slots:
                self._faults.add(
                    f"{target.doc.path} has no {one.name!r}" + nearest(one.name, slots), one.place
                )
            elif one.location == "header" and one.name.lower() in OWN_HEADERS:
                self._faults.add(f"the header {one.name!r} can't be set by a step", one.place)
        missing = slots - {one.name for one in step.parameters if one.location == "path"}
        if missing:
            self._faults.add(
                f"no value for {', '.join(sorted(missing))} in the path {target.doc.path}", step.place
            )

    def _check_inputs(self, step: Step, child: Workflow) -> None:
        known = input_names(child)
        given = {one.name for one in step.parameters if one.location is None}
        for one in step.parameters:
            if one.location is None and one.name not in known:
                what = f"workflow {child.workflow_id!r} has no input {one.name!r}"
                self._faults.add(what + nearest(one.name, known), one.place)
        rules = child.inputs.get("properties", {})
        for name in child.inputs.get("required", ()):
            if name not in given and "default" not in rules.get(name, {}):
                self._faults.add(f"workflow {child.workflow_id!r} needs the input {name!r}", step.place)
