"""Which workflows lead back to themselves, and how deep they play each other.

A step, a retry and `dependsOn` wait for the workflow that they name; a chain of these that leads back
would wait for ever. A `goto` hands over and waits for nothing: it may lead back, as a loop does, unless
something on the way waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.model.scenario import Document, Place, Workflow, WorkflowRef

DEEPEST = 20
"""Workflows that play workflows; a story that goes deeper is not understood by anybody."""

Key = tuple[Path, str]
"""A workflow: its document and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One workflow names another."""

    called: Key
    place: Place
    waits: bool
    depends: bool = False


def find_recursion(documents: Mapping[Path, Document]) -> list[ContentError]:
    """Name every place where waiting leads back, or else the first that is too deep.

    What names a workflow that is not there is passed over.
    """
    calls = {
        (document.path, workflow.workflow_id): [
            call for call in _calls(document, workflow) if call.called[1] in _ids(documents, call.called[0])
        ]
        for document in documents.values()
        for workflow in document.workflows.values()
    }
    circle = _components(calls)
    errors = [
        _refuse(call)
        for key, outgoing in calls.items()
        for call in outgoing
        if call.waits and circle[call.called] == circle[key]
    ]
    return errors or _too_deep(calls)


def _ids(documents: Mapping[Path, Document], path: Path) -> Mapping[str, Workflow]:
    return documents[path].workflows if path in documents else {}


def _refuse(call: Call) -> ContentError:
    name = call.called[1]
    if call.depends:
        message, hint = f"dependsOn {name!r} leads back to this workflow", "one of them must begin first"
    else:
        message, hint = (
            f"the workflow {name!r} calls itself",
            "repeat with onSuccess: goto and a criterion on an output",
        )
    return ContentError(message, path=call.place.path, line=call.place.line, hint=hint)


def _calls(document: Document, workflow: Workflow) -> Iterator[Call]:
    for depended in workflow.depends_on:
        yield _call(document, depended, workflow.depends_place or workflow.place, waits=True, depends=True)
    for step in workflow.steps:
        if isinstance(step.target, WorkflowRef):
            yield _call(document, step.target, step.place, waits=True)
        for action in (*step.on_success, *step.on_failure):
            if action.workflow is not None:
                yield _call(document, action.workflow, action.place, waits=action.kind == "retry")


def _call(document: Document, ref: WorkflowRef, place: Place, *, waits: bool, depends: bool = False) -> Call:
    source = document.sources.get(ref.source) if ref.source is not None else None
    path = document.path if ref.source is None else source.path if source is not None else Path()
    return Call(called=(path, ref.workflow_id), place=place, waits=waits, depends=depends)


def _components(calls: Mapping[Key, list[Call]]) -> dict[Key, int]:
    """Number the circles (strongly connected parts), by Tarjan; without recursion, for chains may be long."""
    index: dict[Key, int] = {}
    low: dict[Key, int] = {}
    number: dict[Key, int] = {}
    stack: list[Key] = []
    for root in calls:
        if root in index:
            continue
        work: list[tuple[Key, Iterator[Call]]] = [(root, iter(calls[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            key, rest = work[-1]
            call = next(rest, None)
            if call is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == index[key]:
                    while True:
                        member = stack.pop()
                        number[member] = index[key]
                        if member == key:
                            break
            elif call.called not in index:
                index[call.called] = low[call.called] = len(index)
                stack.append(call.called)
                work.append((call.called, iter(calls[call.called])))
            elif call.called not in number:
                low[key] = min(low[key], index[call.called])
    return number


def _too_deep(calls: Mapping[Key, list[Call]]) -> list[ContentError]:
    """Follow what waits, which leads nowhere back here, longest way first."""
    depth = dict.fromkeys(calls, 0)
    entering = dict.fromkeys(calls, 0)
    for outgoing in calls.values():
        for call in outgoing:
            entering[call.called] += call.waits
    ready = [key for key, count in entering.items() if not count]
    for key in ready:
        for call in calls[key]:
            if not call.waits:
                continue
            depth[call.called] = max(depth[call.called], depth[key] + 1)
            if depth[call.called] > DEEPEST:
                return [
                    ContentError(
                        f"workflows play each other more than {DEEPEST} levels deep",
                        path=call.place.path,
                        line=call.place.line,
                    )
                ]
            entering[call.called] -= 1
            if not entering[call.called]:
                ready.append(call.called)
    return []
