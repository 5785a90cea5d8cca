"""What there is at the end of a play: money, entries of registers and messages, read as an auditor would.

Everything is asked through the blocks' own operations, with rights of its own that only a challenge's wiring
has; what a block does not let anybody list without an officer's token is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.calls.gate import Gate
from sandbox.challenge.judging import REPORTED, WITNESS, State, flatten
from sandbox.challenge.plan import sender
from sandbox.errors import BlockUnreachable
from sandbox.model.run import Exchange
from sandbox.model.wiring import INSTANCE, Client, Right, Wiring, application_of

AUDITOR = f"{INSTANCE}/GOV/SANDBOX/auditor"
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "payee-institutions": ("listCredits",),
    "payments": ("listCredits", "readTrialBalance"),
    "digital-registries": ("listDatabases", "list"),
    "registration": ("readStatistics",),
    "messaging": ("listInbox",),
}
"""What the auditor may read, by block."""
MOST = 10_000
"""Entries of one register that are compared; of a larger one the number is."""
ARRIVED = frozenset({"callback-unconfirmed"})
"""Faults of which the message arrives although nobody is told so."""
Entries = list[dict[str, Any]]


def add_auditor(wiring: Wiring) -> Wiring:
    """Give the auditor the rights to read the end state."""
    rights = []
    for service in wiring.services:
        offered = {each.operation_id for each in service.operations}
        asked = tuple(name for name in OPERATIONS.get(service.block, ()) if name in offered)
        if asked:
            rights.append(
                Right(
                    client=AUDITOR,
                    service=service.application,
                    operations=asked,
                    purpose="Compare the end state with that of a play without faults.",
                    legal_basis="None: an act of the sandbox itself, on fictitious people.",
                    retention="The life of the sandbox.",
                    recipient="Whoever challenges the sandbox.",
                )
            )
    auditor = Client(application=AUDITOR, name="Who looks for losses", proof="sandbox")
    return wiring.model_copy(
        update={"clients": (*wiring.clients, auditor), "rights": (*wiring.rights, *rights)}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Reads the end state of one sandbox."""

    gate: Gate
    wiring: Wiring

    def read(self, exchanges: Sequence[Exchange]) -> State:
        """Read everything; `exchanges` are those of the play. Raises BlockUnreachable while one is down."""
        state: dict[str, Sequence[Mapping[str, Any]]] = {"messages": _delivered(exchanges)}
        for slug, read in _READERS.items():
            if self._may(slug):
                state |= {name: [flatten(each) for each in found] for name, found in read(self)}
        if self._may("messaging"):
            state["inboxes"] = list(self._inboxes(exchanges))
        return state

    def _may(self, slug: str) -> bool:
        application = application_of(slug)
        return any(right.client == AUDITOR and right.service == application for right in self.wiring.rights)

    def ask(self, slug: str, path: str, **params: Any) -> Any:
        """Ask a block; None when it wants somebody else to ask."""
        answer = self.gate.call(application_of(slug), "GET", path, client=AUDITOR, params=params)
        if answer.status_code in (401, 403, 404):
            return None
        if answer.status_code != 200:
            raise BlockUnreachable(f"{slug} answered {answer.status_code} to who looks for losses")
        return answer.json()

    def _inboxes(self, exchanges: Sequence[Exchange]) -> Iterator[dict[str, Any]]:
        """Who was told what: each message once, because a block may say a thing twice to be sure."""
        told = {each.individual for each in exchanges if each.operation_id == "deliver" and each.individual}
        found = set()
        for individual in sorted(told):
            inbox = self.ask("messaging", f"/inbox/{individual}", limit=500) or {"messages": []}
            for message in inbox["messages"]:
                # One-time codes are sent for every attempt to log in.
                if sender(str(message.get("sender", ""))) != "identity":
                    found.add((individual, str(message.get("subject", ""))))
        for individual, subject in sorted(found):
            yield {"individual": individual, "subject": subject}


def _delivered(exchanges: Sequence[Exchange]) -> Entries:
    """Messages that arrived, each once: a receiver knows a repeat by its correlation."""
    arrived = {
        (each.operation_id, sender(each.client), each.service, each.correlation)
        for each in exchanges
        if each.kind == "callback" and (200 <= each.status < 300 or each.fault in ARRIVED)
    }
    return [{"kind": kind, "from": who, "to": to} for kind, who, to, _ in sorted(arrived)]


Books = Iterator[tuple[str, Entries]]


def _witness(census: Census) -> Books:
    told = census.ask("payee-institutions", "/credits", limit=MOST)
    if told is not None:
        yield WITNESS, told["credits"]


def _payments(census: Census) -> Books:
    told = census.ask("payments", "/ledger/credits", limit=MOST)
    if told is not None:
        yield REPORTED, told["credits"]
    balance = census.ask("payments", "/ledger/trial-balance")
    if balance is not None:
        yield "imbalance of the ledger", [{"imbalance": balance["imbalance"]}]


def _registers(census: Census) -> Books:
    for catalogue in census.ask("digital-registries", "/databases") or ():
        for version in catalogue["databases"]:
            code, number = catalogue["code"], version["version"]
            told = census.ask("digital-registries", f"/data/{code}/{number}", pageSize=MOST)
            if told is not None:
                whole = told["count"] <= MOST
                yield f"register {code}", told["results"] if whole else [{"entries": told["count"]}]


def _decisions(census: Census) -> Books:
    told = census.ask("registration", "/data/statistics")
    if told is not None:
        yield (
            "decisions",
            [
                {name: each[name] for name in ("processed", "approved", "sentBack", "rejected")}
                for each in told
            ],
        )


_READERS: Mapping[str, Callable[[Census], Books]] = {
    "payee-institutions": _witness,
    "payments": _payments,
    "digital-registries": _registers,
    "registration": _decisions,
}
