"""JSON Schemas that come from outside: they reach no network, don't loop, run no pattern that takes for ever.

References are refused and patterns run under RE2. A fault names place and rule, never the value, which
may be personal. Its libraries are imported when first needed: most processes never are asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

REFUSED = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "patternProperties"})
DEEPEST = 20
MOST_FAULTS = 20


class ShapeUnfit(Exception):
    """This schema can't be used; the message says why."""


def check_shape(schema: Mapping[str, Any]) -> None:
    """Hold a schema against the rules. Raises ShapeUnfit."""
    from jsonschema import Draft202012Validator, SchemaError

    _refuse_dangerous(schema, 0)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ShapeUnfit(f"it is no JSON Schema at {error.json_path}: {error.message[:200]}") from None


def find_faults(schema: Mapping[str, Any], document: Any) -> list[dict[str, str]]:
    """Give what of a document does not fit a schema that was checked before."""
    from jsonschema import FormatChecker
    from referencing import Registry

    validator = _validator_class()(schema, registry=Registry(), format_checker=FormatChecker())
    faults = []
    for fault in validator.iter_errors(document):
        faults.append({"at": fault.json_path, "wanted": f"{fault.validator}: {fault.validator_value}"[:200]})
        if len(faults) == MOST_FAULTS:
            break
    return faults


@cache
def _validator_class() -> Any:
    import re2
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def match_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and re2.search(pattern, instance) is None:
            yield ValidationError("does not match the pattern")

    return extend(Draft202012Validator, {"pattern": match_pattern})  # type: ignore[no-untyped-call]  # jsonschema types it not


def _refuse_dangerous(part: Any, depth: int) -> None:
    import re2

    if depth > DEEPEST:
        raise ShapeUnfit(f"it is nested more than {DEEPEST} deep")
    if isinstance(part, list):
        for each in part:
            _refuse_dangerous(each, depth + 1)
    if isinstance(part, dict):
        if refused := REFUSED & set(part):
            raise ShapeUnfit(f"{', '.join(sorted(refused))} can't be used here")
        pattern = part.get("pattern")
        if isinstance(pattern, str):
            try:
                re2.compile(pattern)
            except re2.error:
                raise ShapeUnfit("a pattern can't be run in linear time") from None
        for each in part.values():
            _refuse_dangerous(each, depth + 1)
