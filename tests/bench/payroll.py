"""How fast a batch is paid: payments and the payee institutions, each a process with a database of its own.

Payments calls the institutions straight, where the mediator would be, so that what is measured is the two
ledgers: the batch taken, checked and written, settled a thousand at a time, booked, completed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, Series
from installation import Installation

from blockkit.standalone import throw_away_server
from blocks.payee_institutions import seed as witness_seed
from blocks.payments import seed as payments_seed

INSTRUCTIONS = 100_000
PATIENCE_SECONDS = 1800
SECRET = "secret-of-the-bench"
PROGRAM = """
import os, sys
from importlib import import_module
import httpx2, uvicorn

class Straight(httpx2.HTTPTransport):
    def handle_request(self, request):
        path = request.url.path.partition("/payee-institutions")[2]
        if not path:  # a callback
            return httpx2.Response(202, json={})
        headers = [("X-Sandbox-Secret", os.environ["SANDBOX_SECRET"]), ("Content-Type", "application/json")]
        url = request.url.copy_with(path=path)
        return super().handle_request(
            httpx2.Request(request.method, url, headers=headers, content=request.read())
        )

app = import_module(f"blocks.{sys.argv[1]}.app").create_app(os.environ, transport=Straight())
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_config=None, access_log=False)
"""


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Pay a batch of 100,000 people at three institutions, `runs` times, each another period."""
    del installation
    taken: list[float] = []
    paid: list[float] = []
    with _payments() as (client, owner):
        for run in range(runs):
            began = time.perf_counter()
            answer = client.post("/bulk-payment", json=_batch(run))
            if answer.status_code != 200:
                raise RuntimeError(f"the batch was answered {answer.status_code}: {answer.text[:300]}")
            taken.append(INSTRUCTIONS / (time.perf_counter() - began))
            _wait_for_the_end(owner, run)
            paid.append(INSTRUCTIONS / (time.perf_counter() - began))
            say(f"batch {run + 1}: {taken[-1]:.0f} instructions/s taken, {paid[-1]:.0f} instructions/s paid")
    return [
        Figure(
            name=f"payroll-100k-{name}", unit="instructions/s", measured=Series(rates), more_is_better=True
        )
        for name, rates in (("taken", taken), ("paid", paid))
    ]


def _batch(run: int) -> dict[str, object]:
    return {
        "RequestID": f"REQUEST{run:05}",
        "SourceBBID": "REGISTRATION",
        "BatchID": f"BATCH{run:07}",
        "Programme": "bench",
        "Period": f"period {run}",
        "CreditInstructions": [
            {
                "InstructionID": f"I{run:05}{n:010}",
                "PayeeFunctionalID": f"P{n:019}",
                "Amount": 20.25,
                "Currency": "XTS",
                "Narration": "bench",
            }
            for n in range(INSTRUCTIONS)
        ],
    }


def _wait_for_the_end(owner: str, run: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    batch = f"BATCH{run:07}"
    with psycopg.connect(owner, autocommit=True) as connection:
        while connection.execute("SELECT status FROM batches WHERE batch_id = %s", [batch]).fetchone() != (
            "completed",
        ):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the batch was not completed after {PATIENCE_SECONDS} s")
            time.sleep(0.1)
        credited = connection.execute(
            "SELECT count(*) FROM instructions WHERE batch_id = %s AND status = 'credited'", [batch]
        ).fetchone()
    if credited != (INSTRUCTIONS,):
        raise RuntimeError(f"{credited} of {INSTRUCTIONS} were credited")


@contextmanager
def _payments() -> Iterator[tuple[httpx2.Client, str]]:
    """Give a client of payments, and the URL of its database's owner."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-payroll-")))
        _write_population(data)
        server = stack.enter_context(throw_away_server())
        books = server.make_database("witness", witness_seed.load, data)
        ledger = server.make_database("payments", payments_seed.load, data)
        owner = ledger.replace("payments:", "payments_owner:", 1)
        with psycopg.connect(owner) as connection:
            connection.execute(
                "INSERT INTO beneficiaries SELECT 'P' || lpad(n::text, 19, '0'), '00',"
                " 'ZZBANK0' || mod(n, 3) || '/ACC' || n, 'source', current_date, current_date"
                f" FROM generate_series(0, {INSTRUCTIONS - 1}) AS n"
            )
            connection.execute("ANALYZE")
        witness, payments = _free_port(), _free_port()
        stack.enter_context(_running("payee_institutions", witness, books, witness))
        stack.enter_context(_running("payments", payments, ledger, witness))
        yield (
            stack.enter_context(
                httpx2.Client(
                    base_url=f"http://127.0.0.1:{payments}",
                    headers={"X-Sandbox-Secret": SECRET},
                    timeout=PATIENCE_SECONDS,
                    trust_env=False,
                )
            ),
            owner,
        )


def _write_population(data: Path) -> None:
    numbers = range(INSTRUCTIONS)
    persons = {
        "person_no": pa.array(numbers, pa.int64()),
        "individual_id": [f"ZZ{n}" for n in numbers],
        "functional_id": [f"P{n:019}" for n in numbers],
    }
    accounts = {
        "account_id": pa.array(numbers, pa.int64()),
        "person_no": pa.array(numbers, pa.int64()),
        "institution": [f"ZZBANK0{n % 3}" for n in numbers],
        "account_number": [f"ACC{n}" for n in numbers],
        "kind": ["bank"] * INSTRUCTIONS,
        "currency": ["XTS"] * INSTRUCTIONS,
        "status": ["open"] * INSTRUCTIONS,
    }
    pq.write_table(pa.table(persons), data / "persons.parquet")
    pq.write_table(pa.table(accounts), data / "accounts.parquet")
    (data / "manifest.json").write_text(json.dumps({"reference_date": "2026-01-01"}))


@contextmanager
def _running(block: str, port: int, database: str, witness: int) -> Iterator[None]:
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATABASE_URL": database,
        "MEDIATOR_URL": f"http://127.0.0.1:{witness}",
        "ISSUER_URL": f"http://127.0.0.1:{witness}",
        "SANDBOX_ID": "bench",
        "SANDBOX_SECRET": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, block], env=environment, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{block} did not start") from None
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
