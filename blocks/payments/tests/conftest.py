"""Institutions that answer as the witness does, a mailbox for callbacks, and registered payees."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.app import Kit, make_kit
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.payments import beneficiaries
from blocks.payments.app import create_app
from blocks.payments.batches import Credit, Order
from blocks.payments.callbacks import deliver_next
from blocks.payments.completion import complete_next
from blocks.payments.seed import load
from blocks.payments.settlement import reserve_next, settle_next
from blocks.payments.tests.voucher_desk import Desk

PREFIX = "/r1/SBX/GOV/CENTRAL/payee-institutions/institutions/"


@dataclass
class Institutions:
    """A bank that decides each instruction once; `fault` may break what it says after it has paid."""

    closed: set[str] = field(default_factory=set)
    paid: dict[str, dict[str, Any]] = field(default_factory=dict)
    fault: Callable[[httpx2.Response], httpx2.Response] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        institution, _, what = request.url.path.removeprefix(PREFIX).partition("/")
        body = json.loads(request.content)
        if not institution.startswith("ZZ"):
            return httpx2.Response(404, json={"type": "urn:x/institution-unknown"})
        if what == "account-checks":
            accounts = [
                {
                    "accountNumber": number,
                    "status": "closed" if number in self.closed else "open",
                    "currency": "XTS",
                }
                for number in body["accountNumbers"]
            ]
            return httpx2.Response(200, json={"accounts": accounts})
        with self.lock:
            results = [self._settle(one) for one in body["instructions"]]
        answer = httpx2.Response(200, json={"settlementId": body["settlementId"], "results": results})
        return self.fault(answer) if self.fault else answer

    def _settle(self, one: dict[str, Any]) -> dict[str, str]:
        closed = one["accountNumber"] in self.closed
        if not closed:
            assert self.paid.setdefault(one["instructionId"], one) == one
        return {
            "instructionId": one["instructionId"],
            "status": "rejected" if closed else "credited",
            "reason": "account-closed" if closed else "",
        }

    @property
    def total(self) -> float:
        return sum(one["amount"] for one in self.paid.values())


@dataclass
class Network:
    """Everything outside: institutions, and a source that may refuse its first callbacks."""

    peers: PeersDouble
    institutions: Institutions = field(default_factory=Institutions)
    refusals: int = 0
    mailbox: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._route)

    def _route(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith(PREFIX):
            return self.institutions.answer(request)
        if request.url.path.startswith("/callbacks/"):
            if self.refusals:
                self.refusals -= 1
                return httpx2.Response(503)
            self.mailbox.put(
                {
                    "kind": request.url.path.removeprefix("/callbacks/"),
                    "correlation": request.headers["X-CorrelationID"],
                    "body": json.loads(request.content),
                }
            )
            return httpx2.Response(202)
        return self.peers.transport().handle_request(request)

    def callback(self) -> dict[str, Any]:
        """Wait for the next callback."""
        return self.mailbox.get(timeout=30)


@pytest.fixture
def network(peers: PeersDouble) -> Network:
    return Network(peers)


@pytest.fixture
def database(make_database: Callable[..., str]) -> str:
    return make_database(load)


@pytest.fixture
def kit(database: str, network: Network) -> Iterator[Kit]:
    """The block's parts without its worker; payees 0 to 9 are registered, 8 at no institution of ours."""
    kit = make_kit("payments", environment_for(database), network.transport())
    kit.records.open()
    payees = [beneficiaries.Beneficiary(payee(n), "00", f"ZZBANK0{n % 2}/ACC{n}") for n in range(8)]
    payees += [
        beneficiaries.Beneficiary(payee(8), "00", "NL87ABNA4193835510"),
        beneficiaries.Beneficiary(payee(9), "00", "NOBANK/ACC9"),
    ]
    with kit.records.transaction() as db:
        beneficiaries.register(db, "SourceBBID11", payees, kit.clock.today())
    yield kit
    kit.peers.close()
    kit.records.close()


@pytest.fixture
def client(kit: Kit, database: str, network: Network) -> Iterator[TestClient]:
    """The whole block with its worker, as the mediator sees it; nothing waits before it tries again."""
    app = create_app(environment_for(database), network.transport(), lambda _: 0.0)
    with as_mediator(app) as client:
        yield client


@pytest.fixture
def work(kit: Kit) -> Callable[[], None]:
    """Do all the work there is, as the worker would, in this thread."""

    def until_idle() -> None:
        steps = (
            lambda: reserve_next(kit),
            lambda: settle_next(kit, lambda _: 0.0),
            lambda: complete_next(kit),
            lambda: deliver_next(kit, lambda _: 0.0),
        )
        while any(step() for step in steps):
            pass

    return until_idle


@pytest.fixture
def auditor(kit: Kit, database: str) -> Iterator[psycopg.Connection[Any]]:
    """A plain connection of the serving role."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def payee(number: int) -> str:
    return f"PAYEE{number:015}"


def order(batch: str, *numbers: int, period: str = "2026-01", amount: int = 2000, prefix: str = "") -> Order:
    """A batch that pays the numbered payees."""
    return Order(
        batch_id=f"{batch:0>12}",
        source_bb="SourceBBID11",
        programme="cash-transfer",
        period=period,
        credits=tuple(
            Credit(f"{prefix or batch}-{n:0>{15 - len(prefix or batch)}}", payee(n), amount, "XTS", "grant")
            for n in numbers
        ),
        correlation=f"{batch:0>12}",
    )


@pytest.fixture
def make_order() -> Callable[..., Order]:
    return order


@pytest.fixture
def bulk() -> Callable[..., dict[str, Any]]:
    """Write a body of `/bulk-payment`."""

    def make(batch: str, *numbers: int, request: str | None = None, **changed: Any) -> dict[str, Any]:
        what = order(batch, *numbers)
        body = {
            "RequestID": request or f"R{batch:0>11}",
            "SourceBBID": what.source_bb,
            "BatchID": what.batch_id,
            "Programme": what.programme,
            "Period": what.period,
            "CreditInstructions": [
                {
                    "InstructionID": one.instruction_id,
                    "PayeeFunctionalID": one.payee,
                    "Amount": one.amount / 100,
                    "Currency": one.currency,
                    "Narration": one.narration,
                }
                for one in what.credits
            ],
        }
        return {**body, **changed}

    return make


@pytest.fixture
def desk(client: TestClient, peers: PeersDouble) -> Desk:
    return Desk(client, peers)
