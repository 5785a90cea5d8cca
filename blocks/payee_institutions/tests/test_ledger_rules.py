"""The ledger's rules are the database's: plain SQL with the serving role's rights can't break them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

JOURNAL = "INSERT INTO journals (booked_on, value_date) VALUES ('2026-01-01', '2026-01-01');"
LAST = "(SELECT max(number) FROM journals)"


@pytest.fixture
def books(client: TestClient, instruction: Callable[..., dict[str, Any]], database: str) -> Any:
    """A connection of the serving role to a ledger with one credit in it."""
    body = {"settlementId": "S1", "instructions": [instruction(1)]}
    client.post("/institutions/ZZBANK01/settlements", json=body)
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE postings SET amount = amount * 2",
        "DELETE FROM postings",
        "TRUNCATE outcomes CASCADE",
        "UPDATE journals SET booked_on = '2000-01-01'",
        "UPDATE outcomes SET result = 'rejected'",
        "UPDATE accounts SET person_no = 1",
        "ALTER TABLE postings DISABLE TRIGGER ALL",
    ],
)
def test_nothing_written_is_changed(books: Any, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.execute(attack)


@pytest.mark.parametrize(
    "attack",
    [
        JOURNAL,
        f"{JOURNAL} INSERT INTO postings VALUES ({LAST}, 0, 5)",
        f"{JOURNAL} INSERT INTO postings VALUES ({LAST}, 0, 5), ({LAST}, -1, -4)",
        "INSERT INTO postings VALUES (1, 1, 5), (1, 3, -5)",
        f"{JOURNAL} INSERT INTO postings VALUES ({LAST}, 0, 5), ({LAST}, -1, -5);"
        f" SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO postings VALUES ({LAST}, 1, 7)",
    ],
)
def test_a_journal_balances_or_is_not_written(books: Any, attack: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        books.execute(attack)
    assert books.execute("SELECT count(*), sum(amount) FROM postings").fetchone() == (2, 0)


def test_numbers_have_no_gap_whatever_number_is_asked_for(books: Any) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        books.execute(JOURNAL)
    books.execute(
        "INSERT INTO journals (number, booked_on, value_date, entered_in)"
        " VALUES (99, '2026-01-01', '2026-01-01', '1');"
        f"INSERT INTO postings VALUES ({LAST}, 0, 5), ({LAST}, -1, -5)"
    )
    assert books.execute("SELECT array_agg(number ORDER BY number) FROM journals").fetchone() == ([1, 2],)
