"""Is the message log that a live sandbox stores whole, and the one that evidence was signed with?

Works on the stored texts themselves, so that every changed byte shows. A log that holds in itself can
still be another one: only a head that was signed elsewhere, in a run's evidence, tells a tail that was
cut off, and a chain that was computed afresh. Reads evidence; asks no sandbox.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.errors import NotFound, StateConflict
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.seal import verify_bundle
from sandbox.model.run import LogLine
from sandbox.model.sandbox import SandboxSpec

GENESIS = "0" * 64
"""What the first line names as the hash before it."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The newest line of a message log when a run's evidence was signed."""

    run: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What was found: the newest line that was read, and everything that does not hold."""

    number: int
    hash: str
    problems: tuple[str, ...]


def verify_log(lines: Iterable[LogLine], signed: SignedHead | None = None) -> LogReport:
    """Walk the log in the order it is stored in, and name every place at which it does not hold."""
    number, previous = 0, GENESIS
    problems: list[str] = []
    for line in lines:
        problems += _faults(line, number, previous)
        if signed is not None and line.number == signed.number and line.hash != signed.hash:
            problems.append(
                f"line {line.number:,} is not the one that evidence of run {signed.run} was signed with: "
                "the chain was computed afresh, from there or from further up"
            )
        # From here on as it is stored: one fault is named once, not at every line below it.
        number, previous = line.number, line.hash
    if signed is not None and number < signed.number:
        problems.append(
            f"the log ends at line {number:,}: its tail was cut, for evidence of run {signed.run} "
            f"was signed at line {signed.number:,}"
        )
    return LogReport(number=number, hash=previous, problems=tuple(problems))


def _faults(line: LogLine, number: int, previous: str) -> Iterator[str]:
    if line.number != number + 1:
        gap = f"lines {number + 1:,} to {line.number - 1:,} are" if line.number > number + 2 else ""
        yield f"{gap or f'line {number + 1:,} is'} missing"
    if hashlib.sha256(line.text.encode()).hexdigest() != line.hash:
        yield f"line {line.number:,} was changed after it was written"
        return
    content = _content(line.text)
    if content.get("number") != line.number:
        yield f"line {line.number:,} was swapped: it holds what was written as line {content.get('number')}"
    elif content.get("previous") != previous and line.number == number + 1:
        yield f"line {line.number:,} does not follow the line before it"


def _content(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def read_signed_head(folder: Path, spec: SandboxSpec, key: InstallationKey) -> SignedHead:
    """Read the head out of a run's evidence, which must be whole, signed here, and of this very sandbox.

    Raises:
        NotFound: There is no evidence in `folder`.
        StateConflict: The evidence was changed, or tells of another sandbox.
    """
    if not (folder / "run.json").is_file():
        raise NotFound(
            f"there is no evidence in {folder}", hint="name a run, or the folder of its index.html"
        )
    if problems := verify_bundle(folder, fingerprint=key.fingerprint):
        raise StateConflict(
            f"the evidence in {folder} can't be relied on: {'; '.join(problems)}",
            hint=f"see: sandbox verify {folder}",
        )
    told = json.loads((folder / "run.json").read_bytes())
    created = datetime.fromisoformat(told["spec"]["created"])
    if (told["spec"]["name"], created) != (spec.name, spec.created):
        raise StateConflict(
            f"the evidence in {folder} tells of sandbox {_say(told['spec']['name'], created)}, "
            f"wanted {_say(spec.name, spec.created)}",
            hint="name a run that was played in this sandbox",
        )
    head = told["messageLog"]
    return SignedHead(run=told["run"], number=head["number"], hash=head["hash"])


def _say(name: str, created: datetime) -> str:
    return f"{name!r} made at {created:%Y-%m-%d %H:%M:%S}"
