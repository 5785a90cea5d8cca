"""Hands everything in one database from one pair of roles to another: its owner's, and its reader's.

Works on the database that it is connected to, inside the caller's transaction, as superuser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

Session = psycopg.Connection[Any]

_GRANTS = """
SELECT kind, object, field, privilege FROM (
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, oid::regclass::text AS object,
           NULL::name AS field, grants.privilege_type AS privilege, grants.grantee
      FROM pg_class, aclexplode(relacl) AS grants
    UNION ALL
    SELECT 'TABLE', attrelid::regclass::text, attname, grants.privilege_type, grants.grantee
      FROM pg_attribute, aclexplode(attacl) AS grants
    UNION ALL
    SELECT 'FUNCTION', oid::regprocedure::text, NULL, grants.privilege_type, grants.grantee
      FROM pg_proc, aclexplode(proacl) AS grants
    UNION ALL
    SELECT 'SCHEMA', quote_ident(nspname), NULL, grants.privilege_type, grants.grantee
      FROM pg_namespace, aclexplode(nspacl) AS grants
) AS granted WHERE grantee = (SELECT oid FROM pg_roles WHERE rolname = %s)
"""
# Not REASSIGN OWNED: it takes the owner's other databases along. A sequence of a column follows its table.
_OWNED = """
SELECT thing.type, thing.identity
  FROM pg_shdepend AS owned, pg_identify_object(classid, objid, objsubid) AS thing
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND deptype = 'o' AND refclassid = 'pg_authid'::regclass
   AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = %s)
   AND NOT EXISTS (SELECT FROM pg_depend AS link JOIN pg_class AS made ON made.oid = link.objid
                    WHERE link.classid = owned.classid AND link.objid = owned.objid
                      AND relkind = 'S' AND link.deptype IN ('a', 'i'))
 ORDER BY 1, 2
"""
_DEPENDING = """
SELECT DISTINCT coalesce(rolname, refobjid::text)
  FROM pg_shdepend LEFT JOIN pg_roles ON pg_roles.oid = refobjid
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND refclassid = 'pg_authid'::regclass
   AND (rolname = ANY (%s)) IS NOT TRUE
"""


def hand_over(inside: Session, owner: str, new_owner: str, reader: str, new_reader: str) -> None:
    """Give what `owner` owns to `new_owner`, and what `reader` was granted to `new_reader`."""
    for kind, thing, field, privilege in inside.execute(_GRANTS, [reader]).fetchall():
        # Words and quoted names of PostgreSQL's own catalogue, not of a user.
        what = f"{privilege} ({_quoted(field)})" if field else privilege
        for verb, preposition, role in (("GRANT", "TO", new_reader), ("REVOKE", "FROM", reader)):
            statement = f"{verb} {what} ON {kind} {thing} {preposition} {_quoted(role)}"
            inside.execute(statement.encode())
    for kind, identity in inside.execute(_OWNED, [owner]).fetchall():
        inside.execute(f"ALTER {kind} {identity} OWNER TO {_quoted(new_owner)}".encode())


def strangers(inside: Session, known: Sequence[str]) -> Sequence[str]:
    """Name the roles, other than `known` and the superuser, that anything in this database depends on."""
    return [row[0] for row in inside.execute(_DEPENDING, [list(known)])]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
