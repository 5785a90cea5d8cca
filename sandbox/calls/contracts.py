"""What a contract promises of an answer: its status, its media type, and the schema of its body.

A step whose answer breaks its contract has failed, whatever its criteria say: other runners check
this too, and a document that was written against the contract can't rely on such an answer.
Schemas of OpenAPI 3.1 are JSON Schema and checked; those of 3.0 are a dialect, and left alone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from sandbox.calls.context import describe
from sandbox.calls.expressions import ExpressionError
from sandbox.calls.jsonpath import compile_pattern
from sandbox.calls.messages import Answer
from sandbox.model.operation import Interface, OperationDoc

_CONTRACT = "urn:contract"


_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})")


def match_linearly(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Check `pattern` under RE2: the pattern may be somebody's upload.

    A pattern that is none of RE2's (JSON Schema means those of ECMAScript) is not checked.
    """
    if not isinstance(instance, str):
        return
    try:
        compiled = compile_pattern(_CODE_POINT.sub(r"\\x{\1}", pattern))
    except ExpressionError:
        return
    if not compiled.search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


LinearValidator = validators.extend(Draft202012Validator, {"pattern": match_linearly})  # type: ignore[no-untyped-call]


class Contract:
    """One contract, its schemas compiled when they are first needed."""

    def __init__(self, interface: Interface) -> None:
        self._openapi = interface.openapi
        self._checked = str(self._openapi.get("openapi", "")).startswith("3.1")
        self._validators: dict[tuple[str, str, str], Any] = {}

    def find_fault(self, doc: OperationDoc, answer: Answer) -> str:
        """Say how an answer breaks its contract; empty when it does not, or when the contract is silent."""
        if not doc.answers:
            return ""
        status = _declared_status(doc, answer.status)
        if status is None:
            known = ", ".join(doc.answers)
            return (
                f"the answer's status is {answer.status}, which the contract of {doc.operation_id} "
                f"doesn't have; it has {known}"
            )
        bodies = doc.answers[status]
        if not bodies or (answer.body is None and not answer.headers.get("content-type")):
            return ""
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        declared = _declared_media(bodies, media)
        if declared is None:
            return (
                f"the answer is {media or 'of no media type'}, wanted by the contract of {doc.operation_id}: "
                + " or ".join(bodies)
            )
        if not self._checked or not bodies[declared] or not media.endswith("json"):
            return ""
        return self._schema_fault(doc, status, declared, answer.body)

    def _schema_fault(self, doc: OperationDoc, status: str, media: str, body: Any) -> str:
        key = (doc.operation_id, status, media)
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = self._compile(doc.answers[status][media])
        try:
            error = next(validator.iter_errors(body), None)
        except (Unresolvable, SchemaError, RecursionError) as unresolvable:
            return f"the contract of {doc.operation_id} can't be applied: {unresolvable}"
        if error is None:
            return ""
        where = "/".join(str(part) for part in error.absolute_path) or "as a whole"
        wanted = error.schema.get(error.validator, "") if isinstance(error.schema, Mapping) else ""
        return (
            f"the answer breaks the contract of {doc.operation_id}: {where} is {describe(error.instance)}, "
            f"wanted {error.validator} {describe(wanted)}"
        )

    def _compile(self, schema: Mapping[str, Any]) -> Any:
        document = DRAFT202012.create_resource(dict(self._openapi))
        registry: Registry[Any] = Registry().with_resource(_CONTRACT, document)
        return LinearValidator(_absolute(copy.deepcopy(dict(schema))), registry=registry)


def _absolute(schema: Any) -> Any:
    """Let local references lead into the contract, wherever the schema is read from."""
    if isinstance(schema, dict):
        return {
            key: f"{_CONTRACT}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _declared_status(doc: OperationDoc, status: int) -> str | None:
    known = {one.upper(): one for one in doc.answers}
    return next((known[one] for one in (str(status), f"{status // 100}XX", "DEFAULT") if one in known), None)


def _declared_media(bodies: Mapping[str, Any], media: str) -> str | None:
    for declared in bodies:
        plain = declared.partition(";")[0].strip().lower()
        if plain in (media, "*/*", f"{media.partition('/')[0]}/*"):
            return declared
    return None
