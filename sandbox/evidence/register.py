"""The register of runs: `<home>/runs/register.jsonl`, append-only, each line chained to the one before.

A run has a line when it starts and one when it ends, however it ends; a run whose evidence is
deleted gets a third. A run that was killed has a start and no end, and counts as unfinished.
Nothing here rewrites a line. The newest hash is signed into `register.head`, so a tail that was
cut off is noticed too, and a chain computed afresh would need the installation's key.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from sandbox.errors import StateConflict
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.keys import InstallationKey, signature_holds
from sandbox.model.block import Frozen

REGISTER = "register.jsonl"
HEAD = "register.head"
START = "0" * 64


class Entry(Frozen):
    """One line. `group` is the pilot's name, or the scenario's when the run belongs to no pilot."""

    number: int
    at: datetime
    kind: Literal["started", "ended", "deleted"]
    run: str
    group: str
    scenario: str = ""
    sandbox: str = ""
    outcome: str = ""
    """`passed`, `failed`, `error`, `skipped`, `aborted` or `interrupted`; set on `ended` only."""
    digest: str = ""
    """SHA-256 of the signed statement; empty when the run left no bundle."""
    criteria: str = ""
    """SHA-256 of the `pilot.yaml` that was set; on `started` only, so before the first step."""
    previous: str
    hash: str = ""

    def expected_hash(self) -> str:
        """SHA-256 over everything else in the line, `previous` included."""
        # Lines from before there were criteria have no such key, and keep the hash that they have.
        content = self.model_dump(mode="json", exclude={"hash"} if self.criteria else {"hash", "criteria"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Head(Frozen):
    """How far the register had come when it was last written, signed."""

    number: int
    hash: str
    signature: str

    @staticmethod
    def content(number: int, hash_: str) -> bytes:
        """What is signed."""
        return f"civic-sandbox register {number} {hash_}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one run stands among those of its group, at the moment it began."""

    group: str
    number: int
    earlier: Mapping[str, int]
    """Earlier runs of the group by outcome; `unfinished` has no end in the register."""
    head_number: int
    head_hash: str
    """The register's newest line, the run's own start; signed into the run's evidence."""
    other_criteria: int = 0
    """Earlier runs of the group that were held against other criteria, or against none."""

    @property
    def sentence(self) -> str:
        """`run 14 of “Cash in Huye”; before it 11 failed, 1 unfinished`."""
        if self.number == 1:
            return f"run 1 of “{self.group}”; there was none before it"
        words = [
            f"{count} {name}"
            for name, count in sorted(self.earlier.items(), key=lambda item: (-item[1], item[0]))
        ]
        changed = f"; {self.other_criteria} of them under other criteria" if self.other_criteria else ""
        return f"run {self.number} of “{self.group}”; before it {', '.join(words)}{changed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterReport:
    """What `verify_register` found."""

    lines: int
    problems: tuple[str, ...]


class Register:
    """The register of one installation; every method may be called by many processes at once."""

    def __init__(self, folder: Path, key: InstallationKey) -> None:
        """Use the register in `folder` (`<home>/runs`), made at the first line."""
        self._folder = folder
        self._key = key

    def begin(
        self, *, run: str, scenario: str, sandbox: str, at: datetime, pilot: str = "", criteria: str = ""
    ) -> Standing:
        """Enter the start of a run and say where it stands among the earlier ones."""
        group = pilot or scenario
        with self._locked():
            entries = self._read()
            entry = self._append(
                entries,
                kind="started",
                run=run,
                group=group,
                scenario=scenario,
                sandbox=sandbox,
                at=at,
                criteria=criteria,
            )
        earlier = _count_outcomes(entries, group)
        return Standing(
            group=group,
            number=sum(earlier.values()) + 1,
            earlier=earlier,
            head_number=entry.number,
            head_hash=entry.hash,
            other_criteria=sum(
                each.kind == "started" and each.group == group and each.criteria != criteria
                for each in entries
            ),
        )

    def end(self, *, run: str, outcome: str, at: datetime, digest: str = "") -> Entry:
        """Enter how a run ended."""
        return self._follow(run, "ended", at=at, outcome=outcome, digest=digest)

    def delete(self, *, run: str, at: datetime) -> Entry:
        """Enter that a run's evidence was deleted; its earlier lines stay."""
        return self._follow(run, "deleted", at=at)

    def entries(self) -> Sequence[Entry]:
        """Read all lines."""
        with self._locked():
            return self._read()

    def _follow(
        self,
        run: str,
        kind: Literal["ended", "deleted"],
        *,
        at: datetime,
        outcome: str = "",
        digest: str = "",
    ) -> Entry:
        with self._locked():
            entries = self._read()
            start = next((entry for entry in entries if entry.run == run and entry.kind == "started"), None)
            if start is None:
                raise StateConflict(f"run {run!r} is not in the register, so it can't be entered as {kind}")
            return self._append(
                entries,
                kind=kind,
                run=run,
                group=start.group,
                scenario=start.scenario,
                sandbox=start.sandbox,
                outcome=outcome,
                digest=digest,
                at=at,
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with say_what_the_disk_refused("the register of runs", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".register.lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, also by a kill
                yield

    def _read(self) -> list[Entry]:
        path = self._folder / REGISTER
        whole, _, torn = (path.read_bytes() if path.exists() else b"").rpartition(b"\n")
        if torn:
            # A process ended while it wrote: nobody was told that this line exists.
            os.truncate(path, len(whole) + 1 if whole else 0)
        try:
            return [Entry.model_validate_json(line) for line in whole.splitlines()]
        except ValidationError as error:
            raise StateConflict(
                f"{path} holds a line that is not an entry",
                hint="move it away to begin a new one; what was signed before shows that it was replaced",
            ) from error

    def _append(
        self,
        entries: Sequence[Entry],
        *,
        kind: Literal["started", "ended", "deleted"],
        run: str,
        group: str,
        scenario: str,
        sandbox: str,
        at: datetime,
        outcome: str = "",
        digest: str = "",
        criteria: str = "",
    ) -> Entry:
        draft = Entry(
            number=len(entries) + 1,
            at=at,
            kind=kind,
            run=run,
            group=group,
            scenario=scenario,
            sandbox=sandbox,
            outcome=outcome,
            digest=digest,
            criteria=criteria,
            previous=entries[-1].hash if entries else START,
        )
        entry = draft.model_copy(update={"hash": draft.expected_hash()})
        with (self._folder / REGISTER).open("ab") as file:
            file.write(entry.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._write_head(entry)
        return entry

    def _write_head(self, entry: Entry) -> None:
        signature = self._key.sign(Head.content(entry.number, entry.hash))
        head = Head(number=entry.number, hash=entry.hash, signature=base64.b64encode(signature).decode())
        temporary = self._folder / f".{HEAD}.new"
        temporary.write_text(head.model_dump_json() + "\n")
        temporary.replace(self._folder / HEAD)


def _count_outcomes(entries: Sequence[Entry], group: str) -> dict[str, int]:
    """Count the runs of a group by how they ended; a deleted run keeps its outcome."""
    outcomes: dict[str, str] = {}
    for entry in entries:
        if entry.group == group and entry.kind == "started":
            outcomes[entry.run] = "unfinished"
        elif entry.group == group and entry.kind == "ended":
            outcomes[entry.run] = entry.outcome
    counts: dict[str, int] = {}
    for outcome in outcomes.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def verify_register(
    folder: Path, key: InstallationKey, *, known: Mapping[int, str] | None = None
) -> RegisterReport:
    """Check every line, the chain and the signed head.

    Args:
        folder: `<home>/runs`.
        key: The installation's.
        known: Heads that signed evidence carries (`run.json`, `register`): line number to hash.
    """
    path = folder / REGISTER
    lines = path.read_bytes().splitlines() if path.exists() else []
    problems: list[str] = []
    hashes: dict[int, str] = {}
    previous = START
    for number, line in enumerate(lines, start=1):
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError:
            problems.append(f"line {number} is not an entry")
            continue
        if entry.hash != entry.expected_hash():
            problems.append(f"line {number} was changed")
        if entry.number != number or entry.previous != previous:
            problems.append(f"line {number} does not follow the line before it")
        previous = hashes[number] = entry.hash
    problems += _compare_head(folder / HEAD, key, hashes)
    problems += [
        f"line {number} is not the one that signed evidence knows"
        for number, hash_ in sorted((known or {}).items())
        if hashes.get(number) != hash_
    ]
    return RegisterReport(lines=len(lines), problems=tuple(problems))


def _compare_head(path: Path, key: InstallationKey, hashes: Mapping[int, str]) -> list[str]:
    if not path.exists():
        return ["the signed head is missing"] if hashes else []
    try:
        head = Head.model_validate_json(path.read_bytes())
        signature = base64.b64decode(head.signature, validate=True)
    except ValueError:
        return ["the signed head can't be read"]
    if not signature_holds(key.public, signature, Head.content(head.number, head.hash)):
        return ["the head was not signed by this installation"]
    if head.number > len(hashes):
        return [f"the register was cut: {len(hashes)} lines, {head.number} were signed"]
    if hashes.get(head.number) != head.hash:
        return [f"line {head.number} is not the one that was signed"]
    # One line more than signed is what a process leaves that was killed between the two writes.
    if len(hashes) > head.number + 1:
        return [f"{len(hashes) - head.number} lines at the end were not written by this product"]
    return []
