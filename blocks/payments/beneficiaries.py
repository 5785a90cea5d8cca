"""The account mapper: which account a payee is paid to. It never learns a payee's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from blockkit.records import Connection
from blocks.payments.requests import Refused


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """A payee and where the money goes; None leaves a value as it is (updates only)."""

    functional_id: str
    modality: str | None
    financial_address: str | None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """An account at an institution."""

    institution: str
    account_number: str


def route_of(financial_address: str) -> Route | None:
    """Read `<institution>/<account number>`; None for an address that no institution of ours serves."""
    institution, slash, account_number = financial_address.partition("/")
    if not (institution.isalnum() and institution.isascii() and slash and account_number):
        return None
    return Route(institution, account_number)


def register(db: Connection, source_bb: str, given: Sequence[Beneficiary], today: date) -> None:
    """Register payees, all or none. Raises Refused for one that is registered with another address."""
    for one in given:
        db.execute(
            "INSERT INTO beneficiaries (functional_id, modality, financial_address, source_bb,"
            " registered_on, updated_on) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [one.functional_id, one.modality, one.financial_address, source_bb, today, today],
        )
        kept = db.execute(
            "SELECT modality, financial_address FROM beneficiaries WHERE functional_id = %s",
            [one.functional_id],
        ).fetchone()
        if kept != {"modality": one.modality, "financial_address": one.financial_address}:
            raise Refused("a payee is registered already with another account: update it instead")


def update(db: Connection, given: Sequence[Beneficiary], today: date) -> None:
    """Change payees, all or none. Raises Refused for one that isn't registered."""
    for one in given:
        changed = db.execute(
            """UPDATE beneficiaries SET modality = coalesce(%s, modality), updated_on = %s,
                                        financial_address = coalesce(%s, financial_address),
                                        active = coalesce(%s, active)
                WHERE functional_id = %s""",
            [one.modality, today, one.financial_address, one.active, one.functional_id],
        )
        if not changed.rowcount:
            raise Refused("a payee is not registered: register it first")


def look_up(db: Connection, source_bb: str, functional_ids: Iterable[str]) -> list[Beneficiary]:
    """Give those payees that the source registered and that may be paid, in the order asked for."""
    wanted = list(dict.fromkeys(functional_ids))
    rows = db.execute(
        """SELECT functional_id, modality, financial_address FROM beneficiaries
            WHERE functional_id = ANY(%s) AND source_bb = %s AND active""",
        [wanted, source_bb],
    ).fetchall()
    found = {row["functional_id"]: row for row in rows}
    return [
        Beneficiary(one, found[one]["modality"], found[one]["financial_address"])
        for one in wanted
        if one in found
    ]


def addresses_of(db: Connection, functional_ids: Iterable[str]) -> dict[str, str]:
    """Give the financial addresses of those payees that are registered and may be paid."""
    rows = db.execute(
        "SELECT functional_id, financial_address FROM beneficiaries WHERE functional_id = ANY(%s) AND active",
        [list(functional_ids)],
    ).fetchall()
    return {row["functional_id"]: row["financial_address"] for row in rows}
