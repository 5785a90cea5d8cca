"""What a registry's JSON Schema may say, and whether a record fits it.

A schema comes from outside, so it can't reach the network, loop, or run a regular
expression that takes for ever: references are refused and patterns run under RE2. A
fault names place and rule, never the value, which may be personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from blockkit.problems import Problem

REFUSED = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "patternProperties"})
DEEPEST = 20
PRIMARY_NAMES = ("id", "ID")
"""Properties that are the primary key when none says so of itself."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema says about records as a whole.

    Attributes:
        primary_key: The property whose value names a record.
        given_by_system: Whether a record without it gets the next number.
        subject: The property that names the person a record is about; None when it is about nobody.
    """

    primary_key: str
    given_by_system: bool
    subject: str | None


def read_shape(schema: Mapping[str, Any]) -> Shape:
    """Check a schema. Raises Problem 400 saying what is wrong with it."""
    _refuse_dangerous(schema, 0)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise _unfit(f"it is no JSON Schema at {error.json_path}: {error.message[:200]}") from None
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict):
        raise _unfit("it must describe an object with properties")
    if not all(isinstance(each, dict) for each in properties.values()):
        raise _unfit("each property is described by an object")
    named = _marked(properties, "primaryKey") or [name for name in PRIMARY_NAMES if name in properties]
    subjects = _marked(properties, "subject")
    if len(named) != 1 or len(subjects) > 1:
        raise _unfit("exactly one property has primaryKey: true, and at most one has subject: true")
    for name in (*named, *subjects):
        if properties[name].get("type") != "string":
            raise _unfit(f"{name} names something, so it must be a string")
    key = named[0]
    return Shape(key, bool(properties[key].get("readOnly")), subjects[0] if subjects else None)


def check_record(schema: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Hold a record against its registry's schema. Raises Problem 400 with every fault."""
    validator = _Validator(schema, registry=Registry(), format_checker=FormatChecker())
    faults = [
        {"at": fault.json_path, "wanted": f"{fault.validator}: {fault.validator_value}"[:200]}
        for fault in validator.iter_errors(content)
    ]
    if faults:
        raise Problem(
            400, "schema-violation", "the record does not fit its registry's schema", faults=faults[:20]
        )


def _match_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and re2.search(pattern, instance) is None:
        yield ValidationError("does not match the pattern")


_Validator = extend(Draft202012Validator, {"pattern": _match_pattern})  # type: ignore[no-untyped-call]


def _marked(properties: Mapping[str, Any], mark: str) -> list[str]:
    return [name for name, each in properties.items() if each.get(mark) is True]


def _refuse_dangerous(part: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise _unfit(f"it is nested more than {DEEPEST} deep")
    if isinstance(part, list):
        for each in part:
            _refuse_dangerous(each, depth + 1)
    if isinstance(part, dict):
        if refused := REFUSED & set(part):
            raise _unfit(f"{', '.join(sorted(refused))} can't be used in a registry")
        pattern = part.get("pattern")
        if isinstance(pattern, str):
            try:
                re2.compile(pattern)
            except re2.error:
                raise _unfit("a pattern can't be run in linear time") from None
        for each in part.values():
            _refuse_dangerous(each, depth + 1)


def _unfit(why: str) -> Problem:
    return Problem(400, "schema-unfit", f"this schema can't define a registry: {why}")
