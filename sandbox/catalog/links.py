"""Checks what only all documents together can tell.

Every operation and workflow that is named exists; path parameters and inputs are given and
known; no workflow waits for itself. Expressions are the runner's to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.catalog.cursor import Problems
from sandbox.catalog.recursion import find_recursion
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.scenario import (
    Action,
    Document,
    OperationRef,
    Parameter,
    Place,
    Step,
    Workflow,
    WorkflowRef,
)


def check_links(
    documents: Mapping[Path, Document], interface: Callable[[str], Interface], problems: Problems
) -> None:
    """Look at every step of every document."""
    before = len(problems.errors)
    for document in documents.values():
        for workflow in document.workflows.values():
            for depended in workflow.depends_on:
                with problems.collecting():
                    _owner(workflow.depends_place or workflow.place, depended, document, documents)
            for step in workflow.steps:
                with problems.collecting():
                    _check_step(step, document, documents, interface)
    if len(problems.errors) == before:
        problems.errors += find_recursion(documents)


def _check_step(
    step: Step,
    document: Document,
    documents: Mapping[Path, Document],
    interface: Callable[[str], Interface],
) -> None:
    if isinstance(step.target, OperationRef):
        _check_operation(step, step.target, document, interface)
    else:
        owner = _owner(step.target_place or step.place, step.target, document, documents)
        _check_inputs(step.place, step.parameters, owner.workflows[step.target.workflow_id])
    for action in (*step.on_success, *step.on_failure):
        _check_action(action, document, documents)


def _check_action(action: Action, document: Document, documents: Mapping[Path, Document]) -> None:
    if action.workflow is not None:
        owner = _owner(action.place, action.workflow, document, documents)
        _check_inputs(action.place, action.parameters, owner.workflows[action.workflow.workflow_id])


def _check_operation(
    step: Step, target: OperationRef, document: Document, interface: Callable[[str], Interface]
) -> None:
    source = document.sources[target.source]
    if source.block is None:
        raise _error(
            step.target_place or step.place,
            f"the source {target.source!r} is an Arazzo document and has no operations",
            "call its workflow: workflowId: $sourceDescriptions.<source>.<workflowId>",
        )
    docs = interface(source.block).docs
    doc = docs.get(target.operation_id)
    if doc is None:
        raise _error(
            step.target_place or step.place,
            f"{source.block} has no operation {target.operation_id!r}",
            nearest(target.operation_id, docs),
        )
    _check_path_parameters(step, doc)
    if step.body is not None and not doc.bodies:
        raise _error(step.body.place, f"{doc.operation_id} takes no body")


def _check_path_parameters(step: Step, doc: OperationDoc) -> None:
    wanted = {parameter.name for parameter in doc.parameters if parameter.location == "path"}
    given = {parameter.name: parameter for parameter in step.parameters if parameter.location == "path"}
    for name, parameter in given.items():
        if name not in wanted:
            raise _error(
                parameter.place,
                f"{doc.operation_id} has no path parameter {name!r}",
                nearest(name, wanted),
            )
    for name in sorted(wanted - given.keys()):
        raise _error(step.place, f"{doc.operation_id} needs the path parameter {name!r}")


def _owner(
    place: Place, target: WorkflowRef, document: Document, documents: Mapping[Path, Document]
) -> Document:
    owner = document
    if target.source is not None:
        source = document.sources[target.source]
        if source.kind != "arazzo":
            raise _error(
                place,
                f"the source {target.source!r} is a contract and has no workflows",
                "call an operation: operationId: $sourceDescriptions.<source>.<operationId>",
            )
        owner = documents[source.path]
    if target.workflow_id not in owner.workflows:
        raise _error(
            place,
            f"no workflow is called {target.workflow_id!r}",
            nearest(target.workflow_id, owner.workflows),
        )
    return owner


def _check_inputs(place: Place, parameters: Sequence[Parameter], workflow: Workflow) -> None:
    inputs = workflow.inputs.get("properties", {})
    given = {parameter.name for parameter in parameters}
    for parameter in parameters:
        if parameter.name not in inputs:
            raise _error(
                parameter.place,
                f"{workflow.workflow_id} has no input {parameter.name!r}",
                nearest(parameter.name, inputs),
            )
    for name in workflow.inputs.get("required", ()):
        if name not in given and "default" not in inputs[name]:
            raise _error(place, f"{workflow.workflow_id} needs the input {name!r}")


def _error(place: Place, message: str, hint: str = "") -> ContentError:
    return ContentError(message, path=place.path, line=place.line, hint=hint)
