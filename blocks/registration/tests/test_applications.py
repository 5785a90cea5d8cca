"""What an applicant does, in which order, and who may see it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

SHAPE = {
    "id",
    "service",
    "individualId",
    "state",
    "status",
    "form",
    "checks",
    "recommendation",
    "reason",
    "score",
    "amount",
    "currency",
    "household",
    "fee",
    "feeCurrency",
    "feeReceipt",
    "feeDueOn",
    "feeLate",
    "credential",
    "record",
    "submittedOn",
    "decidedOn",
    "decidedBy",
    "validUntil",
}


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_an_application_has_one_shape_from_draft_to_submission(office: Any) -> None:
    created = office.create("ZZ1")
    assert created.status_code == 201
    assert set(created.json()) == SHAPE
    assert (created.json()["state"], created.json()["score"]) == ("draft", None)
    submitted = office.act(created.json()["id"], "submit", office.citizen("ZZ1")).json()
    assert set(submitted) == SHAPE
    assert submitted["state"] == "submitted"
    assert submitted["submittedOn"]


def test_the_same_again_gives_the_first_answer_and_another_is_refused(office: Any) -> None:
    first = office.create("ZZ1")
    assert office.create("ZZ1").json() == first.json()
    assert kind(office.create("ZZ1", givenName="Eve")) == (409, "application-exists")
    application = first.json()["id"]
    once = office.act(application, "submit", office.citizen("ZZ1")).json()
    assert office.act(application, "submit", office.citizen("ZZ1")).json() == once


def test_a_repeat_takes_no_number_of_a_file_away(office: Any) -> None:
    office.create("ZZ1")
    office.create("ZZ1")
    assert office.create("ZZ2").json()["id"] == "A000000002"


def test_one_application_comes_of_many_at_the_same_moment(office: Any) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: office.create("ZZ1"), range(16)))
    assert {answer.json()["id"] for answer in answers} == {"A000000001"}


def test_nobody_applies_for_another(office: Any) -> None:
    body = {"service": "cash-transfer", "individualId": "ZZ1", "form": office.form("ZZ1")}
    for token in (office.citizen("ZZ2"), office.officer):
        assert kind(office.ask(token, "POST", "/applications", body)) == (403, "not-your-own")
    assert office.ask(None, "POST", "/applications", body).status_code == 401
    application = office.create("ZZ1").json()["id"]
    for action in ("submit", "appeal"):
        assert office.act(application, action, office.citizen("ZZ2")).status_code == 403
    assert office.ask(office.citizen("ZZ2"), "GET", f"/applications/{application}").status_code == 403
    form = {"form": office.form("ZZ1")}
    assert office.ask(office.citizen("ZZ2"), "PUT", f"/applications/{application}", form).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"payeeFunctionalId": "short"},
        {"birthDate": "31.1.1980"},
        {"financialAddress": "no-slash"},
        {"givenName": "a\x00b"},
        {"favouriteColour": "green"},
        {"givenName": None},
    ],
)
def test_a_form_that_does_not_fit_is_refused(office: Any, changed: dict[str, Any]) -> None:
    refused = office.create("ZZ1", **changed)
    assert kind(refused) == (400, "form-unfit")


def test_a_fault_in_a_form_does_not_repeat_what_was_typed(office: Any) -> None:
    refused = office.create("ZZ1", payeeFunctionalId="my-secret-number")
    assert refused.json()["faults"][0]["at"] == "$.payeeFunctionalId"
    assert "my-secret-number" not in refused.text


def test_a_draft_is_corrected_and_what_was_handed_in_is_not(office: Any) -> None:
    application = office.create("ZZ1").json()["id"]

    def correct() -> Any:
        body = {"form": office.form("ZZ1", givenName="Eve")}
        return office.ask(office.citizen("ZZ1"), "PUT", f"/applications/{application}", body)

    assert correct().json()["form"]["givenName"] == "Eve"
    office.act(application, "submit", office.citizen("ZZ1"))
    assert kind(correct()) == (409, "wrong-state")


def test_officers_see_all_and_citizens_their_own(office: Any) -> None:
    office.submitted("ZZ1")
    office.create("ZZ2")

    def count(token: str, **query: Any) -> int:
        told = office.ask(token, "GET", "/worklist/applications", **query).json()
        assert told["count"] == len(told["applications"])
        return int(told["count"])

    assert count(office.officer) == 2
    assert count(office.officer, state="submitted") == 1
    assert count(office.officer, individualId="ZZ2") == 1
    assert count(office.officer, service="nothing") == 0
    assert count(office.citizen("ZZ1")) == 1
    assert (
        office.ask(office.citizen("ZZ1"), "GET", "/worklist/applications", individualId="ZZ2").status_code
        == 403
    )
    page = office.ask(office.officer, "GET", "/worklist/applications", pageSize=1, page=2).json()
    assert (page["count"], [each["individualId"] for each in page["applications"]]) == (2, ["ZZ2"])


@pytest.mark.parametrize("application", ["A000000009", "A9", "9", "A1 OR true", "A²", "A" + "9" * 30])
def test_what_is_not_there_is_not_found(office: Any, application: str) -> None:
    office.create("ZZ1")
    assert office.ask(office.officer, "GET", f"/applications/{application}").status_code == 404


@pytest.mark.parametrize("path", ["/applications", "/applications/A000000001/decision", "/payrolls"])
def test_a_missing_body_is_answered(office: Any, path: str) -> None:
    office.create("ZZ1")
    assert office.ask(office.officer, "POST", path).status_code == 400
