"""State that a conformance harness presupposes, entered as data before a block serves.

A block that understands such a file has a module `fixtures` with `enter(connection, document)`, which
writes what the document says by the block's own rules. No request is answered from the file: the same
code serves what it left behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel, ValidationError

from blockkit.records import Connection

Form = TypeVar("Form", bound=BaseModel)
Load = Callable[..., None]
Enter = Callable[[Connection, Any], None]
"""Writes one document; raises FixturesUnusable when it is not of the form that the block understands."""


class FixturesUnusable(Exception):
    """A file that can't be entered; the message names it, what was found and what was wanted."""


def read_fixtures(files: Sequence[Path]) -> list[tuple[Path, Any]]:
    """Read JSON files. Raises FixturesUnusable."""
    return [(file, _read(file)) for file in files]


def as_form(form: type[Form], document: Any) -> Form:
    """Read a document as a block's own form. Raises FixturesUnusable, naming the place of the first fault."""
    try:
        return form.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(map(str, first["loc"])) or "its top"
        raise FixturesUnusable(f"at {place}: {first['msg']}") from None


def with_fixtures(load: Load, enter: Enter, documents: Sequence[tuple[Path, Any]]) -> Load:
    """Give a loader that enters the documents after `load`, in the same transaction: all of it or nothing.

    Args:
        load: The block's loader, which makes the schema.
        enter: From the block's module `fixtures`.
        documents: From read_fixtures.
    """

    def load_both(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
        load(connection, data, role=role)
        before, connection.row_factory = connection.row_factory, dict_row
        try:
            for file, document in documents:
                try:
                    enter(connection, document)
                except (FixturesUnusable, psycopg.DataError, psycopg.IntegrityError) as error:
                    raise FixturesUnusable(f"{file}: {error}") from error
        finally:
            connection.row_factory = before

    return load_both


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FixturesUnusable(f"{file} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise FixturesUnusable(f"{file} is not JSON: {error}") from None
