"""Reads one Arazzo document into a Document, held to the profile.

Sources are followed by whoever gives `resolve`; nothing is fetched. Each broken step and
workflow is one entry of `problems`, so that a check shows them all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandbox.catalog import profile
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor, Problems
from sandbox.catalog.documents import Yaml
from sandbox.catalog.steps import output_places, read_inherited, read_outputs, read_step
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.scenario import Document, Source, Step, Workflow

Resolver = Callable[[Cursor, str, str], Source]
"""(the source's mapping, its name, its url) -> the source; ContentError when it must not be followed."""


def read_document(yaml: Yaml, path: Path, resolve: Resolver, problems: Problems) -> Document:
    """Read a whole document; what is broken is left out of it and told in `problems`."""
    document = Cursor(yaml)
    document.expect_keys(*profile.DOCUMENT)
    version = document.need("arazzo")
    if not isinstance(version.value, str) or not profile.VERSION.fullmatch(version.value):
        raise version.error(f"arazzo is {version.value!r}, wanted: 1.0.x or 1.1.0")
    info = document.need("info")
    info.expect_keys(*profile.INFO)
    components = Components.of(document)
    sources: dict[str, Source] = {}
    for entry in document.need("sourceDescriptions").items():
        with problems.collecting():
            source = _source(entry, resolve, sources)
            sources[source.name] = source
    named = [
        entry.get("name") for entry in document.at("sourceDescriptions").value if isinstance(entry, dict)
    ]
    workflows: dict[str, Workflow] = {}
    for entry in document.need("workflows").items():
        with problems.collecting():
            workflow = _workflow(entry, components, [str(name) for name in named], problems)
            if workflow.workflow_id in workflows:
                raise entry.error(f"the workflowId {workflow.workflow_id!r} is taken already")
            workflows[workflow.workflow_id] = workflow
    return Document(
        path=path,
        title=info.need("title").text(),
        summary=info.optional_text("summary"),
        sources=sources,
        workflows=workflows,
    )


def _source(entry: Cursor, resolve: Resolver, known: dict[str, Source]) -> Source:
    entry.expect_keys(*profile.SOURCE)
    name = entry.need("name").text(profile.NAME)
    if name in known:
        raise entry.error(f"the source {name!r} is named twice")
    kind = entry.need("type").text()
    if kind == "asyncapi":
        raise entry.at("type").error("asyncapi sources are not run here", hint=profile.NO_ASYNC)
    if kind not in ("openapi", "arazzo"):
        raise entry.at("type").error(f"the type is {kind!r}, wanted: openapi or arazzo")
    return resolve(entry, name, kind)


def _workflow(entry: Cursor, components: Components, sources: list[str], problems: Problems) -> Workflow:
    entry.expect_keys(*profile.WORKFLOW)
    inherited = read_inherited(entry, components)
    steps: dict[str, Step] = {}
    written: list[str] = []
    for cursor in entry.need("steps").items():
        written.append(str(cursor.mapping().get("stepId")))
        with problems.collecting():
            step = read_step(cursor, components, inherited, sources)
            if step.step_id in steps:
                raise cursor.error(f"the stepId {step.step_id!r} is taken already")
            steps[step.step_id] = step
    if not written:
        raise entry.at("steps").error("a workflow without steps")
    for step in steps.values():
        with problems.collecting():
            _check_gotos(step, written)
    return Workflow(
        workflow_id=entry.need("workflowId").text(profile.NAME),
        summary=entry.need("summary").text(),
        inputs=components.inputs(entry),
        steps=tuple(steps.values()),
        outputs=read_outputs(entry),
        place=entry.place,
        output_places=output_places(entry),
    )


def _check_gotos(step: Step, written: list[str]) -> None:
    for action in (*step.on_success, *step.on_failure):
        if action.step_id is not None and action.step_id not in written:
            raise ContentError(
                f"{action.name!r} goes to the step {action.step_id!r}, which is not in this workflow",
                path=action.place.path,
                line=action.place.line,
                hint=nearest(action.step_id, written),
            )
