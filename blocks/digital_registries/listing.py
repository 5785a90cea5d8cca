"""Lists of records: filtered, searched, ordered and paged in SQL, by parameters only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from blockkit.records import Connection
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.entries import Entry, as_query, check_fields
from blocks.digital_registries.lookups import narrow

SEARCHED = """
   AND (%(pattern)s::text IS NULL OR EXISTS (
        SELECT FROM jsonb_each_text(content) AS one(name, value)
         WHERE (%(within)s::text IS NULL OR name = %(within)s) AND value ~* %(pattern)s))
"""
LONGEST_SEARCH = "3s"
"""A regular expression has a time limit, for PostgreSQL's engine is not a linear one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is asked for.

    Attributes:
        query: Values that fields must have, as they stood in the URL.
        search: A regular expression that occurs in a field, whatever its case; else the text as it stands.
        within: The one field that is searched; all when None.
        ordering: `ascending` or `descending` by id, a field, or `-field`.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    search: str | None = None
    within: str | None = None
    ordering: str = "ascending"
    page: int = 1
    page_size: int = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, and how many records fit on all of them."""

    count: int
    entries: list[Entry]


def list_entries(db: Connection, registry: Registry, wanted: Page) -> Listed:
    """List the records of one page. Raises Problem 400 for a field that the registry does not have."""
    descending = wanted.ordering == "descending" or wanted.ordering.startswith("-")
    plain = wanted.ordering in ("ascending", "descending")
    by = None if plain else registry.spell(wanted.ordering.removeprefix("-"))
    within = registry.spell(wanted.within) if wanted.within else None
    check_fields(registry, {name: None for name in (by, within) if name})
    query = {name: _typed(registry, name, value) for name, value in registry.spell_all(wanted.query).items()}
    chosen, narrowing = narrow(registry, query)
    fits = chosen + SEARCHED
    parameters = {
        **narrowing,
        "pattern": _pattern(wanted.search) if wanted.search else None,
        "within": within,
        "by": by,
        "limit": wanted.page_size,
        "offset": (wanted.page - 1) * wanted.page_size,
    }
    if wanted.search:
        db.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST_SEARCH])
    total = db.execute("SELECT count(*) AS count" + fits, parameters).fetchone()
    assert total is not None
    direction = "DESC" if descending else "ASC"
    order = f"content -> %(by)s {direction} NULLS LAST, record_id" if by else f"record_id {direction}"
    rows = db.execute(
        "SELECT record_id, content" + fits + f"ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s",
        parameters,
    ).fetchall()
    return Listed(total["count"], [Entry(**row) for row in rows])


def _typed(registry: Registry, name: str, value: str) -> Any:
    """Read a URL's text as the type that the field has."""
    check_fields(registry, {name: None})
    allowed = registry.fields[name].get("type", "string")
    types = {allowed} if isinstance(allowed, str) else set(allowed)
    if "string" in types:
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = value
    return as_query(registry, {name: read})[name]


def _pattern(search: str) -> str:
    """Give what PostgreSQL is to look for; what is no expression that RE2 would run is meant as it stands."""
    try:
        re2.compile(search)
    except re2.error:
        return "***=" + search  # a director of PostgreSQL's: what follows is a plain text
    return "***:" + search
