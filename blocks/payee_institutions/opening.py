"""Opening accounts, for people whom the population has without one. An account is opened once.

Nobody's balance is given: what an account holds comes by settlement alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from blockkit.problems import Problem
from blockkit.records import Connection, Row

CLEARING = "CLEARING-"
"""How the numbers of institutions' own accounts begin; nobody else's do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An account as it is asked for, and who will hold it."""

    institution: str
    account_number: str
    kind: str
    currency: str
    individual_id: str
    functional_id: str


def open_account(db: Connection, wish: Wish) -> tuple[Row, bool]:
    """Give the account, and whether it is new; the same wish again is the same account.

    Raises Problem 409 when the number is another account's, or one of the ids another person's.
    """
    # One after another, as settlements are: numbers are given by counting.
    db.execute("SELECT pg_advisory_xact_lock(1)")
    known = db.execute(
        """SELECT institution, account_number, kind, currency, status, individual_id, functional_id
             FROM accounts LEFT JOIN holders USING (person_no) WHERE account_number = %s""",
        [wish.account_number],
    ).fetchone()
    if known is None and not wish.account_number.startswith(CLEARING):
        return _open(db, wish, _holder(db, wish)), True
    if known is None or any(known[name] != getattr(wish, name) for name in wish.__slots__):
        raise Problem(409, "account-taken", "this number is another account's")
    return known, False


def _holder(db: Connection, wish: Wish) -> int:
    rows = db.execute(
        "SELECT person_no, individual_id, functional_id FROM holders"
        " WHERE individual_id = %(individual)s OR functional_id = %(functional)s",
        {"individual": wish.individual_id, "functional": wish.functional_id},
    ).fetchall()
    if not rows:
        row = db.execute(
            """INSERT INTO holders VALUES (greatest((SELECT max(person_no) FROM holders), 0) + 1, %s, %s)
               RETURNING person_no""",
            [wish.individual_id, wish.functional_id],
        ).fetchone()
        assert row is not None, "an insert returns its row"
        number: int = row["person_no"]
        return number
    (first, *others) = rows
    if others or (first["individual_id"], first["functional_id"]) != (wish.individual_id, wish.functional_id):
        raise Problem(409, "holder-differs", "one of the two ids is another person's")
    holder: int = first["person_no"]
    return holder


def _open(db: Connection, wish: Wish, holder: int) -> Row:
    offered = {"institution": wish.institution, "currency": wish.currency}
    db.execute(
        """INSERT INTO accounts (account_id, institution, account_number, kind, currency)
           SELECT least((SELECT min(account_id) FROM accounts), 0) - 1, %(institution)s,
                  concat(%(clearing)s::text, %(institution)s::text, '-', %(currency)s::text), 'clearing',
                  %(currency)s
            WHERE NOT EXISTS (SELECT FROM accounts WHERE kind = 'clearing'
                               AND institution = %(institution)s AND currency = %(currency)s)""",
        {**offered, "clearing": CLEARING},
    )
    row = db.execute(
        """INSERT INTO accounts (account_id, person_no, institution, account_number, kind, currency)
           VALUES (greatest((SELECT max(account_id) FROM accounts), 0) + 1,
                   %(holder)s, %(institution)s, %(number)s, %(kind)s, %(currency)s)
           RETURNING institution, account_number, kind, currency, status""",
        {**offered, "holder": holder, "number": wish.account_number, "kind": wish.kind},
    ).fetchone()
    assert row is not None, "an insert returns its row"
    return row
