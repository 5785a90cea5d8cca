"""What an auditor and the treasury ask: reconciliation, samples, budgets, closings. Operations of our own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import Field, model_validator

from blockkit.app import Kit
from blockkit.money import to_major, to_minor
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.payments import budgets, reconciliation, testimony, trails
from blocks.payments.reconciliation import Approved, Reported
from blocks.payments.routes.wire import (
    CurrencyCode,
    MoneyAmount,
    ProgrammeName,
    Up16,
    Up20,
    Up50,
    Wire,
)

AUDITOR = "auditor"
TREASURY = "treasury-officer"

Authorization = Annotated[str | None, Header()]


class ApprovedLine(Wire):
    """A line of the approved payroll, as its approver has it."""

    InstructionID: Up16
    PayeeFunctionalID: Up20
    Amount: MoneyAmount
    Currency: CurrencyCode

    @model_validator(mode="after")
    def _fits_the_currency(self) -> ApprovedLine:
        to_minor(self.Amount, self.Currency)
        return self


class ReconciliationBody(Wire):
    """Which batch, and what was approved; without it the order as it was accepted stands for it."""

    batchId: Up50  # noqa: N815  the wire's names
    approved: Annotated[tuple[ApprovedLine, ...], Field(min_length=1, max_length=100_000)] | None = None


class BudgetBody(Wire):
    """What a programme may spend in all."""

    currency: CurrencyCode
    ceiling: MoneyAmount

    @model_validator(mode="after")
    def _fits_the_currency(self) -> BudgetBody:
        to_minor(self.ceiling, self.currency)
        return self


class ClosingBody(Wire):
    """The last day of the period that is closed."""

    until: date


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/reconciliations")
    def reconcile(body: ReconciliationBody, authorization: Authorization = None) -> dict[str, Any]:
        kit.access.require(authorization, AUDITOR)
        with kit.records.transaction() as db:
            batch = _batch(db, body.batchId)
            rows = db.execute(
                "SELECT * FROM instructions WHERE batch_id = %s ORDER BY position", [body.batchId]
            ).fetchall()
        reported = [
            Reported(row["instruction_id"], row["payee"], row["amount"], row["status"]) for row in rows
        ]
        if body.approved is None:
            approved = [Approved(one.instruction_id, one.payee, one.amount) for one in reported]
        else:
            approved = [
                Approved(one.InstructionID, one.PayeeFunctionalID, to_minor(one.Amount, one.Currency))
                for one in body.approved
            ]
        names = sorted({one.instruction_id for one in approved} | {one.instruction_id for one in reported})
        credits = testimony.witnessed(testimony.credits_of(kit, names))
        breaks = reconciliation.compare(approved, reported, credits, batch["accepted_on"])
        currency = batch["currency"]
        paid = sum(one.amount for one in reported if one.status == "credited")
        return {
            "batchId": body.batchId,
            "approvedBy": "whoever asked" if body.approved else "the order as it was accepted",
            "approved": _side(len(approved), sum(one.amount for one in approved), currency),
            "reported": _side(sum(one.status == "credited" for one in reported), paid, currency),
            "witnessed": _side(len(credits), sum(one.amount for one in credits), currency),
            "agrees": not breaks,
            "kinds": reconciliation.count_kinds(breaks),
            "breaks": [
                {"kind": one.kind, "InstructionID": one.instruction_id, "detail": one.detail}
                for one in breaks
            ],
        }

    @router.get("/audit/sample")
    def draw_sample(
        batchId: Up50,  # noqa: N803
        size: Annotated[int, Query(ge=1, le=1000)],
        seed: Annotated[Up50, Query()],
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        kit.access.require(authorization, AUDITOR)
        with kit.records.transaction() as db:
            batch = _batch(db, batchId)
            trails_of_sample = trails.follow(db, batch, trails.draw(db, batchId, size, seed))
        names = [trail["InstructionID"] for trail in trails_of_sample]
        credits = testimony.credits_of(kit, names)
        for trail in trails_of_sample:
            trail["witnessed"] = [
                one.model_dump(mode="json") | {"amount": float(one.amount)}
                for one in credits
                if one.instructionId == trail["InstructionID"]
            ]
        return {"batchId": batchId, "seed": seed, "size": len(names), "trails": trails_of_sample}

    @router.put("/programmes/{programme}/budget")
    def put_budget(
        programme: ProgrammeName, body: BudgetBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = kit.access.require(authorization, TREASURY)
        with kit.records.transaction() as db:
            ceiling = to_minor(body.ceiling, body.currency)
            budgets.put(db, programme, body.currency, ceiling, caller.individual_id, kit.clock.today())
            return _budget(db, programme, body.currency, ceiling)

    @router.get("/programmes/{programme}/budget")
    def read_budget(
        programme: ProgrammeName, currency: CurrencyCode, authorization: Authorization = None
    ) -> dict[str, Any]:
        kit.access.require(authorization, TREASURY, AUDITOR)
        with kit.records.transaction() as db:
            ceiling = budgets.ceiling_of(db, programme, currency)
            if ceiling is None:
                raise Problem(404, "no-budget", "this programme has no budget in this currency")
            return _budget(db, programme, currency, ceiling)

    @router.post("/ledger/closings", status_code=201)
    def close_period(body: ClosingBody, authorization: Authorization = None) -> dict[str, str]:
        caller = kit.access.require(authorization, TREASURY)
        today = kit.clock.today()
        if body.until >= today:
            raise Problem(409, "period-not-over", "a period is closed when it is over")
        with kit.records.transaction() as db:
            db.execute(
                """INSERT INTO closings (until, closed_by, closed_on) VALUES (%s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [body.until, caller.individual_id, today],
            )
        return {"closedUntil": body.until.isoformat()}

    @router.get("/ledger/journals.csv")
    def export_journals(authorization: Authorization = None) -> StreamingResponse:
        kit.access.require(authorization, AUDITOR)
        return StreamingResponse(_lines(kit), media_type="text/csv")

    return router


def _batch(db: Connection, batch_id: str) -> Row:
    batch = db.execute("SELECT * FROM batches WHERE batch_id = %s", [batch_id]).fetchone()
    if batch is None:
        raise Problem(404, "batch-unknown", "there is no batch of this id")
    return batch


def _side(count: int, amount: int, currency: str) -> dict[str, Any]:
    return {"count": count, "sum": to_major(amount, currency)}


def _budget(db: Connection, programme: str, currency: str, ceiling: int) -> dict[str, Any]:
    spent = budgets.spent_by(db, programme, currency)
    return {
        "programme": programme,
        "currency": currency,
        "ceiling": to_major(ceiling, currency),
        "spent": to_major(spent, currency),
        "left": to_major(ceiling - spent, currency),
    }


def _lines(kit: Kit) -> Iterator[str]:
    """Write one line a posting, a chunk of journals at a time, so that a large ledger fits."""
    names = ["number", "kind", "batch", "instruction", "contra_of", "booked_on", "value_on", "recorded_at"]
    yield ",".join([*names, "account", "minor_units", "currency"]) + "\r\n"
    last = 0
    while True:
        with kit.records.transaction() as db:
            rows = db.execute(
                """SELECT j.number, j.kind, j.batch_id, j.instruction_id, j.contra_of, j.booked_on,
                          j.value_on, j.recorded_at, p.account, p.amount, a.currency
                     FROM journals j JOIN postings p ON p.journal = j.number
                     JOIN accounts a ON a.code = p.account
                    WHERE j.number > %s AND j.number <= %s ORDER BY j.number, p.amount""",
                [last, last + 1000],
            ).fetchall()
        if not rows:
            return
        last += 1000
        text = io.StringIO()
        csv.writer(text).writerows(list(row.values()) for row in rows)
        yield text.getvalue()
