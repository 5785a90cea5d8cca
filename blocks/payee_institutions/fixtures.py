"""Accounts that a conformance harness presupposes, opened by the block's own rules before it serves.

The form is `{"accounts": [{"institution": ..., "accountNumber": ..., "kind": "bank", "currency": "XTS",
"individualId": ..., "functionalId": ...}]}`, each as `openAccount` takes it. GovStack publishes no such file:
it specifies no such block.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from blockkit.fixtures import FixturesUnusable, as_form
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.payee_institutions.opening import open_account
from blocks.payee_institutions.routes.accounts import OpenBody
from blocks.payee_institutions.routes.settlements import Code


class Account(OpenBody):
    """One account, with where it is kept."""

    institution: Code
    accountNumber: Code  # noqa: N815  the wire's names


class Document(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    accounts: list[Account]


def enter(connection: Connection, document: Any) -> None:
    """Open the accounts. Raises FixturesUnusable."""
    given = as_form(Document, document)
    for account in given.accounts:
        try:
            open_account(connection, account.as_wish(account.institution, account.accountNumber))
        except Problem as problem:
            raise FixturesUnusable(f"account {account.accountNumber}: {problem.detail}") from None
