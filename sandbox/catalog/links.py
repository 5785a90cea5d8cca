"""Checks what only all documents together can tell.

Every operation and workflow that is named exists; path parameters and inputs are given and
known; no workflow calls itself. Expressions are the runner's to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.catalog.cursor import Problems
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.scenario import Document, OperationRef, Place, Step, Workflow, WorkflowRef

DEEPEST = 20
"""Workflows that play workflows; a story that goes deeper is not understood by anybody."""

Key = tuple[Path, str]
"""A workflow: its document and its id."""


def check_links(
    documents: Mapping[Path, Document], interface: Callable[[str], Interface], problems: Problems
) -> None:
    """Look at every step of every document."""
    calls: dict[Key, list[tuple[Key, Place]]] = {}
    for document in documents.values():
        for workflow in document.workflows.values():
            called = calls.setdefault((document.path, workflow.workflow_id), [])
            for step in workflow.steps:
                with problems.collecting():
                    if isinstance(step.target, OperationRef):
                        _check_operation(step, step.target, document, interface)
                    else:
                        owner = _owner(step, step.target, document, documents)
                        called.append(((owner.path, step.target.workflow_id), step.place))
                        _check_inputs(step, owner.workflows[step.target.workflow_id])
    done: set[Key] = set()
    with problems.collecting():
        for key in calls:
            _refuse_recursion(key, calls, (), done)


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
    step: Step, target: WorkflowRef, document: Document, documents: Mapping[Path, Document]
) -> Document:
    owner = document
    if target.source is not None:
        source = document.sources[target.source]
        if source.kind != "arazzo":
            raise _error(
                step.target_place or step.place,
                f"the source {target.source!r} is a contract and has no workflows",
                "call an operation: operationId: $sourceDescriptions.<source>.<operationId>",
            )
        owner = documents[source.path]
    if target.workflow_id not in owner.workflows:
        raise _error(
            step.target_place or step.place,
            f"no workflow is called {target.workflow_id!r}",
            nearest(target.workflow_id, owner.workflows),
        )
    return owner


def _check_inputs(step: Step, workflow: Workflow) -> None:
    inputs = workflow.inputs.get("properties", {})
    given = {parameter.name for parameter in step.parameters}
    for parameter in step.parameters:
        if parameter.name not in inputs:
            raise _error(
                parameter.place,
                f"{workflow.workflow_id} has no input {parameter.name!r}",
                nearest(parameter.name, inputs),
            )
    for name in workflow.inputs.get("required", ()):
        if name not in given and "default" not in inputs[name]:
            raise _error(step.place, f"{workflow.workflow_id} needs the input {name!r}")


def _refuse_recursion(
    key: Key, calls: Mapping[Key, list[tuple[Key, Place]]], above: tuple[Key, ...], done: set[Key]
) -> None:
    """Follow the calls of one workflow; `done` keeps a lattice of workflows from being walked twice."""
    for called, place in calls[key]:
        if called in (*above, key):
            raise _error(
                place,
                f"the workflow {called[1]!r} calls itself",
                "repeat with onSuccess: goto and a criterion on an output",
            )
        if len(above) > DEEPEST:
            raise _error(place, f"workflows play each other more than {DEEPEST} levels deep")
        if called not in done:
            _refuse_recursion(called, calls, (*above, key), done)
    done.add(key)


def _error(place: Place, message: str, hint: str = "") -> ContentError:
    return ContentError(message, path=place.path, line=place.line, hint=hint)
