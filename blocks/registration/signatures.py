"""Three people sign a payroll: one prepares, one approves, one releases. Never the same person twice."""

from __future__ import annotations

from blockkit.access import Caller
from blockkit.records import Row
from blocks.registration import payrolls
from blocks.registration.acts import Office
from blocks.registration.payrolls import Order, find
from blocks.registration.people import require_another, require_role
from blocks.registration.services import find_service


def prepare(office: Office, caller: Caller, service_id: str, period: str, batch_id: str) -> Row:
    """Prepare a payroll; the same order again gives the payroll as it stands."""
    records = office.kit.records
    order = Order(batch_id, period, caller.individual_id, office.kit.clock.today())
    with records.transaction() as db:
        service = find_service(db, service_id)
        payrolls.payment_of(service)
        require_role(caller, service.roles.maker)
        before = payrolls.find_same(db, service, order)
        if before is not None:
            return before
        beneficiaries = payrolls.list_beneficiaries(db, service, order.on)
    paid, excluded = payrolls.part_by_vital_status(office.neighbours, service, beneficiaries)
    with records.transaction() as db:
        return payrolls.write(db, service, order, paid, excluded)


def approve(office: Office, caller: Caller, batch_id: str) -> Row:
    """Approve a payroll that somebody else prepared."""
    with office.kit.records.transaction() as db:
        row = find(db, batch_id, lock=True)
        require_another(caller, row["prepared_by"])
        require_role(caller, find_service(db, row["service"]).roles.checker)
        return payrolls.approve(db, row, caller.individual_id, office.kit.clock.today())


def release(office: Office, caller: Caller, batch_id: str) -> Row:
    """Release a payroll that two others prepared and approved; once more completes what broke off."""
    records = office.kit.records
    with records.transaction() as db:
        row = find(db, batch_id, lock=True)
        service = find_service(db, row["service"])
        require_another(caller, row["prepared_by"], row["approved_by"])
        require_role(caller, service.roles.releaser)
        if row["state"] == "released":
            return row
        row = payrolls.begin_release(db, row, caller.individual_id, office.kit.clock.today())
        instructions = payrolls.write_instructions(row, payrolls.read_items(db, row))
    source = payrolls.payment_of(service).sourceBB
    office.neighbours.validate_prepayment(row["batch_id"], source, instructions)
    office.neighbours.pay_bulk(
        row["batch_id"], source, instructions, programme=row["service"], period=row["period"]
    )
    with records.transaction() as db:
        return payrolls.end_release(db, row)
