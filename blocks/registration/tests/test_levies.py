"""A year is assessed once for all together; whoever is late is reminded by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from blockkit.clock import machine_now

POLICY = {
    "method": "shared-cost",
    "overhead": 100,
    "cost_per_tonne": 10,
    "due_days": 30,
    "late_percent": 10,
}
TODAY = machine_now().date()
TONNES = (120, 60, 20)


@pytest.fixture
def year(office: Any) -> list[str]:
    """Three declarations of 2025 that are checked; 50 tonnes were collected."""
    office.neighbours.reports = [{"tonnes": 30}, {"tonnes": 20}]
    return [declare(office, f"ZZ{number}", weight) for number, weight in enumerate(TONNES)]


def declare(office: Any, person: str, weight: float, year: str = "2025") -> str:
    office.neighbours.settle(person)
    office.neighbours.licences[f"L-{person}"] = {"holderId": person, "status": "active"}
    form = {"licence": f"L-{person}", "year": year, "tonnes": weight}
    application: str = office.open("epr-declaration", person, form)
    assert office.act(application, "submit", office.citizen(person)).json()["fee"] is None
    told = office.act(application, "verification", office.staff("licensing-officer")).json()
    assert told["recommendation"] == "approve", told
    return application


def assess(office: Any, token: str | None = None, **change: Any) -> Any:
    body = {"period": "2025", "currency": "XTS", "policy": POLICY, **change}
    path = "/services/epr-declaration/assessments"
    return office.ask(token or office.staff("levy-assessor"), "POST", path, body)


def decide(office: Any, application: str) -> Any:
    return office.act(
        application, "decision", office.staff("licensing-officer"), {"decision": "approve", "reason": ""}
    )


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def obligations(office: Any) -> dict[str, Any]:
    """What the register was told last of each."""
    return {each["applicationId"]: each for each in office.neighbours.registers["epr-obligations"]}


def test_the_fees_add_up_and_the_register_shows_them(office: Any, year: list[str]) -> None:
    assert kind(decide(office, year[0])) == (409, "not-assessed")
    told = assess(office).json()
    assert (told["total"], told["collected"], told["weight"], told["count"]) == (600, 50, 200, 3)
    assert [each["fee"] for each in told["items"]] == [360, 180, 60]
    shown = obligations(office)
    assert {(each["status"], each["dueOn"]) for each in shown.values()} == {
        ("due", (TODAY + timedelta(days=30)).isoformat())
    }
    assert shown[year[2]]["feeLate"] == 66
    tasks = office.ask(office.staff("cashier"), "GET", "/tasks").json()
    assert sorted(each["fileId"] for each in tasks) == sorted(year)


def test_a_trial_writes_nothing(office: Any, year: list[str]) -> None:
    tariff = {"method": "tariff", "tariff_per_tonne": 2, "due_days": 1}
    assert assess(office, policy=tariff, trial=True).json()["total"] == 400
    assert "epr-obligations" not in office.neighbours.registers
    assert assess(office).json()["total"] == 600
    assert assess(office, policy=tariff, trial=True).json()["total"] == 400


def test_a_year_is_assessed_once(office: Any, year: list[str]) -> None:
    first = assess(office).json()
    assert assess(office).json() == first
    assert kind(assess(office, policy={**POLICY, "overhead": 1})) == (409, "assessed-already")


def test_an_assessment_that_broke_off_at_the_register_is_completed(office: Any, year: list[str]) -> None:
    office.neighbours.fail = {"updateOrCreate"}
    assert kind(assess(office)) == (502, "neighbour-failed")
    office.neighbours.fail = set()
    assert assess(office).json()["total"] == 600
    assert set(obligations(office)) == set(year)


def test_nobody_is_assessed_before_everybody_is_checked(office: Any, year: list[str]) -> None:
    office.act(
        year[0], "decision", office.staff("licensing-officer"), {"decision": "correction", "reason": "x"}
    )
    assert kind(assess(office)) == (409, "not-all-checked")
    assert kind(assess(office, period="2031")) == (409, "nothing-to-assess")


def test_only_the_assessor_assesses_and_only_where_there_is_a_levy(office: Any, year: list[str]) -> None:
    assert assess(office, office.staff("licensing-officer")).status_code == 403
    body = {"period": "2025", "currency": "XTS", "policy": POLICY}
    other = office.ask(office.staff("levy-assessor"), "POST", "/services/household/assessments", body)
    assert kind(other) == (409, "no-levy")


def test_whoever_is_late_is_reminded_once(office: Any, year: list[str]) -> None:
    assess(office)
    office.act(year[0], "fee", office.staff("cashier"), {"receipt": "R-0"})

    def after(days: int) -> list[str]:
        office.client.post("/_sandbox/clock", json={"offset_seconds": days * 86_400})
        return [whom for whom, told in office.neighbours.messages if "was due on" in told["text"]]

    assert after(30) == []
    assert sorted(after(31)) == ["ZZ1", "ZZ2"]
    assert sorted(after(60)) == ["ZZ1", "ZZ2"]
    assert {key: each["status"] for key, each in obligations(office).items()} == {
        year[0]: "due",
        year[1]: "late",
        year[2]: "late",
    }
    told = next(told["text"] for whom, told in office.neighbours.messages if whom == "ZZ2")
    assert "You owe 66 XTS now" in told


def test_a_paid_obligation_is_fulfilled(office: Any, year: list[str]) -> None:
    assess(office)
    assert kind(decide(office, year[0])) == (409, "fee-unpaid")
    office.act(year[0], "fee", office.staff("cashier"), {"receipt": "R-0"})
    assert decide(office, year[0]).json()["status"] == "APPROVED"
    shown = obligations(office)[year[0]]
    assert (shown["status"], shown["feeReceipt"]) == ("paid", "R-0")


def test_a_visit_is_on_the_first_day_with_room_and_not_before(office: Any) -> None:
    form = {
        **{"companyName": "Bulbs", "activity": "importer", "tonnesPerYear": 2},
        **{"registrationNumber": "R-1", "contactEmail": "a@example.org"},
    }
    days = []
    later = (TODAY + timedelta(days=3)).isoformat()
    for number in range(22):
        person = f"ZZV{number}"
        application = office.open("producer-licence", person, form, company_certificate=b"%PDF-1.4 x")
        office.act(application, "submit", office.citizen(person))
        path = f"/applications/{application}/reviews/site-visit"
        booked = office.ask(office.citizen(person), "POST", f"{path}/visit", {"notBefore": later}).json()
        days.append(date.fromisoformat(booked["visitOn"]))
    assert days == [TODAY + timedelta(days=3)] * 20 + [TODAY + timedelta(days=4)] * 2
    inspector = office.staff("site-inspector")
    assert kind(office.ask(inspector, "POST", path, {"outcome": "passed"})) == (409, "visit-not-yet")
