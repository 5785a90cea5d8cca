"""A population's tables as views of a database that can do nothing but read them.

DuckDB in memory, one view a table over its Parquet file. Before anybody's SQL runs, everything that
reaches outside is switched off and the switches are locked: other files, the network, extensions,
spilling to disk, Python's own variables. What a statement may be is the caller's to check, since DuckDB
lets whoever may read a file also write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sandbox.errors import ContentError
from sandbox.model.population import Manifest

MEMORY = "1GB"
"""What a query may hold at once; it fails with words beyond, instead of taking the machine down."""

LOCKS = (
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_views(folder: Path, manifest: Manifest, *, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Open the tables that the manifest names. Raises ContentError for one that is missing or damaged."""
    paths = {table: (folder / f"{table}.parquet").absolute() for table in manifest.tables}
    for path in paths.values():
        if not path.is_file():
            raise ContentError("the manifest names this table, and there is no such file", path=str(path))
    connection = duckdb.connect(":memory:", config={"memory_limit": memory})
    try:
        for table, path in paths.items():
            _make_view(connection, table, path)
        listed = ", ".join(quote_text(str(path)) for path in paths.values())
        connection.execute(f"SET allowed_paths = [{listed}]")
        for lock in LOCKS:
            connection.execute(lock)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(folder: Path, manifest: Manifest) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the tables for questions of our own: what they can't answer is the tables' fault."""
    with open_views(folder, manifest) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise ContentError(
                f"the tables can't be read as a population's: {str(error).splitlines()[0]}", path=str(folder)
            ) from error


def _make_view(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    # DuckDB reads a name with * ? [ as a pattern; a list of one escapes nothing, so such folders are refused.
    if any(letter in str(path) for letter in "*?["):
        raise ContentError(
            "the folder's name holds one of * ? [, which stand for other names in a query",
            path=str(path.parent),
            hint="rename the folder",
        )
    try:
        connection.execute(
            f"CREATE VIEW {quote_name(table)} AS SELECT * FROM read_parquet({quote_text(str(path))})"  # noqa: S608
        )
    except duckdb.Error as error:
        raise ContentError(
            f"not a Parquet file that can be read: {str(error).splitlines()[0]}",
            path=str(path),
            hint="generate the population again",
        ) from error


def quote_name(name: str) -> str:
    """Write a name of a table or column for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Write a text for SQL."""
    return "'" + text.replace("'", "''") + "'"
