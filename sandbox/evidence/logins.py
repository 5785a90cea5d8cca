"""Finds what the sandbox's own log-ins consist of, so that the diagram can tell each as one arrow.

The control `logIn` plays identity's real flow: pages, a letter, a look into the inbox, a token. Seven
calls, twenty times over, would bury the service under trial. What lies outside the time of a log-in,
is spoken by anybody else, or did not go well, is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.model.run import Exchange

LOG_IN = "logIn"


@dataclass(frozen=True, slots=True)
class LogIns:
    """The log-ins of a run."""

    providers: Mapping[str, str]
    """The service that showed the pages, by the id of the log-in."""
    parts: frozenset[str]
    """Ids of the exchanges that a log-in consists of."""


def find_log_ins(exchanges: Sequence[Exchange]) -> LogIns:
    """Find them in exchanges that are in the order in which they began."""
    providers: dict[str, str] = {}
    parts: set[str] = set()
    running: list[Exchange] = []
    for exchange in exchanges:
        if exchange.refused or exchange.fault or exchange.status >= 400:
            continue
        running = [each for each in running if exchange.at <= _end_of(each)]
        if exchange.kind == "control" and exchange.operation_id == LOG_IN:
            running.append(exchange)
        elif running and exchange.kind == "public":
            providers[running[-1].id] = exchange.service
            parts.add(exchange.id)
        elif running and exchange.client in {running[-1].service, *providers.values()}:
            parts.add(exchange.id)  # whoever shows the pages also sends the letter
    return LogIns(providers, frozenset(parts))


def _end_of(exchange: Exchange) -> datetime:
    return exchange.at + timedelta(milliseconds=exchange.milliseconds)
