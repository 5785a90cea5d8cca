"""Inputs of a workflow: defaults filled in, checked against their JSON Schema, before its first step.

A schema follows no address, and its patterns run under RE2: it may be somebody's upload.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from sandbox.calls.context import describe
from sandbox.calls.contracts import LinearValidator


class InputsRefused(ValueError):
    """The values given are not what the workflow asks for."""


def find_schema_fault(schema: Mapping[str, Any]) -> str:
    """Say what is wrong with a schema of inputs; empty when nothing is."""
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        where = "/".join(str(key) for key in error.absolute_path)
        return f"the inputs are no JSON Schema: {error.message}" + (f" at {where}" if where else "")
    return _find_pattern_fault(schema)


def _find_pattern_fault(schema: Any) -> str:
    if isinstance(schema, Mapping):
        if "patternProperties" in schema:
            return "'patternProperties' is not run in inputs; name each property"
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            options = re2.Options()
            options.log_errors = False
            try:
                re2.compile(pattern, options)
            except re2.error:
                return f"the pattern {pattern!r} in the inputs is not a regular expression of RE2"
    parts = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    return next((fault for fault in map(_find_pattern_fault, parts) if fault), "")


def bind_inputs(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the inputs a workflow starts with, or raise InputsRefused naming the first that does not fit."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    unknown = sorted(given.keys() - properties.keys())
    if unknown:
        raise InputsRefused(
            f"there is no input called {unknown[0]!r}; known are: {', '.join(properties) or 'none'}"
        )
    bound = {
        name: copy.deepcopy(rule["default"])
        for name, rule in properties.items()
        if isinstance(rule, Mapping) and "default" in rule
    }
    bound.update(given)
    missing = [name for name in schema.get("required", ()) if name not in bound]
    if missing:
        raise InputsRefused(f"the input {missing[0]!r} is required and was not given")
    registry: Registry[Any] = Registry()
    validator = LinearValidator(dict(schema), registry=registry)
    try:
        error = next(
            iter(sorted(validator.iter_errors(bound), key=lambda one: list(map(str, one.path)))), None
        )
    except Unresolvable as unresolvable:
        raise InputsRefused(f"the inputs' schema refers to what is not there: {unresolvable}") from None
    if error is not None:
        name = ".".join(str(key) for key in error.absolute_path) or "inputs"
        wanted = error.schema.get(error.validator, "") if isinstance(error.schema, Mapping) else ""
        raise InputsRefused(
            f"the input {name!r} is {describe(error.instance)}, wanted {error.validator} {wanted}"
        )
    return bound
