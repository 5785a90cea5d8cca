"""Opinions before, inspections after; a permit that is completed, extended, or runs out by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from blockkit.clock import machine_now

PDF = b"%PDF-1.4 fictitious"
TODAY = machine_now().date()
PERMIT = {"purpose": "shop", "storeys": 2, "floorArea": 80, "startsOn": TODAY.isoformat()}


def handed_in(town: Any, person: str, storeys: int = 2) -> Any:
    form = {**PERMIT, "parcelId": f"P-{person}", "storeys": storeys}
    application = town.open("construction-permit", person, form, site_plan=PDF, design=PDF)
    assert town.act(application, "submit", town.citizen(person)).json()["status"] == "IN PROGRESS"
    return application


def decide(town: Any, application: str, decision: str = "approve", reason: str = "") -> Any:
    return town.act(
        application, "decision", town.staff("building-officer"), {"decision": decision, "reason": reason}
    )


def verify(town: Any, application: str) -> Any:
    return town.act(application, "verification", town.staff("building-officer")).json()


def issued(town: Any, person: str) -> Any:
    application = handed_in(town, person)
    verify(town, application)
    town.review(application, "design-opinion", "design-reviewer")
    town.act(application, "fee", town.staff("cashier"), {"receipt": f"R-{person}"})
    approved = decide(town, application).json()
    assert approved["status"] == "APPROVED", approved
    return approved


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def entry(town: Any, application: str) -> Any:
    entries = town.neighbours.registers["construction-permits"]
    return [each for each in entries if each.get("applicationId") == application][-1]


def standing(town: Any, person: str) -> Any:
    query = {"individualId": person}
    path = "/services/construction-permit/standing"
    return town.ask(town.citizen(person), "GET", path, **query).json()


def test_a_missing_document_is_asked_for_and_not_refused(town: Any) -> None:
    assert standing(town, "ZZ-a")["status"] == "NOT STARTED"
    application = handed_in(town, "ZZ-a", storeys=5)
    told = verify(town, application)
    assert (told["recommendation"], told["reason"]) == ("correction", "documents-missing")
    assert decide(town, application, "correction", told["reason"]).json()["status"] == "ACTION NEEDED"
    assert standing(town, "ZZ-a")["reason"] == "documents-missing"
    url = town.upload(town.citizen("ZZ-a"), PDF, "structural-report").json()["url"]
    town.act(application, "documents", town.citizen("ZZ-a"), {"url": url, "kind": "structural-report"})
    assert town.act(application, "submit", town.citizen("ZZ-a")).json()["status"] == "IN PROGRESS"
    assert verify(town, application)["recommendation"] == "approve"


def test_a_document_may_come_as_text_of_a_form(town: Any) -> None:
    answer = town.client.post(
        "/documents", data={"file": "%PDF-1.4 x"}, headers={"Authorization": town.citizen("ZZ-b")}
    )
    assert answer.json()["type"] == "application/pdf"


def test_nothing_is_approved_without_a_favourable_opinion(town: Any) -> None:
    application = handed_in(town, "ZZ-c")
    verify(town, application)
    town.act(application, "fee", town.staff("cashier"), {"receipt": "R-c"})
    assert kind(decide(town, application)) == (409, "review-missing")
    town.review(application, "design-opinion", "design-reviewer", "failed")
    assert kind(decide(town, application)) == (409, "review-unfavourable")
    town.review(application, "design-opinion", "design-reviewer")
    assert decide(town, application).status_code == 200


def test_an_opinion_is_void_about_another_form(town: Any) -> None:
    application = handed_in(town, "ZZ-d")
    town.review(application, "design-opinion", "design-reviewer")
    decide(town, application, "correction", "draw the roof")
    town.act(application, "submit", town.citizen("ZZ-d"))
    verify(town, application)
    town.act(application, "fee", town.staff("cashier"), {"receipt": "R-d"})
    assert kind(decide(town, application)) == (409, "review-missing")


def test_inspections_come_in_order_and_complete(town: Any) -> None:
    approved = issued(town, "ZZ-e")
    inspector = "building-inspector"
    assert kind(town.review(approved["id"], "final", inspector)) == (409, "inspection-before")
    assert town.review(approved["id"], "foundation", inspector, "failed").status_code == 200
    assert kind(town.review(approved["id"], "final", inspector)) == (409, "inspection-before")
    town.review(approved["id"], "foundation", inspector)
    town.neighbours.fail = {"updateOrCreate"}
    assert town.review(approved["id"], "final", inspector).status_code == 502
    town.neighbours.fail = set()
    assert standing(town, "ZZ-e")["status"] == "APPROVED"
    assert town.review(approved["id"], "final", inspector).status_code == 200
    assert standing(town, "ZZ-e")["status"] == "COMPLETED"
    assert {"status": "completed"} in town.neighbours.registers["construction-permits"]


def test_the_entry_bears_receipt_and_last_day(town: Any) -> None:
    approved = issued(town, "ZZ-f")
    written = entry(town, approved["id"])
    assert written["feeReceipt"] == "R-ZZ-f"
    assert written["expiresOn"] == approved["validUntil"] == (TODAY + timedelta(days=365)).isoformat()


@pytest.mark.parametrize(
    ("standing_there", "ends"),
    [
        ({"status": "active", "expiresOn": (TODAY + timedelta(days=365)).isoformat()}, True),
        ({"status": "active", "expiresOn": (TODAY + timedelta(days=500)).isoformat()}, False),
        ({"status": "completed", "expiresOn": TODAY.isoformat()}, False),
    ],
)
def test_what_nobody_extended_or_completed_expires_by_itself(
    office: Any, standing_there: dict[str, str], ends: bool
) -> None:
    approved = issued(office, "ZZ-g")
    office.neighbours.permits[approved["id"]] = standing_there
    register = office.neighbours.registers["construction-permits"]

    def after(days: int) -> bool:
        office.client.post("/_sandbox/clock", json={"offset_seconds": days * 86_400})
        return {"status": "expired"} in register

    assert [after(365), after(366)] == [False, ends]
    asked = len(office.neighbours.asked)
    after(400)
    assert len(office.neighbours.asked) == asked


def test_a_registrar_sets_the_fee_of_what_is_handed_in_from_then_on(office: Any) -> None:
    before = handed_in(office, "ZZ-h")
    path = "/services/construction-permit"
    registrar = office.staff("registrar")
    assert office.ask(registrar, "PUT", path, {"fee": 95, "currency": "RWF"}).json()["fee"]["amount"] == 95
    after = handed_in(office, "ZZ-i")
    listed = office.ask(office.staff("building-officer"), "GET", "/worklist/applications").json()
    fees = {each["id"]: (each["fee"], each["feeCurrency"]) for each in listed["applications"]}
    assert (fees[before], fees[after]) == ((80, "XTS"), (95, "RWF"))
    assert kind(office.ask(registrar, "PUT", path, {"fee": 0.5, "currency": "RWF"})) == (400, "fee-unfit")
    household = office.ask(registrar, "PUT", "/services/household", {"fee": 5, "currency": "XTS"})
    assert kind(household) == (409, "no-fee")
    assert office.ask(registrar, "PUT", path, {"currency": "XTS"}).status_code == 400
