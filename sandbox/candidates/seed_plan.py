"""Reads a candidate's `seed.calls`, and holds it against the block's contract and what the block may know.

A candidate is shown no column that the reference block is not loaded from: its seeding is data about
people, and `seed.reads` of the reference's block.yaml says which of it the block needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox.catalog.documents import Yaml, read_yaml
from sandbox.catalog.validate import nearest, read_as
from sandbox.model.seeding import SeedCall, SeedPlan
from sandbox.model.wiring import Operation

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
_IN_PATH = re.compile(r"\{([^{}/]+)\}")
_LEFT_OUT = object()


def read_plan(
    path: Path, operations: Mapping[str, Operation], reads: Mapping[str, tuple[str, ...]]
) -> SeedPlan:
    """Read and check a file. Raises ContentError with file and line."""
    yaml = read_yaml(path, path.parent.parent)
    plan = read_as(SeedPlan, yaml)
    for number, call in enumerate(plan.calls):
        _check(yaml, number, call, operations, reads)
    return plan


def columns_of(call: SeedCall) -> dict[str, tuple[str, ...]]:
    """Name what a call reads, by table: the columns that it shows, and those by which rows are found."""
    named = {*_named(call.body), *_named(call.path)}
    found: dict[str, set[str]] = {call.each: set(call.lookup.values())}
    for table, key in call.lookup.items():
        found[table] = {key}
    for name in named:
        table, dot, column = name.rpartition(".")
        found.setdefault(table if dot else call.each, set()).add(column)
    return {table: tuple(sorted(columns)) for table, columns in found.items()}


def fill_path(call: SeedCall, operation: Operation, row: Mapping[str, Any]) -> str:
    """Give the address of one row's call."""
    values = {name: fill(value, row) for name, value in call.path.items()}
    return _IN_PATH.sub(lambda found: quote(str(values[found[1]]), safe=""), operation.path)


def fill(value: Any, row: Mapping[str, Any]) -> Any:
    """Put a row into a value; an entry of an object whose column is missing in the row is left out."""
    filled = _fill(value, row)
    return None if filled is _LEFT_OUT else filled


def _fill(value: Any, row: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value)
        if whole is not None:
            found = row[whole[1]]
            return _LEFT_OUT if found is None else found
        return _PLACE.sub(lambda found: str(row[found[1]]), value)
    if isinstance(value, Mapping):
        filled = {key: _fill(item, row) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not _LEFT_OUT}
    if isinstance(value, list | tuple):
        return [item for item in (_fill(each, row) for each in value) if item is not _LEFT_OUT]
    return value


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACE.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)


def _check(
    yaml: Yaml,
    number: int,
    call: SeedCall,
    operations: Mapping[str, Operation],
    reads: Mapping[str, tuple[str, ...]],
) -> None:
    place = ("calls", number)
    if call.operation not in operations:
        raise yaml.error(
            f"the block has no operation {call.operation!r}",
            (*place, "operation"),
            hint=nearest(call.operation, operations),
        )
    wanted = set(_IN_PATH.findall(operations[call.operation].path))
    if wanted != set(call.path):
        raise yaml.error(
            f"{call.operation} is at {operations[call.operation].path}, and 'path' gives "
            f"{', '.join(sorted(call.path)) or 'nothing'}",
            (*place, "path"),
        )
    for table, columns in columns_of(call).items():
        known = reads.get(table)
        if known is None:
            raise yaml.error(
                f"the reference block is not loaded from the table {table!r}",
                (*place, "each"),
                hint=nearest(table, reads),
            )
        if table not in (call.each, *call.lookup):
            raise yaml.error(f"'lookup' does not say how rows of {table!r} are found", place)
        for column in columns:
            if column not in known:
                raise yaml.error(
                    f"the reference block is not loaded from {table}.{column}, so no candidate is shown it",
                    place,
                    hint=nearest(column, known),
                )
