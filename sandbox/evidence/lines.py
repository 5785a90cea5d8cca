"""JSON lines of model values: one way to write them, whatever characters a candidate sent.

Lone surrogates are legal in JSON text and in Python strings and impossible in UTF-8; they are
written as JSON escapes, so that what was found is kept as found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    if value is None or isinstance(value, bool | int | float):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def to_line(value: BaseModel) -> str:
    """Write one value as one line of ASCII JSON, without the line's end."""
    return json.dumps(_plain(value), separators=(",", ":"))


def to_lines(values: Iterable[BaseModel]) -> bytes:
    """Write values as a `.jsonl` file."""
    return "".join(to_line(value) + "\n" for value in values).encode()


def to_document(value: Any) -> bytes:
    """Write one value as a readable JSON file."""
    return (json.dumps(_plain(value), indent=2, sort_keys=True) + "\n").encode()
