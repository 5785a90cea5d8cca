"""What a registry's JSON Schema may say, and whether a record fits it.

A schema comes from outside: what it may not do to the block is refused by `blockkit.shapes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blockkit.problems import Problem
from blockkit.shapes import ShapeUnfit, check_shape, find_faults

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
    try:
        check_shape(schema)
    except ShapeUnfit as unfit:
        raise _unfit(str(unfit)) from None
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
    if faults := find_faults(schema, content):
        raise Problem(400, "schema-violation", "the record does not fit its registry's schema", faults=faults)


def _marked(properties: Mapping[str, Any], mark: str) -> list[str]:
    return [name for name, each in properties.items() if each.get(mark) is True]


def _unfit(why: str) -> Problem:
    return Problem(400, "schema-unfit", f"this schema can't define a registry: {why}")
