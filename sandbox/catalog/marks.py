"""Finds what a contract marks as personal, secret, or naming the person a call is about.

Marks are `x-personal: true` and `x-secret: true` on a property or a parameter, and
`x-subject` on the operation (a pointer) or `x-subject: true` on one property or parameter.
They become the pointers of `sandbox.model.wiring.Operation`, so that the mediator can
redact and inventory without ever reading a schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.operation import OperationDoc, follow

DEEPEST = 24
"""Levels of properties followed; a schema that refers to itself ends earlier, at its first repetition."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Pointers, sorted."""

    personal: tuple[str, ...]
    secret: tuple[str, ...]
    subject: str | None


def find_marks(
    doc: OperationDoc,
    operation: Mapping[str, Any],
    parameters: Iterable[Mapping[str, Any]],
    openapi: Mapping[str, Any],
) -> Marks:
    """Collect the marks of one operation; ValueError when `x-subject` makes no sense."""
    found: dict[str, set[str]] = {"x-personal": set(), "x-secret": set(), "x-subject": set()}
    for parameter in parameters:
        pointer = f"{parameter['in']}/{parameter['name']}"
        for mark in _marks_of(parameter) | _marks_of(parameter.get("schema", {})):
            found[mark].add(pointer)
    schemas = [("request", schema) for schema in doc.bodies.values()]
    schemas += [("response", schema) for bodies in doc.answers.values() for schema in bodies.values()]
    for root, schema in schemas:
        for pointer, mark in _walk(schema, root, openapi, (), 0):
            found[mark].add(pointer)
    stated = operation.get("x-subject")
    if stated is not None:
        found["x-subject"] = {_stated_subject(doc, stated)}
        root, *words = stated.split("/")
        bodies = [schema for side, schema in schemas if side == root]
        if root in ("request", "response") and not any(_has(body, words, openapi) for body in bodies):
            raise ValueError(f"{doc.operation_id}: x-subject is {stated!r}, which no body has")
    if len(found["x-subject"]) > 1:
        names = ", ".join(sorted(found["x-subject"]))
        raise ValueError(f"{doc.operation_id}: x-subject marks several: {names}; state one on the operation")
    return Marks(
        personal=tuple(sorted(found["x-personal"])),
        secret=tuple(sorted(found["x-secret"])),
        subject=next(iter(found["x-subject"]), None),
    )


def _marks_of(value: Any) -> set[str]:
    if not isinstance(value, dict):
        return set()
    return {mark for mark in ("x-personal", "x-secret", "x-subject") if value.get(mark) is True}


def _walk(
    schema: Any, pointer: str, openapi: Mapping[str, Any], seen: tuple[str, ...], depth: int
) -> Iterator[tuple[str, str]]:
    """Yield (pointer, mark) of a schema and its parts, references followed."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return
    for mark in _marks_of(schema):
        yield pointer, mark
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield from _walk(follow(openapi, reference), pointer, openapi, (*seen, reference), depth)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in _list(schema.get(keyword)):
            yield from _walk(part, pointer, openapi, seen, depth)
    for name, part in _mapping(schema.get("properties")).items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield from _walk(part, f"{pointer}/{escaped}", openapi, seen, depth + 1)
    for part in (schema.get("items"), schema.get("additionalProperties"), *_list(schema.get("prefixItems"))):
        yield from _walk(part, f"{pointer}/*", openapi, seen, depth + 1)


def _has(schema: Any, words: list[str], openapi: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a schema describes the property that the words lead to, or leaves open what it holds."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return False
    if not words:
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _has(follow(openapi, reference), words, openapi, depth + 1)
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in _list(schema.get(keyword))]
    if any(_has(part, words, openapi, depth + 1) for part in parts):
        return True
    head, *rest = words
    if head == "*":
        items = schema.get("items", schema.get("additionalProperties"))
        return _has(items, rest, openapi, depth + 1)
    properties = _mapping(schema.get("properties"))
    name = head.replace("~1", "/").replace("~0", "~")
    if name in properties:
        return _has(properties[name], rest, openapi, depth + 1)
    return not parts and not properties and schema.get("type") in (None, "object")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _stated_subject(doc: OperationDoc, stated: Any) -> str:
    wanted = "wanted: request/..., response/..., path/NAME or query/NAME"
    if not isinstance(stated, str):
        raise ValueError(f"{doc.operation_id}: x-subject is not text; {wanted}")
    root, _, rest = stated.partition("/")
    if root not in ("request", "response", "path", "query") or not rest:
        raise ValueError(f"{doc.operation_id}: x-subject is {stated!r}; {wanted}")
    if root in ("path", "query"):
        declared = [parameter.name for parameter in doc.parameters if parameter.location == root]
        if rest not in declared:
            known = ", ".join(declared) or "none"
            raise ValueError(
                f"{doc.operation_id}: x-subject names the {root} parameter {rest!r}; declared: {known}"
            )
    return stated
