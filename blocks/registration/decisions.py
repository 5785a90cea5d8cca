"""Approve, reject, or send back. An approval reaches payments and the register of results before it stands.

Each step outward is written down when it is done, and asks for the same thing again if it is
repeated, so an approval that broke off is completed by deciding once more. A payee whom payments
refuses ends the approval: the application is open again to whatever an officer decides.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection, Records, Row
from blocks.registration import reviews
from blocks.registration.applications import UNDECIDED, Change, alter, find, identify, require_state
from blocks.registration.definitions import Credential, Event, Payment, Result
from blocks.registration.neighbours import PAYEE_REFUSED, Neighbours
from blocks.registration.services import Service
from blocks.registration.sources import fill

MODALITY = "00"
"""A bank account or a wallet with an account number, when the form says nothing else."""

PAYEE_REGISTERED = "payee-registered"


def reject(db: Connection, row: Row, change: Change) -> Row:
    """Reject a verified application, with the reason. The same again changes nothing."""
    if row["state"] == "rejected" and row["reason"] == change.reason:
        return row
    require_state(row, "verified", "check-failed")
    return alter(
        db,
        row,
        change,
        state="rejected",
        reason=change.reason,
        decided_on=change.on,
        decided_by=change.by,
    )


def send_back(db: Connection, row: Row, change: Change) -> Row:
    """Ask the applicant to correct the form. The same again changes nothing."""
    if row["state"] == "correction" and row["reason"] == change.reason:
        return row
    require_state(row, *UNDECIDED)
    return alter(db, row, change, state="correction", reason=change.reason)


def begin_approval(db: Connection, service: Service, row: Row, change: Change) -> Row:
    """Take the decision; nobody can decide otherwise from here on. Raises Problem 409."""
    if row["state"] in ("approving", "approved"):
        return row
    require_state(row, "verified")
    if row["recommendation"] != "approve":
        raise Problem(409, "not-eligible", f"the policy does not grant this: {row['reason']}")
    if row["fee"] is not None and not row["fee_receipt"]:
        raise Problem(409, "fee-unpaid", "the fee has to be paid before the application is approved")
    if service.definition.levy and row["fee_due_on"] is None:
        raise Problem(409, "not-assessed", "what is owed for this period has to be assessed first")
    reviews.require_favourable(db, service, row)
    result = service.definition.result
    try:
        with db.transaction():
            return alter(
                db,
                row,
                change,
                state="approving",
                payee=row["form"]["payeeFunctionalId"] if service.definition.payment else None,
                decided_on=change.on,
                decided_by=change.by,
                valid_until=result.last_day(row["form"], change.on) if result else None,
            )
    except UniqueViolation:
        raise Problem(
            409, "payee-taken", "another approved application of this service names the same payee"
        ) from None


def complete_approval(
    records: Records, neighbours: Neighbours, service: Service, row: Row, change: Change
) -> Row:
    """Do what is not done yet, one step after the other. Raises Problem 502 or 409 as neighbours do."""
    definition, result = service.definition, service.definition.result
    steps: list[tuple[str, Callable[[Row], None]]] = []
    if definition.payment:
        steps.append(
            (
                PAYEE_REGISTERED,
                lambda row: _register_payee(records, neighbours, definition.payment, row, change),
            )
        )
    if result:
        steps.append(("result-written", lambda row: _write_result(records, neighbours, result, row, change)))
        if credential := result.credential:
            steps.append(
                ("credential-issued", lambda row: _issue(records, neighbours, credential, row, change))
            )
        if event := result.event:
            steps.append(("event-published", lambda row: _publish(neighbours, event, row, change)))
        if message := result.message:
            steps.append(("applicant-told", lambda row: _tell(neighbours, service, message, row)))
    with records.transaction() as db:
        done = {
            each["step"]
            for each in db.execute("SELECT step FROM steps WHERE application = %s", [row["number"]])
        }
    for name, act in steps:
        if name not in done:
            with records.transaction() as db:
                now = find(db, identify(row))  # what the step before left, such as the entry's number
            act(now)
            with records.transaction() as db:
                db.execute(
                    "INSERT INTO steps VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [row["number"], name, change.on],
                )
    with records.transaction() as db:
        last = find(db, identify(row), lock=True)
        return last if last["state"] == "approved" else alter(db, last, change, state="approved", reason="")


def _register_payee(
    records: Records, neighbours: Neighbours, payment: Payment | None, row: Row, change: Change
) -> None:
    assert payment is not None
    form = row["form"]
    payee = {
        "PayeeFunctionalID": form["payeeFunctionalId"],
        "PaymentModality": form.get("paymentModality", MODALITY),
        "FinancialAddress": form["financialAddress"],
    }
    with records.transaction() as db:
        request = _number_request(db, row)
    try:
        neighbours.register_payee(request, payment.sourceBB, payee)
    except Problem as refusal:
        if refusal.kind == PAYEE_REFUSED:
            _take_back(records, row, Change(change.by, change.at, f"{refusal.kind}: {refusal.detail}"))
        raise


def _number_request(db: Connection, row: Row) -> str:
    """Name the request that registers the payee: the same as long as one approval lasts."""
    (approvals,) = db.execute(
        "SELECT count(*) AS approvals FROM history WHERE application = %s AND state = 'approving'",
        [row["number"]],
    ).fetchall()
    return f"R{approvals['approvals'] % 100:02}{row['number']:09}"


def _take_back(records: Records, row: Row, change: Change) -> None:
    """Open the decision again, unless somebody who approved at the same moment came further."""
    with records.transaction() as db:
        last = find(db, identify(row), lock=True)
        done = db.execute(
            "SELECT 1 FROM steps WHERE application = %s AND step = %s", [row["number"], PAYEE_REGISTERED]
        ).fetchone()
        if last["state"] == "approving" and done is None:
            alter(
                db,
                last,
                change,
                state="verified",
                payee=None,
                decided_on=None,
                decided_by="",
                valid_until=None,
            )


def _write_result(records: Records, neighbours: Neighbours, result: Result, row: Row, change: Change) -> None:
    content = fill(result.content, row, identify(row), change.on)
    key = {name: content[name] for name in result.key}
    record = neighbours.write_record(result.registry, key, content)
    with records.transaction() as db:
        db.execute("UPDATE applications SET record = %s WHERE number = %s", [Jsonb(record), row["number"]])


def _issue(
    records: Records, neighbours: Neighbours, credential: Credential, row: Row, change: Change
) -> None:
    """Have identity sign it; the application's id is the request's, so that a repeat gives the same one."""
    issued = neighbours.issue_credential(
        f"registration-{identify(row)}",
        row["individual_id"],
        credential.type,
        fill(credential.claims, row, identify(row), change.on),
        credential.valid_days,
    )
    with records.transaction() as db:
        db.execute("UPDATE applications SET credential = %s WHERE number = %s", [issued, row["number"]])


def _publish(neighbours: Neighbours, event: Event, row: Row, change: Change) -> None:
    """Publish under a key of the application, so that whoever listens hears of it once."""
    content = fill(event.content, row, identify(row), change.on)
    neighbours.publish(event.type, content, f"registration-{identify(row)}")


def _tell(neighbours: Neighbours, service: Service, message: str, row: Row) -> None:
    neighbours.send_message(
        row["individual_id"], service.definition.name, f"{message} Your application: {identify(row)}."
    )
