"""The page of one application and the page of one payroll: what is known, and what this visitor may do."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from blockkit.money import to_major
from blockkit.records import Row
from blockkit.signin import Visitor
from blocks.registration.applications import EDITABLE, UNDECIDED, describe, identify
from blocks.registration.definitions import DocumentWanted
from blocks.registration.pages import STATES, Desk, answers, facts, say, table, text_field
from blocks.registration.services import Service

PAYROLL_STATES = {
    "prepared": "Prepared, waits for approval",
    "approved": "Approved, waits for release",
    "releasing": "Release under way",
    "released": "Released",
}


def show_application(
    desk: Desk,
    visitor: Visitor,
    service: Service,
    row: Row,
    documents: Sequence[Row],
    wanted: Sequence[DocumentWanted],
    history: Sequence[Row],
    *,
    words: str = "",
) -> HTMLResponse:
    """Show an application; `words` say why something that was tried is not possible."""
    told = describe(row)
    own = visitor.caller.is_person(row["individual_id"])
    officer = visitor.caller.may_act_as(service.roles.officer) and (visitor.caller.anyone or not own)
    known = facts(
        [
            ("State", STATES[row["state"]]),
            ("Reason", row["reason"]),
            ("Handed in on", told["submittedOn"]),
            ("Decided on", told["decidedOn"]),
            ("Fee", _fee(row)),
            ("Credential", row["credential"]),
            ("Applicant", row["individual_id"]),
        ]
    )
    body = (
        say(words)
        + known
        + (_applicants_acts(desk, visitor, row) if own else "")
        + (_officers_acts(desk, visitor, row) if officer else "")
        + _cashiers_act(desk, visitor, service, row)
        + f"<h2>Answers</h2>{answers(service, row)}"
        + _documents(desk, visitor, row, documents, wanted, own=own)
        + (_checks(row) if officer else "")
        + _history(history)
    )
    title = f"{service.definition.name} {identify(row)}"
    return desk.page(visitor, title, body, 409 if words else 200)


def show_payroll(
    desk: Desk, visitor: Visitor, service: Service, told: dict[str, Any], *, words: str = ""
) -> HTMLResponse:
    """Show a payroll as payrolls.describe tells it."""
    total = f"{told['total']} {told['currency']}"
    known = facts(
        [
            ("State", PAYROLL_STATES[told["state"]]),
            ("Period", told["period"]),
            ("People", told["count"]),
            ("Sum", total),
            ("Digest", told["digest"]),
            ("Prepared by", told["preparedBy"]),
            ("Approved by", told["approvedBy"]),
            ("Released by", told["releasedBy"]),
        ]
    )
    rows = [
        (
            escape(each["individualId"]),
            escape(each["PayeeFunctionalID"]),
            escape(f"{each['Amount']} {each['Currency']}"),
        )
        for each in told["items"][:200]
    ]
    left_out = [(escape(each["individualId"]), escape(each["reason"])) for each in told["excluded"][:200]]
    body = say(words) + known
    caller, roles = visitor.caller, service.roles
    place = ("payrolls", told["id"])
    if told["state"] == "prepared" and roles.checker and caller.may_act_as(roles.checker):
        body += desk.form(visitor, "Approve this payroll", "", *place, "approval")
    if told["state"] in ("approved", "releasing") and roles.releaser and caller.may_act_as(roles.releaser):
        body += desk.form(visitor, "Release for payment", "", *place, "release")
    shown = f", the first {len(rows)}" if told["count"] > len(rows) else ""
    body += table(f"Who is paid{shown}", ("Person", "Payee", "Amount"), rows)
    body += table("Who is left out", ("Person", "Reason"), left_out) if left_out else ""
    return desk.page(visitor, f"Payroll {told['id']}", body, 409 if words else 200)


def show_payrolls(
    desk: Desk, visitor: Visitor, rows: Sequence[Row], maker_of: Sequence[Service], *, words: str = ""
) -> HTMLResponse:
    """List payrolls; a maker can prepare one."""
    lines = [
        (
            desk.link(row["batch_id"], "payrolls", row["batch_id"]),
            escape(row["service"]),
            escape(row["period"]),
            escape(PAYROLL_STATES[row["state"]]),
        )
        for row in rows
    ]
    body = say(words)
    heads = ("Payroll", "Service", "Period", "State")
    body += table("Payrolls", heads, lines) if lines else "<p>There is no payroll that you may see.</p>"
    if maker_of:
        options = "".join(
            f"<option value='{escape(each.slug)}'>{escape(each.definition.name)}</option>"
            for each in maker_of
        )
        fields = (
            f"<label for=service>Service</label><select id=service name=service>{options}</select>"
            + text_field("period", "Period", "Year and month, such as 2026-01.", largest=7)
            + text_field("batchId", "Number of the payroll", "Twelve letters and digits.", largest=12)
        )
        body += f"<h2>Prepare a payroll</h2>{desk.form(visitor, 'Prepare', fields, 'payrolls')}"
    return desk.page(visitor, "Payrolls", body, 422 if words else 200)


def _applicants_acts(desk: Desk, visitor: Visitor, row: Row) -> str:
    place = ("applications", identify(row))
    if row["state"] in EDITABLE:
        change = f"<p>{desk.link('Change the answers', *place, 'form')}</p>"
        return change + desk.form(visitor, "Hand in", "", *place, "submit")
    if row["state"] == "rejected":
        field = text_field("reason", "Why you appeal")
        return f"<h2>Appeal</h2>{desk.form(visitor, 'Appeal', field, *place, 'appeal')}"
    return ""


def _officers_acts(desk: Desk, visitor: Visitor, row: Row) -> str:
    place = ("applications", identify(row))
    if row["state"] == "approving":
        hidden = "<input type=hidden name=decision value=approve>"
        return desk.form(visitor, "Complete the approval", hidden, *place, "decision")
    if row["state"] not in UNDECIDED:
        return ""
    acts = f"<h2>Check</h2>{desk.form(visitor, 'Check with the registers', '', *place, 'verification')}"
    choices = [("correction", "Send back to be corrected")]
    if row["state"] in ("verified", "check-failed"):
        choices = [("reject", "Reject"), *choices]
    if row["state"] == "verified" and row["recommendation"] == "approve":
        choices = [("approve", "Approve"), *choices]
    ticks = "".join(
        f"<div class=tick><input type=radio id=decision-{value} name=decision value={value}>"
        f"<label for=decision-{value}>{label}</label></div>"
        for value, label in choices
    )
    reason = text_field("reason", "Reason", "The applicant reads it. Leave it empty when you approve.")
    fields = f"<fieldset><legend>Decision</legend>{ticks}</fieldset>{reason}"
    return f"{acts}<h2>Decide</h2>{desk.form(visitor, 'Decide', fields, *place, 'decision')}"


def _cashiers_act(desk: Desk, visitor: Visitor, service: Service, row: Row) -> str:
    cashier = service.roles.cashier
    due = row["fee"] is not None and not row["fee_receipt"] and row["state"] in UNDECIDED
    if not due or cashier is None or not visitor.caller.may_act_as(cashier):
        return ""
    field = text_field("receipt", "Number of the receipt")
    return (
        f"<h2>Fee</h2>{desk.form(visitor, 'The fee was paid', field, 'applications', identify(row), 'fee')}"
    )


def _documents(
    desk: Desk,
    visitor: Visitor,
    row: Row,
    documents: Sequence[Row],
    wanted: Sequence[DocumentWanted],
    *,
    own: bool,
) -> str:
    brought = {each["kind"] for each in documents}
    names = {each.id: each.name for each in wanted}
    lines = [
        (
            escape(names.get(each["kind"], each["kind"] or "Document")),
            desk.link(each["file_name"], "documents", each["document"]),
            f"{max(1, each['size'] // 1024)} kB",
        )
        for each in documents
    ]
    body = table("Brought so far", ("Document", "File", "Size"), lines) if lines else ""
    if own and row["state"] in EDITABLE:
        for each in wanted:
            types = ", ".join(one.rpartition("/")[2].upper() for one in each.types)
            element = f"file-{escape(each.id)}"
            fields = (
                f"<input type=hidden name=kind value='{escape(each.id)}'>"
                f"<label for={element}>{escape(each.name)}{' (brought)' * (each.id in brought)}</label>"
                f"<small id={element}-hint>{types}, at most {each.largest_kilobytes} kB</small>"
                f"<input type=file id={element} name=file aria-describedby={element}-hint>"
            )
            button = f"Upload: {each.name}"
            body += desk.form(
                visitor, button, fields, "applications", identify(row), "documents", upload=True
            )
    return f"<h2>Documents</h2>{body}" if body else ""


def _checks(row: Row) -> str:
    lines = [
        (escape(each["check"]), escape(each["outcome"]), escape(each["reason"])) for each in row["checks"]
    ]
    if not lines:
        return ""
    facts_found = facts((name.replace("_", " "), value) for name, value in row["household"].items())
    return table("Checks", ("Check", "Outcome", "Reason"), lines) + facts_found


def _history(history: Sequence[Row]) -> str:
    """Tell the states and why: who decides an appeal reads what was refused, and what was said to it."""
    lines = [
        (escape(each["changed_on"].isoformat()), escape(STATES[each["state"]]), escape(each["reason"]))
        for each in history
    ]
    return table("What has happened", ("Date", "State", "Reason"), lines)


def _fee(row: Row) -> str:
    if row["fee"] is None:
        return ""
    paid = f", paid with receipt {row['fee_receipt']}" if row["fee_receipt"] else ", not paid yet"
    return f"{to_major(row['fee'], row['fee_currency'])} {row['fee_currency']}{paid}"
