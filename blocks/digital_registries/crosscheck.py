"""Which records of one registry have no counterpart in another: one statement, whatever their number.

A customs declaration without a licence, a permit whose holder does not own the parcel. No name or value
of a caller ever becomes part of the statement's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.entries import Content, Entry, as_query, check_fields

SAME = " AND theirs.content -> %(there{0})s = ours.content -> %(here{0})s"
UNMATCHED = """
  FROM records ours WHERE ours.registry = %(registry)s AND ours.content @> %(query)s
   AND NOT EXISTS (SELECT FROM records theirs
                    WHERE theirs.registry = %(other)s AND theirs.content @> %(theirs)s{same})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is held against what: `on` names fields here and the fields there that have to be equal."""

    on: Mapping[str, str]
    query: Content = field(default_factory=dict)
    other_query: Content = field(default_factory=dict)
    most: int = 100


def find_unmatched(
    db: Connection, registry: Registry, other: Registry, question: Question
) -> tuple[int, list[Entry]]:
    """Count the records without a counterpart, and give some, by id. Raises Problem 400."""
    pairs = [(registry.spell(here), other.spell(there)) for here, there in question.on.items()]
    if not pairs:
        raise Problem(400, "nothing-compared", "say at least one field that has to be equal")
    ours, theirs = as_query(registry, question.query), as_query(other, question.other_query)
    check_fields(registry, {**ours, **{here: None for here, _ in pairs}})
    check_fields(other, {**theirs, **{there: None for _, there in pairs}})
    values: dict[str, Any] = {
        "registry": registry.id,
        "other": other.id,
        "query": Jsonb(ours),
        "theirs": Jsonb(theirs),
        "most": question.most,
    }
    for at, (here, there) in enumerate(pairs):
        values |= {f"here{at}": here, f"there{at}": there}
    statement = UNMATCHED.format(same="".join(SAME.format(at) for at in range(len(pairs))))
    counted = db.execute("SELECT count(*) AS count" + statement, values).fetchone()
    assert counted is not None
    rows = db.execute(
        f"SELECT ours.record_id, ours.content {statement} ORDER BY ours.record_id LIMIT %(most)s",
        values,
    ).fetchall()
    return counted["count"], [Entry(**row) for row in rows]
