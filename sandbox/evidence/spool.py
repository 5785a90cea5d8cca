"""A message log too long to be held: written to disk line by line, and counted while it passes.

What the page shows of it is a sample of bounded size: the first and last lines, those of the steps
that are shown, and what was refused. Whatever is counted is counted over all lines.
"""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.evidence.chain import LogFinding, LogWalk
from sandbox.evidence.counting import Counting, Measured
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.inventory import Disclosure, take_inventory
from sandbox.evidence.latency import Latency, Meter
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.lines import to_line
from sandbox.evidence.protection.fields import expand_fields
from sandbox.evidence.protection.findings import ProtectionReport
from sandbox.evidence.protection.inquiry import Inquiry
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange

EXCHANGES = "exchanges.jsonl"
MOST_AT_EITHER_END = 400
MOST_REFUSED = 200
MOST_NUMBERS = 20
"""Exchanges that one row of the inventory names."""
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """What is known of a log that lies on disk."""

    digest: str
    """SHA-256 of the file."""
    count: int
    refused: int
    log: LogFinding
    latencies: tuple[Latency, ...]
    inventory: tuple[Disclosure, ...]
    protection: ProtectionReport
    measures: Mapping[str, Measured]
    """What criteria may ask of the log."""
    individuals: frozenset[str]
    sample: tuple[Exchange, ...]
    leaks: bool
    """Whether a line holds a live secret."""


def spool_exchanges(
    lines: Iterable[Exchange],
    folder: Path,
    *,
    names: Names,
    secrets: LiveSecrets,
    shown: Collection[str],
    inquiry: Inquiry,
) -> Spooled:
    """Write `exchanges.jsonl` into `folder`. `shown` are ids of exchanges that the sample must hold;
    `inquiry` hears of every line.

    Raises DiskRefused.
    """
    walk, meter, sampler, people = LogWalk(), Meter(), _Sampler(shown), _People()
    digest, counting = hashlib.sha256(), Counting(MOST_NUMBERS)
    count = refused = 0
    leaks = False
    batch: list[str] = []
    with say_what_the_disk_refused("evidence", folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / EXCHANGES).open("wb") as file:

            def flush() -> None:
                nonlocal leaks
                content = "".join(batch).encode()
                batch.clear()
                leaks = leaks or secrets.occurs_in(content)
                digest.update(content)
                file.write(content)

            for exchange in lines:
                count += 1
                refused += bool(exchange.refused)
                walk.pass_by(exchange)
                meter.pass_by(exchange)
                sampler.pass_by(exchange)
                people.pass_by(exchange)
                inquiry.pass_by(exchange)
                counting.pass_by(exchange)
                batch.append(to_line(exchange) + "\n")
                if len(batch) >= _BATCH:
                    flush()
            flush()
    return Spooled(
        digest=digest.hexdigest(),
        count=count,
        refused=refused,
        log=walk.finding(),
        latencies=meter.latencies(names),
        inventory=tuple(map(_shorten, take_inventory(people.firsts, names))),
        protection=inquiry.report(),
        measures=counting.measures(),
        individuals=frozenset(people.individuals),
        sample=sampler.sample(),
        leaks=leaks,
    )


class _Sampler:
    """Keeps what the page shows."""

    def __init__(self, shown: Collection[str]) -> None:
        self._shown = frozenset(shown)
        self._kept: dict[int, Exchange] = {}
        self._last: deque[Exchange] = deque(maxlen=MOST_AT_EITHER_END)
        self._refused = 0

    def pass_by(self, exchange: Exchange) -> None:
        self._last.append(exchange)
        early = len(self._kept) < MOST_AT_EITHER_END
        notable = bool(exchange.refused) and self._refused < MOST_REFUSED
        if early or notable or exchange.id in self._shown:
            self._kept[exchange.number] = exchange
            self._refused += bool(exchange.refused)

    def sample(self) -> tuple[Exchange, ...]:
        known = {**self._kept, **{each.number: each for each in self._last}}
        return tuple(known[number] for number in sorted(known))


class _People:
    """Keeps one line without its bodies for each person and each way of reading about them."""

    def __init__(self) -> None:
        self._seen: set[tuple[object, ...]] = set()
        self.firsts: list[Exchange] = []
        self.individuals: set[str] = set()

    def pass_by(self, exchange: Exchange) -> None:
        if exchange.individual:
            self.individuals.add(exchange.individual)
        if exchange.kind == "control" or not (exchange.fields or exchange.refused):
            return
        key = (
            *(exchange.individual, exchange.client, exchange.service, exchange.block, exchange.refused),
            hash((exchange.purpose, exchange.legal_basis, exchange.fields, bool(exchange.consent))),
        )
        if key in self._seen:
            return
        self._seen.add(key)
        shared = {
            name: sys.intern(getattr(exchange, name))
            for name in ("purpose", "legal_basis", "retention", "recipient", "client", "service", "block")
        }
        bare = dict.fromkeys(("request", "response"), None) | dict.fromkeys(("path", "hash", "previous"), "")
        bare["fields"] = expand_fields(exchange)
        self.firsts.append(exchange.model_copy(update={**shared, **bare}))


def _shorten(row: Disclosure) -> Disclosure:
    return replace(row, exchanges=row.exchanges[:MOST_NUMBERS], refused=row.refused[:MOST_NUMBERS])
