"""What narrows a search for records before their whole content is compared: one index or another.

A condition here never changes an answer: it follows from `content @> query`, and is written so
that an index of keys.sql serves it. Names of fields in it are those listed here, never a caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from blocks.digital_registries.definitions import Registry

HASHED = (
    *("householdId", "individualId", "givenName", "familyName", "birthDate"),
    *("ownerId", "directorId", "organisationId", "name"),
)
"""Fields of the seeded registries that are indexed by the hash of their text: none is too long for that."""

_HASH = " AND hashtext(content ->> '{0}') = hashtext(%(query)s::jsonb ->> '{0}')"


def narrow(registry: Registry, query: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give the clause that selects records of a registry that contain `query`, and its parameters."""
    clause = " FROM records WHERE registry = %(registry)s AND content @> %(query)s"
    record_id = query.get(registry.primary_key)
    if isinstance(record_id, str):
        clause += " AND record_id = %(record_id)s"  # the narrowest index there is
    else:
        # Only a text is contained in nothing but itself.
        clause += "".join(_HASH.format(name) for name in HASHED if isinstance(query.get(name), str))
    return clause, {"registry": registry.id, "query": Jsonb(query), "record_id": record_id}
