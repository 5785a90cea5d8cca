"""Reads what Arazzo 1.1 takes values out with: expression types and selector objects."""

from __future__ import annotations

from typing import Any, Literal

from sandbox.catalog import keys
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.validate import nearest
from sandbox.model.scenario import Selector

VERSIONS = {"jsonpath": "rfc9535", "jsonpointer": "rfc6901"}
SelectorKind = Literal["jsonpath", "jsonpointer"]


def read_kind(stated: Cursor) -> Literal["jsonpath"]:
    """Read the type object of a criterion."""
    if not keys.is_1_1(stated):
        raise stated.error(
            "a criterion type object is not valid in Arazzo 1.0",
            hint="write 'type: jsonpath', or arazzo: 1.1.0",
        )
    kind = _typed(stated)
    if kind != "jsonpath":
        raise stated.error("a criterion of type jsonpointer has no condition to hold", hint="use simple")
    return kind


def read_selector_kind(stated: Cursor) -> SelectorKind:
    """Read the type of a selector, a word or an object."""
    if isinstance(stated.value, dict):
        return _typed(stated)
    return _word(stated)


def read_value(cursor: Cursor, *, text_only: bool = False) -> Any:
    """Read a value, which Arazzo 1.1 may write as a selector object; otherwise text when `text_only`."""
    found = cursor.value
    if isinstance(found, dict) and keys.is_1_1(cursor):
        return read_selector(cursor)
    if text_only and not isinstance(found, str):
        raise cursor.unwanted("text, such as an expression")
    return found


def read_selector(cursor: Cursor) -> Selector:
    """Read a selector object."""
    keys.expect_keys(cursor, keys.SELECTOR)
    return Selector(
        context=cursor.need("context").text(),
        selector=cursor.need("selector").any_text(),
        kind=read_selector_kind(cursor.need("type")),
        place=cursor.place,
    )


def _typed(stated: Cursor) -> SelectorKind:
    keys.expect_keys(stated, keys.EXPRESSION_TYPE)
    kind = _word(stated.need("type"))
    version = stated.need("version")
    if version.value != VERSIONS[kind]:
        raise version.error(
            f"{kind} {version.value!r} is not run here", hint=f"write version: {VERSIONS[kind]}"
        )
    return kind


def _word(stated: Cursor) -> SelectorKind:
    if stated.value == "xpath":
        raise stated.error("xpath is not run here", hint=keys.NO_XPATH)
    if stated.value not in VERSIONS:
        raise stated.error(f"the type is {stated.value!r}", hint=nearest(str(stated.value), VERSIONS))
    kind: SelectorKind = stated.value
    return kind
