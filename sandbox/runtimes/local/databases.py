"""One sandbox's corner of the shared server: its administrator, and the end of all it made.

Everything of a sandbox is found by ownership, not by its name: `sbx_a_b_payments` may be
block `payments` of sandbox `a-b`, and must not go when sandbox `a` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from sandbox.runtime import PREFIX, DatabaseSite
from sandbox.runtimes import administrator

Superuser = psycopg.Connection[tuple[str]]
_GONE_WITHIN_MS = 5000


def create_administrator(server: Superuser, site: DatabaseSite) -> None:
    """Make the role that may create this sandbox's roles and databases, and a database to do it from."""
    if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [site.user]).fetchone():
        drop_sandbox(server, site.prefix)  # its folder was removed by hand
    administrator.create_administrator(server, site.user, site.password)


def drop_sandbox(server: Superuser, prefix: str) -> None:
    """Drop every database and role of one sandbox. Cut short, it can be repeated."""
    admin = f"{prefix}_admin"
    # A killed command's session may still be making a database; wait for its end, then look.
    server.execute(
        "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
        " WHERE application_name = %s AND pid <> pg_backend_pid()",
        [_GONE_WITHIN_MS, prefix],
    )
    created = _names(
        server,
        "SELECT role.rolname FROM pg_auth_members m"
        " JOIN pg_roles role ON role.oid = m.roleid JOIN pg_roles holder ON holder.oid = m.member"
        " WHERE holder.rolname = %s AND m.admin_option AND starts_with(role.rolname, %s)",
        [admin, f"{prefix}_"],
    )
    # The administrator goes last: the others are found through it.
    _drop(server, [*created, *_names(server, "SELECT rolname FROM pg_roles WHERE rolname = %s", [admin])])


def drop_every_sandbox(server: Superuser) -> None:
    """Drop what sandboxes left whose folders are gone."""
    _drop(
        server,
        _names(
            server,
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY rolcreaterole",
            [PREFIX],
        ),
    )


def _drop(server: Superuser, roles: Sequence[str]) -> None:
    for role in roles:
        server.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))
    # Their sessions too: one whose client was killed may still be cloning a database.
    server.execute(
        "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE usename = ANY(%s)",
        [_GONE_WITHIN_MS, list(roles)],
    )
    owned = "SELECT datname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE r.rolname = ANY(%s)"
    # Templates only: a database whose removal was cut short can be removed, and nothing else.
    for template in _names(server, f"{owned} AND datistemplate", [list(roles)]):
        server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(template)))
    for database in _names(server, owned, [list(roles)]):
        name = sql.Identifier(database)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    for role in roles:
        server.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def _names(server: Superuser, query: str, values: Sequence[object]) -> list[str]:
    return [row[0] for row in server.execute(query.encode(), values)]
