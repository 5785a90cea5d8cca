"""Opens the books: accounts per currency, and the treasury's grant as the first journal.

Payees are not seeded: who may be paid is what a programme registers.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.compute as pc

from blockkit.seed import read_batches, run_sql

GRANT = 1_000_000_000_000
"""What the treasury grants, in minor units: more than any exercise spends."""

TEST_CURRENCY = "XTS"
"""ISO 4217's code for testing; used when there is no population to tell another."""

GROUP, VALID_DAYS = "GEN", 90
"""The voucher group that is always there, and for how long its vouchers are good."""

SOURCES = ["bb-registration", "bb-digital-registries", "bb-payments", "bb-messaging", "bb-consent"]
"""The building blocks that may order vouchers from the first day."""


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema and open the books; the caller commits."""
    for name in ("schema", "vouchers", "billing"):
        run_sql(connection, Path(__file__).parent / f"{name}.sql", role=role)
    connection.execute("INSERT INTO voucher_groups VALUES (%s, %s)", [GROUP, VALID_DAYS])
    connection.execute("INSERT INTO source_blocks SELECT unnest(%s::text[])", [SOURCES])
    for currency in _currencies(data):
        _open_books(connection, currency, _first_day(data))


def _currencies(data: Path) -> list[str]:
    found: set[str] = set()
    for batch in read_batches(data / "accounts.parquet", ["currency"]):
        found.update(pc.unique(batch.column(0)).to_pylist())
    return sorted(found) or [TEST_CURRENCY]


def _first_day(data: Path) -> date | None:
    """Tell the day on which the sandbox's clock starts; None without a population."""
    manifest = data / "manifest.json"
    if not manifest.is_file():
        return None
    return date.fromisoformat(json.loads(manifest.read_text(encoding="utf-8"))["reference_date"])


def _open_books(connection: psycopg.Connection[Any], currency: str, today: date | None) -> None:
    for kind in ("treasury", "funding", "suspense", "fees"):
        connection.execute("INSERT INTO accounts VALUES (%s, %s, %s)", [f"{kind}:{currency}", kind, currency])
    row = connection.execute(
        """INSERT INTO journals (kind, booked_on) VALUES ('grant', coalesce(%s, current_date))
           RETURNING number""",
        [today],
    ).fetchone()
    assert row is not None
    connection.execute(
        "INSERT INTO postings VALUES (%(n)s, %(treasury)s, %(out)s), (%(n)s, %(funding)s, %(grant)s)",
        {
            "n": row[0],
            "treasury": f"treasury:{currency}",
            "funding": f"funding:{currency}",
            "out": -GRANT,
            "grant": GRANT,
        },
    )
