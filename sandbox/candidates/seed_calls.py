"""Seeds a candidate through its own API: row by row, no faster than it said, on from where it broke off.

How far it came is kept in a file, so that a later command goes on there. A product that asks for time
(429, 503) is given it; any other answer that was not announced ends the seeding with the row's number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq
from pydantic import ValidationError

from sandbox.candidates.seed_plan import columns_of, fill, fill_path
from sandbox.errors import BlockUnreachable, RequestRefused
from sandbox.model.block import Frozen
from sandbox.model.seeding import SeedCall, SeedPlan
from sandbox.model.wiring import Operation

MOST_TRIES = 6
LONGEST_WAIT = 30.0
ROWS_BETWEEN_NOTES = 50
_NOT_NOW = frozenset({429, 502, 503, 504})


class SeedingBroke(RequestRefused):
    """A candidate refused a row; how far it came is kept."""

    reason = "seeding-broke"


class Answer(Protocol):
    """What is read of an answer."""

    @property
    def status_code(self) -> int:
        """Its status."""
        ...

    @property
    def text(self) -> str:
        """Its body."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""
        ...


def keep_quiet(done: int, total: int) -> None:
    """Tell nobody how far it is."""
    del done, total


Send = Callable[[str, str, Any], Answer]
"""(method, path, body) -> the answer. Raises BlockUnreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, and how time passes; passed in so that tests need not wait."""

    per_second: float
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Position(Frozen):
    """How far a seeding came: `rows` of call `call` are known to the candidate."""

    plan: str
    call: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Keeps a position in a file. One that is about another plan or can't be read is no position."""

    path: Path
    plan: str

    def read(self) -> Position:
        """Give where to go on."""
        try:
            found = Position.model_validate_json(self.path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, ValueError):
            return Position(plan=self.plan)
        return found if found.plan == self.plan else Position(plan=self.plan)

    def write(self, call: int, rows: int) -> None:
        """Note how far it came."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(
            Position(plan=self.plan, call=call, rows=rows).model_dump_json(), encoding="utf-8"
        )
        unfinished.replace(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """Everything that one seeding is made of."""

    plan: SeedPlan
    operations: Mapping[str, Operation]
    data: Path
    """Folder with the population as this block's register has it."""
    send: Send
    pace: Pace
    bookmark: Bookmark
    progress: Callable[[int, int], None] = keep_quiet


def digest_of(plan: SeedPlan, population: str, sandbox: str) -> str:
    """Name a seeding: the same plan, people and sandbox go on where they stopped."""
    told = "\n".join((plan.model_dump_json(), population, sandbox))
    return sha256(told.encode()).hexdigest()


def seed(seeding: Seeding) -> int:
    """Make every call that has not been made; gives how many were made now.

    Raises SeedingBroke at a row that is refused, BlockUnreachable when nobody answers.
    """
    position = seeding.bookmark.read()
    counts = [_count(seeding.data, call) for call in seeding.plan.calls]
    total, made = sum(counts), 0
    started = seeding.pace.now()
    for number, call in enumerate(seeding.plan.calls):
        if number < position.call:
            continue
        done = position.rows if number == position.call else 0
        before = sum(counts[:number])
        try:
            for row in _rows(seeding.data, call, done):
                _keep_pace(seeding.pace, started, made)
                _make(seeding, call, row, done)
                made, done = made + 1, done + 1
                if done % ROWS_BETWEEN_NOTES == 0:
                    seeding.bookmark.write(number, done)
                    seeding.progress(before + done, total)
        except BaseException:
            seeding.bookmark.write(number, done)  # also at Ctrl-C
            raise
        seeding.bookmark.write(number + 1, 0)
    return made


def _count(data: Path, call: SeedCall) -> int:
    return int(pq.read_metadata(data / f"{call.each}.parquet").num_rows)


def _rows(data: Path, call: SeedCall, skip: int) -> Iterator[Mapping[str, Any]]:
    columns = columns_of(call)
    others = {table: _by_key(data, table, key, columns[table]) for table, key in call.lookup.items()}
    with pq.ParquetFile(data / f"{call.each}.parquet") as file:
        for batch in file.iter_batches(batch_size=1000, columns=list(columns[call.each])):
            if skip >= batch.num_rows:
                skip -= batch.num_rows
                continue
            for row in batch.slice(skip).to_pylist():
                found = {name: _as_json(value) for name, value in row.items()}
                for table, key in call.lookup.items():
                    beside = others[table].get(row[key], {})
                    found |= {f"{table}.{name}": beside.get(name) for name in columns[table]}
                yield found
            skip = 0


def _by_key(data: Path, table: str, key: str, columns: Sequence[str]) -> dict[Any, dict[str, Any]]:
    rows = pq.read_table(data / f"{table}.parquet", columns=list(columns)).to_pylist()
    return {row[key]: {name: _as_json(value) for name, value in row.items()} for row in rows}


def _as_json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _keep_pace(pace: Pace, started: float, made: int) -> None:
    early = started + made / pace.per_second - pace.now()
    if early > 0:
        pace.sleep(early)


def _make(seeding: Seeding, call: SeedCall, row: Mapping[str, Any], number: int) -> None:
    operation = seeding.operations[call.operation]
    path, body = fill_path(call, operation, row), fill(call.body, row)
    said = "no answer"
    for attempt in range(MOST_TRIES):
        try:
            answer = seeding.send(operation.method, path, body)
        except BlockUnreachable as error:
            said, wait = str(error), 2.0**attempt
        else:
            if answer.status_code in call.accept:
                return
            said = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code not in _NOT_NOW:
                break
            wait = _asked_wait(answer, 2.0**attempt)
        if attempt < MOST_TRIES - 1:
            seeding.pace.sleep(min(wait, LONGEST_WAIT))
    raise SeedingBroke(
        f"{call.operation} of row {number + 1} of {call.each} was not accepted: {said}",
        hint="what it knows already is kept; go on with: sandbox seed NAME",
    )


def _asked_wait(answer: Answer, otherwise: float) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdecimal() else otherwise
