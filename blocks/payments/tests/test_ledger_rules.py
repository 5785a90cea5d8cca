"""The ledger's rules are the database's: plain SQL with the serving role's rights can't break them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from blockkit.app import Kit
from blocks.payments import batches
from blocks.payments.batches import Order

LAST = "(SELECT max(number) FROM journals)"
B1 = "0000000000B1"
PAID = "B1-0000000000000"
FRESH = "B1-0000000000001"


def journal(kind: str, giving: str, taking: str, amount: int = 2000, instruction: str = PAID) -> str:
    """Write a journal as an attacker would."""
    contra = "(SELECT min(number) FROM journals WHERE kind = 'reserve')" if kind == "return" else "NULL"
    name = "NULL" if kind in ("grant", "allot") else f"'{instruction}'"
    batch = "NULL" if kind == "grant" else f"'{B1 if name != 'NULL' else 'other'}'"
    return (
        "INSERT INTO journals (kind, batch_id, instruction_id, contra_of, booked_on)"
        f" VALUES ('{kind}', {batch}, {name}, {contra}, '2026-01-01');"
        f"INSERT INTO postings VALUES ({LAST}, '{giving}', {-amount}), ({LAST}, '{taking}', {amount})"
    )


@pytest.fixture
def books(
    kit: Kit, work: Callable[[], None], make_order: Callable[..., Order], auditor: Any
) -> psycopg.Connection[Any]:
    """A connection of the serving role to a ledger in which payee 0 was paid 20."""
    with kit.records.transaction() as db:
        batches.accept(db, make_order("B1", 0), kit.clock.today())
    work()
    auditor.execute("INSERT INTO accounts VALUES ('payee:THIEF:XTS', 'payee', 'XTS')")
    return auditor  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE postings SET amount = amount * 2",
        "DELETE FROM postings",
        "DELETE FROM journals",
        "TRUNCATE postings",
        "UPDATE journals SET booked_on = '2000-01-01'",
        "UPDATE instructions SET payee = 'THIEF'",
        "UPDATE accounts SET kind = 'payee'",
        "DELETE FROM requests",
        "UPDATE balances SET amount = amount + 1",
        "INSERT INTO balances VALUES ('payee:THIEF:XTS', 1)",
        "ALTER TABLE postings DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        journal("grant", "treasury:XTS", "funding:XTS"),
    ],
)
def test_nothing_written_is_changed_and_no_money_is_made(books: Any, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.execute(attack)


@pytest.mark.parametrize(
    "attack",
    [
        journal("credit", "suspense:XTS", "payee:THIEF:XTS", instruction=FRESH),
        journal("reserve", "funding:XTS", "suspense:XTS", instruction=FRESH),
        journal("reserve", "programme:cash-transfer:XTS", "suspense:XTS", instruction=FRESH),
        journal("allot", "funding:XTS", "payee:THIEF:XTS"),
        journal("allot", "treasury:XTS", "programme:cash-transfer:XTS"),
        journal("allot", "funding:XTS", "programme:cash-transfer:XTS", 10**13),
        "INSERT INTO postings VALUES (1, 'payee:THIEF:XTS', 5), (1, 'suspense:XTS', -5)",
        journal("allot", "funding:XTS", "programme:cash-transfer:XTS")
        + f"; SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO postings VALUES ({LAST}, 'payee:THIEF:XTS', 7)",
        "INSERT INTO journals (kind, batch_id, booked_on) VALUES ('allot', 'other', '2026-01-01')",
        "UPDATE instructions SET status = 'pending'",
        "UPDATE instructions SET status = 'rejected', reason = 'x'",
        "INSERT INTO accounts VALUES ('payee:THIEF:EUR', 'funding', 'XTS')",
    ],
)
def test_money_goes_the_ledgers_ways_or_nowhere(books: Any, attack: str) -> None:
    before = books.execute("SELECT count(*), sum(abs(amount)) FROM postings").fetchone()
    with pytest.raises(psycopg.errors.CheckViolation):
        books.execute(attack)
    assert books.execute("SELECT count(*), sum(abs(amount)) FROM postings").fetchone() == before


@pytest.mark.parametrize(
    "attack",
    [
        journal("credit", "suspense:XTS", "payee:THIEF:XTS"),
        journal("return", "suspense:XTS", "funding:XTS"),
        journal("reserve", "programme:cash-transfer:XTS", "suspense:XTS"),
        "INSERT INTO instructions SELECT 'second', i.* FROM (SELECT 'new', 9, payee, amount, currency,"
        " narration, programme, period, institution, account_number, 'pending' FROM instructions) AS i",
    ],
)
def test_an_instruction_has_one_outcome(books: Any, attack: str) -> None:
    if "second" in attack:
        books.execute(
            "INSERT INTO batches (batch_id, content_hash, source_bb, programme, period, currency,"
            " correlation, exchange, accepted_on)"
            " VALUES ('second', '', '', '', '', 'XTS', '', '', '2026-01-01')"
        )
    with pytest.raises(psycopg.errors.UniqueViolation):
        books.execute(attack)


def test_an_account_holds_the_sum_of_its_postings(books: Any) -> None:
    held = books.execute("SELECT account, amount FROM balances ORDER BY 1").fetchall()
    assert (
        held
        == books.execute("SELECT account, sum(amount)::bigint FROM postings GROUP BY 1 ORDER BY 1").fetchall()
    )
    assert len(held) >= 4


def test_nobody_gives_what_they_have_not(books: Any) -> None:
    ((programme,),) = books.execute("SELECT code FROM accounts WHERE kind = 'programme'").fetchall()
    more = journal("allot", "funding:XTS", programme, amount=10**15)
    with pytest.raises(psycopg.errors.CheckViolation, match="overdrawn"):
        books.execute(more)


def test_numbers_have_no_gap_whatever_number_is_asked_for(books: Any) -> None:
    for amount in (10**13, 1):
        attempt = journal("allot", "funding:XTS", "programme:cash-transfer:XTS", amount)
        try:
            books.execute(attempt.replace("(kind,", "(number, kind,").replace("('allot'", "(99, 'allot'"))
        except psycopg.errors.CheckViolation:
            assert amount == 10**13
    numbers = [row[0] for row in books.execute("SELECT number FROM journals ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))
