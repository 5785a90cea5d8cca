"""Reads what a step sends: media type, payload, and what is put into it before it goes."""

from __future__ import annotations

from sandbox.catalog import keys
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.selectors import SelectorKind, read_selector_kind, read_value
from sandbox.model.scenario import Replacement, RequestBody


def read_body(step: Cursor) -> RequestBody:
    """Read the `requestBody` of a step."""
    body = step.at("requestBody")
    keys.expect_keys(body, keys.BODY)
    if not body.has("payload"):
        raise body.error("a requestBody without payload sends nothing", hint="leave it out, or add 'payload'")
    return RequestBody(
        content_type=body.optional_text("contentType"),
        payload=body.at("payload").value,
        replacements=tuple(_replacement(entry) for entry in body.distinct("replacements")),
        place=body.place,
    )


def _replacement(entry: Cursor) -> Replacement:
    keys.expect_keys(entry, keys.REPLACEMENT)
    kind: SelectorKind = "jsonpointer"
    if entry.has("targetSelectorType"):
        kind = read_selector_kind(entry.at("targetSelectorType"))
    target = entry.need("target")
    text = target.text()
    if kind == "jsonpointer" and not text.startswith("/"):
        raise target.error(f"the target is {text!r}, wanted: a JSON pointer that begins with '/'")
    return Replacement(
        target=text, value=read_value(entry.need("value"), text_only=True), kind=kind, place=entry.place
    )
