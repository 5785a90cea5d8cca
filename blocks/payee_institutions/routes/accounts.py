"""Accounts: does one exist, may it be credited, and what has arrived on it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from blockkit.app import Kit
from blockkit.records import Row
from blocks.payee_institutions.books import find_account, find_accounts, read_statement
from blocks.payee_institutions.opening import Wish, open_account
from blocks.payee_institutions.routes.settlements import Code, Currency


class CheckBody(BaseModel):
    """The accounts to check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accountNumbers: Annotated[tuple[Code, ...], Field(min_length=1, max_length=1000)]  # noqa: N815


class OpenBody(BaseModel):
    """Who will hold the account, and what kind it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    individualId: Code  # noqa: N815  the wire's names
    functionalId: Code  # noqa: N815
    kind: Literal["bank", "mobile-money"]
    currency: Currency

    def as_wish(self, institution: str, account_number: str) -> Wish:
        """Say which account is to be opened."""
        return Wish(
            institution=institution,
            account_number=account_number,
            kind=self.kind,
            currency=self.currency,
            individual_id=self.individualId,
            functional_id=self.functionalId,
        )


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.put("/institutions/{institution}/accounts/{accountNumber}")
    def open_it(
        institution: Code,
        accountNumber: Code,  # noqa: N803
        body: OpenBody,
        response: Response,
    ) -> dict[str, str]:
        with kit.records.transaction() as db:
            account, new = open_account(db, body.as_wish(institution, accountNumber))
        response.status_code = 201 if new else 200
        return _describe(account)

    @router.get("/institutions/{institution}/accounts/{accountNumber}")
    def check_account(institution: Code, accountNumber: Code) -> dict[str, str]:  # noqa: N803
        with kit.records.transaction() as db:
            return _describe(find_account(db, institution, accountNumber))

    @router.post("/institutions/{institution}/account-checks")
    def check_accounts(institution: Code, body: CheckBody) -> dict[str, Any]:
        with kit.records.transaction() as db:
            known = {
                row["account_number"]: row for row in find_accounts(db, institution, body.accountNumbers)
            }
        unknown = {"institution": institution, "status": "unknown", "kind": "", "currency": ""}
        return {
            "accounts": [
                _describe(known[number]) if number in known else {**unknown, "accountNumber": number}
                for number in body.accountNumbers
            ]
        }

    @router.get("/institutions/{institution}/accounts/{accountNumber}/statement")
    def statement(
        institution: Code,
        accountNumber: Code,  # noqa: N803
        since: date | None = None,
        until: date | None = None,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return read_statement(db, find_account(db, institution, accountNumber), since, until)

    return router


def _describe(account: Row) -> dict[str, str]:
    return {
        "institution": account["institution"],
        "accountNumber": account["account_number"],
        "status": account["status"],
        "kind": account["kind"],
        "currency": account["currency"],
    }
