"""What can be read: batches, validations and the ledger. All are operations of our own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from blockkit.app import Kit
from blocks.payments import reports
from blocks.payments.completion import describe_batch
from blocks.payments.routes.wire import Up20, Up50
from blocks.payments.validation import describe_validation

Limit = Annotated[int, Query(ge=0, le=10_000)]
AccountKind = Literal[
    "treasury", "funding", "programme", "suspense", "payee", "fees", "voucher", "merchant", "payer", "biller"
]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/batches/{batchId}")
    def read_batch(batchId: Up50) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return describe_batch(db, batchId)

    @router.get("/batches/{batchId}/validation")
    def read_validation(batchId: Up50) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return describe_validation(db, batchId)

    @router.get("/ledger/accounts")
    def open_account_balances(kind: AccountKind | None = None, limit: Limit = 1000) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return reports.open_account_balances(db, kind, limit)

    @router.get("/ledger/trial-balance")
    def read_trial_balance() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return reports.trial_balance(db)

    @router.get("/ledger/journals")
    def list_journals(batchId: Up50 | None = None, limit: Limit = 1000) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return reports.list_journals(db, batchId, limit)

    @router.get("/ledger/credits")
    def list_credits(
        batchId: Up50 | None = None,  # noqa: N803
        payee: Up20 | None = None,
        limit: Limit = 1000,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return reports.list_credits(db, batchId, payee, limit)

    return router
