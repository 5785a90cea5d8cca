"""Reads one Arazzo document into a Document.

Sources are followed by whoever gives `resolve`; nothing is fetched. Each broken step and
workflow is one entry of `problems`, so that a check shows them all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandbox.catalog import keys
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor, Problems
from sandbox.catalog.documents import Yaml
from sandbox.catalog.steps import StepReader, output_places, read_outputs
from sandbox.catalog.targets import Targets
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.operation import Interface
from sandbox.model.scenario import Document, Source, Step, Workflow

Resolver = Callable[[Cursor, str, str], Source]
"""(the source's mapping, its name, its url) -> the source; ContentError when it must not be followed."""
ARAZZO_ENDINGS = (".arazzo.yaml", ".arazzo.yml", ".arazzo.json")


def read_document(
    yaml: Yaml, path: Path, resolve: Resolver, interface: Callable[[str], Interface], problems: Problems
) -> Document:
    """Read a whole document; what is broken is left out of it and told in `problems`.

    `interface` gives the contract of the block that a source is of.
    """
    document = Cursor(yaml)
    keys.expect_keys(document, keys.DOCUMENT)
    version = document.need("arazzo")
    if not isinstance(version.value, str) or not keys.VERSION.fullmatch(version.value):
        raise version.error(f"arazzo is {version.value!r}, wanted: 1.0.x or 1.1.0")
    info = document.need("info")
    keys.expect_keys(info, keys.INFO)
    info.need("version").any_text()
    info.optional_text("description")
    components = Components.of(document)
    sources: dict[str, Source] = {}
    document.need("sourceDescriptions")
    for entry in document.distinct("sourceDescriptions", least=1):
        with problems.collecting():
            source = _source(entry, resolve, sources)
            sources[source.name] = source
    named = [
        str(entry.get("name")) for entry in document.at("sourceDescriptions").value if isinstance(entry, dict)
    ]
    reader = StepReader(components, Targets(sources=sources, named=named, interface=interface))
    with problems.collecting():
        reader.check_components()
    workflows: dict[str, Workflow] = {}
    document.need("workflows")
    for entry in document.distinct("workflows", least=1):
        with problems.collecting():
            workflow = _workflow(entry, components, reader, problems)
            if workflow.workflow_id in workflows:
                raise entry.error(f"the workflowId {workflow.workflow_id!r} is taken already")
            workflows[workflow.workflow_id] = workflow
    return Document(
        path=path,
        title=info.need("title").text(),
        summary=info.optional_text("summary"),
        version=version.value,
        sources=sources,
        workflows=workflows,
    )


def _source(entry: Cursor, resolve: Resolver, known: dict[str, Source]) -> Source:
    keys.expect_keys(entry, keys.SOURCE)
    name = entry.need("name").text(keys.NAME)
    if name in known:
        raise entry.error(f"the source {name!r} is named twice")
    if entry.has("type"):
        kind = entry.at("type").text()
    else:
        kind = "arazzo" if entry.need("url").text().endswith(ARAZZO_ENDINGS) else "openapi"
    if kind == "asyncapi":
        raise entry.at("type").error("asyncapi sources are not run here", hint=keys.NO_ASYNC)
    if kind not in ("openapi", "arazzo"):
        raise entry.at("type").error(f"the type is {kind!r}, wanted: openapi or arazzo")
    return resolve(entry, name, kind)


def _workflow(entry: Cursor, components: Components, reader: StepReader, problems: Problems) -> Workflow:
    keys.expect_keys(entry, keys.WORKFLOW)
    for text in ("summary", "description"):
        if entry.has(text):
            entry.at(text).any_text()
    inherited = reader.inherited(entry)
    steps: dict[str, Step] = {}
    written: list[str] = []
    entry.need("steps")
    for cursor in entry.distinct("steps", least=1):
        written.append(str(cursor.mapping().get("stepId")))
        with problems.collecting():
            step = reader.step(cursor, inherited)
            if step.step_id in steps:
                raise cursor.error(f"the stepId {step.step_id!r} is taken already")
            steps[step.step_id] = step
    known = frozenset(written)
    for step in steps.values():
        with problems.collecting():
            _check_gotos(step, known)
    workflow_id = entry.need("workflowId").text(keys.NAME)
    return Workflow(
        workflow_id=workflow_id,
        summary=entry.optional_text("summary") or workflow_id,
        described=entry.has("summary"),
        inputs=components.inputs(entry),
        depends_on=tuple(reader.workflow(one) for one in entry.distinct("dependsOn")),
        depends_place=entry.at("dependsOn").place if entry.has("dependsOn") else None,
        steps=tuple(steps.values()),
        outputs=read_outputs(entry),
        place=entry.place,
        output_places=output_places(entry),
    )


def _check_gotos(step: Step, written: frozenset[str]) -> None:
    for action in (*step.on_success, *step.on_failure):
        if action.step_id is not None and action.step_id not in written:
            raise ContentError(
                f"{action.name!r} goes to the step {action.step_id!r}, which is not in this workflow",
                path=action.place.path,
                line=action.place.line,
                hint=nearest(action.step_id, written),
            )
    for name in step.depends_on:
        if name not in written:
            raise ContentError(
                f"the step {step.step_id!r} depends on {name!r}, which is not in this workflow",
                path=step.place.path,
                line=step.place.line,
                hint=nearest(name, written),
            )
