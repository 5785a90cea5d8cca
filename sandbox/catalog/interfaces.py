"""Reads a curated `openapi.yaml` into an Interface.

A curated file is held to more than OpenAPI asks, because other runners and the mediator
rely on it: every operation has an `operationId`, a summary for an official and an
`x-source`; real statuses and no `default`; no `servers`; every `$ref` local and alive.
Schemas are not interpreted here beyond finding marked properties (`marks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from sandbox.catalog.cursor import Cursor
from sandbox.catalog.documents import Pointer, Yaml
from sandbox.catalog.marks import Marks, find_marks
from sandbox.catalog.validate import nearest
from sandbox.model.operation import Interface, Location, OperationDoc, ParameterDoc
from sandbox.model.wiring import Operation

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OPERATION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)")
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def read_interface(yaml: Yaml, *, slug: str, path: Path) -> Interface:
    """Extract the operations of one document."""
    document = Cursor(yaml)
    _check_version(document)
    if document.has("servers"):
        raise document.at("servers").error("'servers' is not wanted here", hint="the wiring gives addresses")
    _check_references(yaml, yaml.data, ())
    docs: dict[str, OperationDoc] = {}
    operations: dict[str, Operation] = {}
    for template, item in document.need("paths").entries():
        if not template.startswith("/"):
            raise item.error(f"the path {template!r} does not begin with '/'")
        for method in METHODS:
            if not item.has(method):
                continue
            reader = _OperationReader(template, method, item, item.at(method))
            doc, marks = reader.read()
            if doc.operation_id in docs:
                raise item.at(method).error(f"the operationId {doc.operation_id!r} is taken already")
            docs[doc.operation_id] = doc
            operations[doc.operation_id] = Operation(
                operation_id=doc.operation_id,
                method=doc.method,
                path=doc.path,
                summary=doc.summary,
                personal=marks.personal,
                secret=marks.secret,
                subject=marks.subject,
            )
    title = document.need("info").need("title").text()
    return Interface(slug=slug, path=path, title=title, operations=operations, docs=docs, openapi=yaml.data)


def _check_version(document: Cursor) -> None:
    version = document.need("openapi")
    if not isinstance(version.value, str) or not re.fullmatch(r"3\.[01]\.\d+", version.value):
        raise version.error(f"openapi is {version.value!r}, wanted: 3.0.x or 3.1.x in quotes or as text")


def _check_references(yaml: Yaml, value: Any, pointer: Pointer) -> None:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            _follow(Cursor(yaml, pointer), reference)
        for key, part in value.items():
            _check_references(yaml, part, (*pointer, key))
    elif isinstance(value, list):
        for position, part in enumerate(value):
            _check_references(yaml, part, (*pointer, position))


def _follow(here: Cursor, reference: str) -> Cursor:
    if not reference.startswith("#/"):
        raise here.error(f"the reference {reference!r} leaves the file", hint="use '#/components/...'")
    found: Any = here.yaml.data
    pointer: Pointer = ()
    for word in reference[2:].split("/"):
        key: str | int = word.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and word.isdigit() and int(word) < len(found):
            key = int(word)
        elif not isinstance(found, dict) or key not in found:
            known = list(found) if isinstance(found, dict) else []
            raise here.error(f"the reference {reference!r} points to nothing", hint=nearest(str(key), known))
        found = found[key]
        pointer = (*pointer, key)
    return Cursor(here.yaml, pointer)


def _resolved(cursor: Cursor) -> Cursor:
    """Step over local references, at most as many as any sane file has in a row."""
    for _ in range(20):
        value = cursor.value
        if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
            return cursor
        cursor = _follow(cursor, value["$ref"])
    raise cursor.error("the reference leads back to itself")


class _OperationReader:
    """Reads one operation; holds what its parts share."""

    def __init__(self, template: str, method: str, item: Cursor, operation: Cursor) -> None:
        self._template = template
        self._method = method
        self._item = item
        self._operation = operation

    def read(self) -> tuple[OperationDoc, Marks]:
        operation = self._operation
        operation.mapping()
        bodies, required = self._bodies()
        doc = OperationDoc(
            operation_id=operation.need("operationId").text(OPERATION_ID),
            method=self._method.upper(),
            path=self._template,
            summary=operation.need("summary").text(),
            source=operation.need("x-source").text(),
            parameters=tuple(self._parameters()),
            body_required=required,
            bodies=bodies,
            answers=dict(self._answers()),
        )
        declared = {parameter.name for parameter in doc.parameters if parameter.location == "path"}
        for name in PLACEHOLDER.findall(self._template):
            if name not in declared:
                raise operation.error(f"the path parameter {name!r} of {self._template} is not declared")
        for name in declared - set(PLACEHOLDER.findall(self._template)):
            raise operation.error(f"the path parameter {name!r} does not occur in {self._template}")
        return doc, self._marks(doc)

    def _parameters(self) -> Iterator[ParameterDoc]:
        seen: dict[tuple[str, str], ParameterDoc] = {}
        for level in (self._item, self._operation):
            for entry in level.each("parameters"):
                parameter = self._parameter(_resolved(entry))
                seen[parameter.name, parameter.location] = parameter
        yield from seen.values()

    def _parameter(self, cursor: Cursor) -> ParameterDoc:
        location = cursor.need("in").text()
        if location not in get_args(Location):
            raise cursor.at("in").error(f"'in' is {location!r}", hint=nearest(location, get_args(Location)))
        explode = cursor.value.get("explode")
        return ParameterDoc(
            name=cursor.need("name").text(),
            location=cast("Location", location),
            required=cursor.at("required").flag() if cursor.has("required") else False,
            schema=_schema(cursor),
            style=cursor.optional_text("style"),
            explode=explode if isinstance(explode, bool) else None,
        )

    def _bodies(self) -> tuple[Mapping[str, Mapping[str, Any]], bool]:
        if not self._operation.has("requestBody"):
            return {}, False
        body = _resolved(self._operation.at("requestBody"))
        required = body.at("required").flag() if body.has("required") else False
        return dict(_content(body.need("content"))), required

    def _answers(self) -> Iterator[tuple[str, Mapping[str, Mapping[str, Any]]]]:
        answers = self._operation.need("responses")
        if not answers.mapping():
            raise answers.error("no status is declared")
        for status, entry in answers.entries():
            if status == "default":
                raise entry.error("'default' hides which statuses really come", hint="list them one by one")
            if not STATUS.fullmatch(status):
                raise entry.error(f"the status {status!r} is none", hint="write 200, 404 or 4XX")
            answer = _resolved(entry)
            yield status, dict(_content(answer.at("content"))) if answer.has("content") else {}

    def _marks(self, doc: OperationDoc) -> Marks:
        try:
            return find_marks(
                doc, self._operation.value, self._marked_parameters(), self._operation.yaml.data
            )
        except ValueError as error:
            where = self._operation.at("x-subject") if self._operation.has("x-subject") else self._operation
            raise where.error(str(error)) from None

    def _marked_parameters(self) -> Iterator[Mapping[str, Any]]:
        for level in (self._item, self._operation):
            for entry in level.each("parameters"):
                yield _resolved(entry).mapping()


def _schema(cursor: Cursor) -> Mapping[str, Any]:
    return cursor.at("schema").mapping() if cursor.has("schema") else {}


def _content(content: Cursor) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for media_type, entry in content.entries():
        yield media_type, _schema(entry)
