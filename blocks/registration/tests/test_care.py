"""Care for a time: who is of age, the same incentive for all, and an end that nobody has to see to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from blockkit.clock import machine_now
from blocks.registration.checks import AgeCheck
from blocks.registration.definitions import Definition
from blocks.registration.tests.test_five_services import read

TODAY = machine_now().date()
BORN = TODAY - timedelta(days=12)
DATA = "/r1/SBX/GOV/CENTRAL/digital-registries/data"


def enrolled(office: Any, mother: str, *, born: date = BORN, years: int = 30) -> Any:
    """Let a mother apply for the care of herself and a child, and have it verified."""
    child = f"BR-{mother}"
    application = office.open(
        "postpartum-care",
        mother,
        {
            "motherGivenName": "Ada",
            "motherFamilyName": "Ash",
            "motherBirthDate": "1980-01-31",
            "childId": child,
            "childBirthDate": born.isoformat(),
            "payeeFunctionalId": f"{mother:0>20}",
            "financialAddress": f"ZZBANK01/{mother}",
        },
    )
    office.neighbours.people[mother]["birthDate"] = (
        TODAY - timedelta(days=round(years * 365.25))
    ).isoformat()
    records = {
        "births": {"birthNumber": child, "motherId": mother, "childBirthDate": born.isoformat()},
        "care-records": {"childId": child, "individualId": mother},
    }
    for registry, record in records.items():
        office.peers.answers[("POST", f"{DATA}/{registry}/1.0/read")] = found(record)
    office.act(application, "submit", office.citizen(mother))
    return office.act(application, "verification", office.staff("health-officer")).json()


def found(record: dict[str, Any]) -> Any:
    return lambda _: httpx2.Response(200, json={"content": record})


def approve(office: Any, application: str) -> Any:
    return office.act(application, "decision", office.staff("health-officer"), {"decision": "approve"}).json()


@pytest.mark.parametrize(
    ("born", "fits"),
    [
        (date(1976, 6, 2), True),
        (date(1976, 6, 1), False),
        (date(2011, 6, 1), True),
        (date(2011, 6, 2), False),
        (date(2026, 6, 2), False),
    ],
)
def test_an_age_is_that_of_the_last_birthday_and_both_limits_count(born: date, fits: bool) -> None:
    check = AgeCheck(kind="age", at_least_years=15, at_most_years=49, reason="out-of-age")
    assert check.fits(born, date(2026, 6, 1)) is fits


@pytest.mark.parametrize(("days", "fits"), [(0, True), (28, True), (29, False), (-1, False)])
def test_a_newborn_is_so_many_days_old_and_born_already(days: int, fits: bool) -> None:
    check = AgeCheck(kind="age", at_most_days=28, reason="not-newborn")
    assert check.fits(TODAY - timedelta(days=days), TODAY) is fits


def test_the_registers_date_decides_and_not_the_one_that_was_stated(town: Any) -> None:
    told = enrolled(town, "ZZOLD", years=66)
    assert (told["state"], told["reason"]) == ("check-failed", "out-of-age")
    told = enrolled(town, "ZZLATE", born=TODAY - timedelta(days=40))
    assert (told["state"], told["reason"]) == ("check-failed", "not-newborn")


def test_a_register_that_says_no_birth_date_shows_no_age(town: Any) -> None:
    told = enrolled(town, "ZZDATELESS")
    town.neighbours.people["ZZDATELESS"].pop("birthDate")
    told = town.act(told["id"], "verification", town.staff("health-officer")).json()
    assert told["reason"] == "out-of-age"


def test_everybody_is_granted_the_same_and_no_household_is_asked_about(town: Any) -> None:
    town.neighbours.asked.clear()
    told = enrolled(town, "ZZSAME")
    assert (told["recommendation"], told["amount"], told["currency"]) == ("approve", 15, "XTS")
    assert not any("/households/" in asked for asked in town.neighbours.asked)


def test_the_care_ends_by_itself_and_the_mother_is_told_and_paid_no_more(office: Any) -> None:
    approved = approve(office, enrolled(office, "ZZA")["id"])
    last = BORN + timedelta(days=364)
    register = office.neighbours.registers["care-enrolments"]
    assert (register[0]["expiresOn"], approved["validUntil"]) == (last.isoformat(), last.isoformat())
    office.peers.answers[("POST", f"{DATA}/care-enrolments/1.0/read")] = found(register[0])

    def on(day: date) -> tuple[bool, bool, int]:
        office.client.post("/_sandbox/clock", json={"offset_seconds": (day - TODAY).days * 86_400})
        body = {"service": "postpartum-care", "period": f"{day:%Y-%m}", "batchId": f"BATCH{day:%y%m%d}0"}
        payroll = office.ask(office.staff("payroll-maker"), "POST", "/payrolls", body)
        told = [message["text"] for whom, message in office.neighbours.messages if whom == "ZZA"]
        ended = any(text.startswith("Your child is no infant any more") for text in told)
        return {"status": "expired"} in register, ended, payroll.status_code

    assert on(last) == (False, False, 201)
    assert on(last + timedelta(days=40)) == (True, True, 409)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_from": "motherGivenName"}, "a date that every form has"),
        ({"valid_from": "shoeSize"}, "a date that every form has"),
        ({"valid_days": None}, "which is not there"),
    ],
)
def test_an_end_that_can_not_be_told_is_refused(change: dict[str, Any], words: str) -> None:
    service = read("postpartum-care")
    with pytest.raises(ValidationError, match=words):
        Definition.model_validate({**service, "result": {**service["result"], **change}})


def test_a_policy_with_rules_still_needs_a_household() -> None:
    service = read("postpartum-care")
    service["policy"]["proxy_means"] = [{"points": 1, "fact": "elderly", "at_least": 1}]
    with pytest.raises(ValidationError, match="no household check"):
        Definition.model_validate(service)
