"""Prepayment validation: can every instruction be paid? Asks the institutions, moves no money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.payments import callbacks
from blocks.payments.beneficiaries import addresses_of, route_of

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Check:
    """An instruction, the address it would be paid to (None: not registered), its currency if told."""

    instruction_id: str
    address: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an instruction could not be paid."""

    instruction_id: str
    reason: str


class AccountTold(BaseModel):
    """An institution's word on one account."""

    accountNumber: str  # noqa: N815  the wire's name
    status: Literal["open", "closed", "unknown"]
    currency: str = ""


class AccountsTold(BaseModel):
    """An institution's answer to a check."""

    accounts: tuple[AccountTold, ...]


def checks_for(db: Connection, credits: Sequence[tuple[str, str, str]]) -> list[Check]:
    """Look up addresses for (instruction id, payee, currency)."""
    addresses = addresses_of(db, {payee for _, payee, _ in credits})
    return [Check(instruction, addresses.get(payee), currency) for instruction, payee, currency in credits]


def find_failures(kit: Kit, checks: Sequence[Check]) -> list[Failure]:
    """Check every instruction; those that could not be paid come back with the reason, in order."""
    reasons: dict[str, str] = {}
    by_institution: dict[str, list[tuple[Check, str]]] = defaultdict(list)
    for check in checks:
        route = route_of(check.address) if check.address is not None else None
        if check.address is None:
            reasons[check.instruction_id] = "payee-unknown"
        elif route is None:
            reasons[check.instruction_id] = "address-unroutable"
        else:
            by_institution[route.institution].append((check, route.account_number))
    for institution, waiting in by_institution.items():
        for start in range(0, len(waiting), CHUNK):
            reasons |= _ask(kit, institution, waiting[start : start + CHUNK])
    return [
        Failure(check.instruction_id, reasons[check.instruction_id])
        for check in checks
        if reasons.get(check.instruction_id)
    ]


def keep(db: Connection, batch_id: str, total: int, failures: Sequence[Failure], today: date) -> None:
    """Keep the result for `readValidation`."""
    failed = [{"InstructionID": one.instruction_id, "FailureReason": one.reason} for one in failures]
    db.execute(
        """INSERT INTO validations VALUES (%s, %s, %s, %s) ON CONFLICT (batch_id) DO UPDATE
              SET checked_on = excluded.checked_on, total = excluded.total, failed = excluded.failed""",
        [batch_id, today, total, Jsonb(failed)],
    )


def tell(db: Connection, batch_id: str) -> None:
    """Tell the result to the source."""
    callbacks.queue(db, "prepayment-validated", batch_id, describe_validation(db, batch_id), "")


def tell_published(db: Connection, batch_id: str, failures: Sequence[Failure], correlation: str) -> None:
    """Tell the result in the published form."""
    told = {
        "clientCorrelationId": correlation,
        "batchId": batch_id,
        "numberOfFailedCases": len(failures),
        "failedAccountLookups": [
            {"instructionID": one.instruction_id, "failureReason": one.reason} for one in failures
        ],
    }
    callbacks.queue(db, "addresses-validated", correlation, told, "")


def describe_validation(db: Connection, batch_id: str) -> dict[str, Any]:
    """Tell the newest validation of a batch. Raises Problem 404."""
    row = db.execute("SELECT * FROM validations WHERE batch_id = %s", [batch_id]).fetchone()
    if row is None:
        raise Problem(404, "validation-unknown", "no batch of this id was validated")
    return {
        "BatchID": batch_id,
        "checkedOn": row["checked_on"].isoformat(),
        "total": row["total"],
        "NumberFailedCases": len(row["failed"]),
        "FailedCases": row["failed"],
    }


def _ask(kit: Kit, institution: str, waiting: Sequence[tuple[Check, str]]) -> dict[str, str]:
    numbers = [number for _, number in waiting]
    try:
        answer = kit.peers.call(
            "payee-institutions",
            "POST",
            f"/institutions/{institution}/account-checks",
            json={"accountNumbers": numbers},
        )
        if answer.status_code == 404 and str(answer.json().get("type")).endswith("/institution-unknown"):
            return {check.instruction_id: "institution-unknown" for check, _ in waiting}
        told = {
            account.accountNumber: account
            for account in AccountsTold.model_validate_json(answer.content).accounts
        }
    except (Problem, ValidationError, ValueError, AttributeError):
        told = {}
    return {check.instruction_id: _reason(check, told.get(number)) for check, number in waiting}


def _reason(check: Check, account: AccountTold | None) -> str:
    if account is None:
        return "institution-unreachable"
    if account.status != "open":
        return f"account-{account.status}"
    return "" if check.currency in ("", account.currency) else "currency"
