"""Answers one SQL query over a population, as a stream, and stops at once when it is told to.

DuckDB does not hear signals while it works: it stops when `interrupt` is called from another thread. So
the work is done by a second thread while the first one waits, and hears Ctrl-C.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from sandbox.errors import RuntimeFailure, SandboxError, UsageError
from sandbox.model.population import Manifest
from sandbox.population.files.asking import MEMORY, open_views

BATCH = 8192
READ_ONLY = "a query can read the population's tables and nothing else"
_EXPLAIN = re.compile(r"\s*EXPLAIN\s+(ANALYZE\s+)?", re.IGNORECASE)
_LINES = 6
"""How much of DuckDB's own message is shown: the sentence, the place and the mark under it."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Answer:
    """Names of the columns, unique, and rows in batches."""

    columns: tuple[str, ...]
    batches: Iterator[list[tuple[Any, ...]]]


@contextmanager
def ask(folder: Path, manifest: Manifest, sql: str, *, memory: str = MEMORY) -> Iterator[Answer]:
    """Run a query; rows are drawn as they are read from the answer.

    Raises UsageError for SQL that is wrong or wants more than to read, RuntimeFailure for too little memory.
    """
    with (
        open_views(folder, manifest, memory=memory) as connection,
        ThreadPoolExecutor(1, thread_name_prefix="query") as worker,
    ):
        _check_reads_only(connection, sql)

        def do(work: Callable[[], Made]) -> Made:
            with _explained():
                return _wait_for(connection, worker.submit(work))

        reader = do(lambda: connection.sql(sql).to_arrow_reader(BATCH))
        yield Answer(_unique(reader.schema.names), _rows(reader, do))


def _rows(
    reader: Any, do: Callable[[Callable[[], list[tuple[Any, ...]] | None]], list[tuple[Any, ...]] | None]
) -> Iterator[list[tuple[Any, ...]]]:
    def draw() -> list[tuple[Any, ...]] | None:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return None
        return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    while (rows := do(draw)) is not None:
        yield rows


def _wait_for(connection: duckdb.DuckDBPyConnection, work: Future[Made]) -> Made:
    try:
        return work.result()
    except KeyboardInterrupt:
        # Said again until it is heard: a query that has not begun yet forgets it.
        while not work.done():
            connection.interrupt()
            wait([work], timeout=0.05)
        raise


def _check_reads_only(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Let one SELECT through, or the explanation of one.

    The database is locked against everything outside the population's files, but these it could overwrite.
    """
    with _explained():
        statements = connection.extract_statements(sql)
        if len(statements) == 1 and statements[0].type == duckdb.StatementType.EXPLAIN:
            statements = connection.extract_statements(_EXPLAIN.sub("", sql, count=1))
    if not statements:
        raise UsageError("the query is empty", hint='write one, such as "SELECT count(*) FROM persons"')
    if len(statements) > 1:
        raise UsageError(f"there are {len(statements)} statements; a query is one", hint="ask one by one")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(
            f"{READ_ONLY}; this is a statement of the kind {statements[0].type.name}",
            hint="write a SELECT; `sandbox data export` writes files",
        )


@contextmanager
def _explained() -> Iterator[None]:
    """Give DuckDB's refusals in our way."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise _explain(error) from error


def _explain(error: Exception) -> SandboxError:
    told = "\n".join([line for line in str(error).splitlines() if line.strip()][:_LINES])
    if isinstance(error, duckdb.PermissionException):
        return UsageError(
            READ_ONLY, hint="no other files, no network, no extensions; tables go by their names"
        )
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in told:
        return RuntimeFailure(
            f"the query needs more memory than the {MEMORY} that it may use",
            hint="ask for fewer rows or columns, or group by less",
        )
    return UsageError(
        told, hint='`sandbox data query "SHOW TABLES"` lists the tables, "DESCRIBE persons" the columns'
    )


def _unique(names: list[str]) -> tuple[str, ...]:
    """Number names that come twice: `count`, `count_2`."""
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return tuple(found)
