"""A hundred clients pay and use vouchers while block and database are killed: nothing lost, nothing doubled.

Each client repeats a request until it gets an answer, as the information mediator's clients do. The
kills come at points drawn from a seed, counted in answers, so nothing here depends on speed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from blockkit.testing import SECRET
from blocks.payments import seed
from tests.fakes.killable import HttpDouble, KillableBlock, KillablePostgres
from tests.fakes.waiting import eventually

FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
KILLS = 50 if FULL else 5
ROUNDS = 4 if FULL else 1
CLIENTS = 100
PAYEES = 200
SEED = 20261127
INSTITUTIONS = "/r1/SBX/GOV/CENTRAL/payee-institutions/institutions/"


@dataclass
class Bank:
    """The witness, which nobody kills: it decides each instruction once and remembers it."""

    paid: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        with self.lock:
            if request.url.path.startswith("/callbacks/"):
                self.told[request.headers["X-CorrelationID"]] += 1
                return httpx2.Response(202, json={})
            assert request.url.path.startswith(INSTITUTIONS)
            for one in body["instructions"]:
                assert self.paid.setdefault(one["instructionId"], one) == one
        results = [
            {"instructionId": one["instructionId"], "status": "credited", "reason": ""}
            for one in body["instructions"]
        ]
        return httpx2.Response(200, json={"settlementId": body["settlementId"], "results": results})


@dataclass
class World:
    """Block, database and witness, and how many requests were answered so far."""

    block: KillableBlock
    postgres: KillablePostgres
    bank: Bank
    owner: str
    answered: int = 0

    def kill(self, what: str) -> None:
        if what in ("block", "both"):
            self.block.kill()
        if what in ("database", "both"):
            self.postgres.kill()
            self.postgres.start()
        if what in ("block", "both"):
            self.block.start()

    def ask(self, statement: str) -> list[Any]:
        with psycopg.connect(self.owner) as connection:
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own, which another run closes again: the server's unprivileged user must get through.
    with tempfile.TemporaryDirectory(prefix="sandbox-killed-") as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    bank = Bank()
    double = HttpDouble(bank.answer)
    postgres = KillablePostgres(folder)
    url = postgres.server.make_database("payments", seed.load, Path("/nonexistent"))
    owner = url.replace("payments:", "payments_owner:", 1)
    with psycopg.connect(owner) as connection:
        connection.execute(
            "INSERT INTO beneficiaries SELECT 'P' || lpad(n::text, 19, '0'), '00',"
            " 'ZZBANK0' || mod(n, 3) || '/' || n, 'source', current_date, current_date"
            f" FROM generate_series(0, {PAYEES - 1}) AS n"
        )
        connection.execute("INSERT INTO merchants VALUES ('Shop', 'SHOP', 'x', 'GEN', 'open')")
    environment = {
        "DATABASE_URL": url,
        "MEDIATOR_URL": double.url,
        "ISSUER_URL": double.url,
        "SANDBOX_SECRET": SECRET,
    }
    block = KillableBlock(environment)
    yield World(block, postgres, bank, owner)
    block.close()
    postgres.kill()
    double.close()


@dataclass
class Client:
    """One of the hundred: pays some payees, and makes and uses a voucher."""

    world: World
    http: httpx2.AsyncClient
    number: int
    killer: Killer

    async def send(self, method: str, path: str, body: Any, **headers: str) -> httpx2.Response:
        """Repeat a request until it is answered by more than a broken connection."""
        while True:
            try:
                answer = await self.http.request(method, path, json=body, headers=headers)
            except httpx2.TransportError:
                continue
            if answer.status_code < 500:
                await self.killer.count()
                return answer
            assert answer.status_code == 503, answer.text

    async def play(self, round_: int) -> None:
        draw = random.Random(f"{SEED}/{self.number}/{round_}")
        name = f"{self.number:03}{round_:02}"
        body = {
            "RequestID": f"R{name:0>11}",
            "SourceBBID": "SourceBBID11",
            "BatchID": f"B{name:0>11}",
            "Programme": "cash",
            "Period": f"period {round_}",
            "CreditInstructions": [
                {
                    "InstructionID": f"I{name}{place:010}",
                    "PayeeFunctionalID": f"P{payee:019}",
                    "Amount": 12.5,
                    "Currency": "XTS",
                    "Narration": "x",
                }
                for place, payee in enumerate(draw.sample(range(PAYEES), 4))
            ],
        }
        assert (await self.send("POST", "/bulk-payment", body)).status_code == 200
        voucher = {
            "voucher_amount": "3",
            "voucher_currency": "XTS",
            "voucher_group": "GEN",
            "Gov_Stack_BB": "bb-registration",
        }
        made = await self.send(
            "POST", "/vouchers/voucher_preactivation", voucher, **{"X-CorrelationID": name}
        )
        told = made.json()
        activation = {
            "voucher_serial_number": int(told["voucher_serial_number"]),
            "Gov_Stack_BB": "bb-registration",
        }
        assert (await self.send("PATCH", "/vouchers/voucher_activation", activation)).status_code == 200
        redemption = {
            "voucher_number": int(told["voucher_number"]),
            "Gov_Stack_BB": "bb-registration",
            "merchant_name": "Shop",
            "merchant_bank_details": "x",
            "merchant_voucher_group": "GEN",
            "override": False,
        }
        correlated = {"X-CorrelationID": f"use-{name}"}
        done = await self.send("POST", "/vouchers/voucher_redemption", redemption, **correlated)
        assert done.status_code == 200, done.text


@dataclass
class Killer:
    """Kills when so many answers were given as the seed has drawn."""

    world: World
    points: list[int]
    draw: random.Random
    killed: int = 0
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def count(self) -> None:
        self.world.answered += 1
        if not self.points or self.world.answered < self.points[0]:
            return
        self.points.pop(0)
        async with self.one_at_a_time:
            await asyncio.to_thread(self.world.kill, self.draw.choice(("block", "database", "both")))
            self.killed += 1


async def crowd(world: World) -> Killer:
    """Let the hundred play while one of them, whoever comes to a point, kills."""
    draw = random.Random(SEED)
    answers = CLIENTS * ROUNDS * 4
    killer = Killer(world, sorted(draw.sample(range(1, answers), KILLS)), draw)
    limits = httpx2.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx2.AsyncClient(
        base_url=world.block.url,
        headers={"X-Sandbox-Secret": SECRET},
        timeout=120,
        limits=limits,
        trust_env=False,
    ) as http:
        clients = [Client(world, http, number, killer) for number in range(CLIENTS)]

        async def all_rounds(client: Client) -> None:
            for round_ in range(ROUNDS):
                await client.play(round_)

        await asyncio.gather(*map(all_rounds, clients))
    return killer


@pytest.mark.campaign
def test_nothing_is_lost_or_doubled_whatever_is_killed_when(world: World) -> None:
    killer = asyncio.run(crowd(world))
    assert killer.killed == KILLS
    open_work = """SELECT (SELECT count(*) FROM batches WHERE status <> 'completed')
                        + (SELECT count(*) FROM callbacks WHERE delivered_at IS NULL)"""
    eventually(lambda: world.ask(open_work) == [(0,)], within=1800 if FULL else 300)
    batches = {f"B{f'{client:03}{round_:02}':0>11}" for client in range(CLIENTS) for round_ in range(ROUNDS)}
    assert {row[0] for row in world.ask("SELECT batch_id FROM batches")} == batches
    assert set(world.bank.told) == batches
    rows = world.ask("SELECT instruction_id, payee, period, status, batch_id FROM instructions")
    assert len(rows) == len(batches) * 4
    credited = {row[0] for row in rows if row[3] == "credited"}
    assert credited == set(world.bank.paid)
    assert {row[3] for row in rows} == {"credited", "rejected"}
    entitlements = Counter((row[1], row[2]) for row in rows if row[3] == "credited")
    assert set(entitlements.values()) == {1}
    assert set(entitlements) == {(row[1], row[2]) for row in rows}, "everybody who was ordered was paid once"
    balances = dict(
        world.ask(
            "SELECT kind, sum(amount)::bigint FROM postings JOIN accounts ON code = account GROUP BY kind"
        )
    )
    vouchers = CLIENTS * ROUNDS
    assert balances["payee"] == len(credited) * 1250
    assert balances["merchant"] == vouchers * 300
    assert (balances["suspense"], balances["programme"], balances["voucher"]) == (0, 0, 0)
    assert sum(balances.values()) == 0
    kept = "SELECT account FROM postings p LEFT JOIN balances b USING (account) GROUP BY account, b.amount"
    assert world.ask(f"{kept} HAVING sum(p.amount) IS DISTINCT FROM b.amount") == []
    allotted = {row[4] for row in rows if row[3] == "credited"}
    journals = 1 + len(allotted) + 2 * len(credited) + 2 * vouchers
    assert world.ask("SELECT count(*), max(number) FROM journals") == [(journals, journals)]
    assert world.ask("SELECT status, count(*) FROM vouchers GROUP BY 1") == [("redeemed", vouchers)]
