"""The published contract in both dialects: hand in at once, list, complete tasks, bring documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from blockkit.app import read_contract
from blockkit.testing import contract_operations, served_operations

FOLDER = Path(__file__).parents[1]
UPSTREAM = FOLDER.parents[2] / "shared/specs/govstack/registration"
HOUSEHOLD = {
    "givenName": "Ada",
    "familyName": "Ash",
    "birthDate": "1980-01-31",
    "members": 4,
    "district": "North",
    "dwelling": "house",
}


def file(town: Any, person: str, form: Any = HOUSEHOLD, **more: Any) -> Any:
    town.neighbours.settle(person)
    body = {"applicantId": person, "formData": {"data": form, "eFormId": "household-form"}, **more}
    return town.ask(town.citizen(person), "POST", "/services/household/applications", body)


def test_an_application_is_handed_in_at_once_and_once(town: Any) -> None:
    first = file(town, "ZZ-once", applicationName="Ada's house")
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["status"]["code"], told["ended"], told["serviceName"]) == (
        *("PENDING", False),
        "Household registration",
    )
    assert file(town, "ZZ-once", applicationName="Ada's house").json() == told
    read = town.ask(town.citizen("ZZ-once"), "GET", f"/applications/{told['fileId']}").json()
    assert told.items() <= read.items()
    assert read["state"] == "submitted"


def test_an_application_may_come_as_a_form(town: Any) -> None:
    town.neighbours.settle("ZZ-form")
    sent = {"applicantId": "ZZ-form", "formData": json.dumps({"data": HOUSEHOLD}), "documentUrls": "string"}
    told = town.client.post(
        "/services/household/applications", data=sent, headers={"Authorization": town.citizen("ZZ-form")}
    )
    assert told.status_code == 200, told.text
    assert told.json()["applicationData"]["formData"]["data"] == HOUSEHOLD


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "invalid-request"),
        ({"applicantId": "ZZ-bad", "formData": "x"}, "invalid-request"),
        ({"applicantId": "ZZ-bad", "formData": {"data": {"members": 0}}}, "form-unfit"),
    ],
)
def test_an_unfit_application_is_refused(town: Any, body: Any, kind: str) -> None:
    refused = town.ask(town.citizen("ZZ-bad"), "POST", "/services/household/applications", body)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, kind)


def test_a_body_that_is_nothing_is_refused(town: Any) -> None:
    for content, kind in ((b"", "application/json"), (b"\xff", "application/json"), (b"[" * 9999, "")):
        refused = town.client.post(
            "/services/household/applications",
            content=content,
            headers={"Authorization": town.citizen("ZZ-bad"), "Content-Type": kind},
        )
        assert refused.status_code == 400


def test_everybody_lists_what_is_theirs(town: Any) -> None:
    numbers = [file(town, f"ZZ-list{n}").json()["fileId"] for n in range(3)]

    def listed(token: str, **query: Any) -> list[str]:
        return [each["fileId"] for each in town.ask(token, "GET", "/applications", **query).json()]

    assert listed(town.citizen("ZZ-list1")) == [numbers[1]]
    everything = listed(town.officer, serviceId="household", maxResult=1000)
    assert set(numbers) <= set(everything)
    backwards = listed(town.officer, serviceId="household", maxResult=2, sortBy="created", sortOrder="desc")
    assert backwards == everything[::-1][:2]
    assert listed(town.officer, applicantId="ZZ-list2") == [numbers[2]]
    stranger = town.ask(town.citizen("ZZ-list1"), "GET", "/applications", applicantId="ZZ-list2")
    assert stranger.status_code == 403
    assert town.ask(town.officer, "GET", "/applications", maxResult="all").status_code == 400


def test_an_application_is_decided_by_completing_tasks(town: Any) -> None:
    number = file(town, "ZZ-tasks").json()["fileId"]

    def complete(data: Mapping[str, Any], token: str | None = None) -> Any:
        (task,) = town.ask(token or town.officer, "GET", "/tasks", fileId=number).json()
        path = f"/tasks/{task['taskId']}/complete"
        done = town.ask(token or town.officer, "POST", path, {"data": data})
        assert town.ask(token or town.officer, "POST", path, {"data": data}).json() == done.json()
        return done.json()

    complete({})
    sent_back = complete({"decision": {"value": "correction"}, "reason": "How many?"})
    assert sent_back["status"]["code"] == "SENDBACK"
    own = town.citizen("ZZ-tasks")
    (task,) = town.ask(own, "GET", "/tasks", fileId=number).json()
    assert (task["roleId"], task["assigneeId"]) == ("applicant", "ZZ-tasks")
    complete({"form": {**HOUSEHOLD, "members": 5}}, own)
    complete({})
    approved = complete({"decision": "approve"})
    assert approved["status"]["code"] == "APPROVED"
    assert town.ask(town.officer, "GET", "/tasks", fileId=number).json() == []


def test_a_task_is_closed_to_everybody_else(town: Any) -> None:
    number = file(town, "ZZ-closed").json()["fileId"]
    (task,) = town.ask(town.officer, "GET", "/tasks", fileId=number).json()
    path = f"/tasks/{task['taskId']}"
    for token in (town.citizen("ZZ-closed"), town.staff("cashier"), town.staff("registrar")):
        assert town.ask(token, "GET", path).status_code == 403
        assert town.ask(token, "POST", f"{path}/complete", {"data": {}}).status_code == 403
        assert town.ask(token, "GET", "/tasks", fileId=number).json() == []
    own = town.staff("enrolment-officer", "ZZ-closed")
    assert town.ask(own, "POST", f"{path}/complete", {"data": {}}).status_code == 403
    assert town.ask(town.officer, "GET", "/tasks/T999999999").status_code == 404


def test_what_an_officer_adds_never_changes_the_form(town: Any) -> None:
    number = file(town, "ZZ-added").json()["fileId"]
    body = {"applicantId": "ZZ-added", "formData": {"data": {"visited": "yes"}}}
    told = town.ask(town.officer, "PUT", f"/applications/{number}", body).json()
    assert told["additionalMeta"] == {"data": {"visited": "yes"}}
    assert told["applicationData"]["formData"]["data"] == HOUSEHOLD
    refused = town.ask(town.citizen("ZZ-added"), "PUT", f"/applications/{number}", body)
    assert refused.status_code == 409


def test_forms_are_listed_and_read(town: Any) -> None:
    (line,) = town.ask(None, "GET", "/services/birth/eForms").json()
    form = town.ask(None, "GET", f"/eForms/{line['eFormId']}").json()
    assert next(iter(form["schema"]["properties"])) == "notificationNumber"
    assert "schema" not in line
    assert town.ask(None, "GET", "/eForms/nothing").status_code == 404
    assert town.ask(None, "GET", "/services/nothing/eForms").status_code == 404


def test_a_document_is_what_its_content_is(town: Any) -> None:
    token = town.citizen("ZZ-docs")
    kinds = {
        b"%PDF-1.7 x": "application/pdf",
        b"\xff\xd8\xff\xe0x": "image/jpeg",
        b"We love text": "text/plain",
    }
    for content, media_type in kinds.items():
        told = town.upload(token, content, name="liar.exe").json()
        assert told["type"] == media_type
        assert town.upload(token, content, name="liar.exe").json() == told
        read = town.ask(token, "GET", told["url"])
        assert (read.content, read.headers["x-content-type-options"]) == (content, "nosniff")
        assert read.headers["content-disposition"].startswith("attachment")
        assert town.ask(town.citizen("ZZ-other"), "GET", told["url"]).status_code == 403
        assert town.ask(town.officer, "GET", told["url"]).status_code == 403
    for content in (b"MZ\x00\x01", b"", b"<\x00script>"):
        assert town.upload(token, content).status_code == 400
    assert town.upload(token, b"%PDF-" + b"x" * (4096 * 1024)).status_code == 413
    assert town.upload(token, b"%PDF-" + b"x" * (22 * 1024 * 1024)).status_code == 413
    assert town.client.post("/documents", headers={"Authorization": token}).status_code == 400


def test_nobody_hands_in_the_document_of_another(town: Any) -> None:
    url = town.upload(town.citizen("ZZ-owner"), b"%PDF-x").json()["url"]
    assert file(town, "ZZ-thief", documentUrls=[url]).status_code == 403
    ours = town.upload(town.citizen("ZZ-mine"), b"%PDF-x").json()["url"]
    told = file(town, "ZZ-mine", documentUrls=[ours, "https://elsewhere.example/x.pdf"]).json()
    assert told["applicationData"]["documentUrls"] == [ours]
    assert town.ask(town.officer, "GET", ours).status_code == 200


def test_statistics_answer_in_both_dialects(town: Any) -> None:
    published = town.ask(None, "GET", "/data/statistics", registrationName="birth").json()
    assert town.ask(None, "GET", "/data/statistics/1.0", registrationName="birth").json() == published


def test_the_contract_is_served_whole(town: Any) -> None:
    assert served_operations(town.client.app) == contract_operations(read_contract(FOLDER))


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="the published definitions are not here")
def test_every_published_operation_is_there() -> None:
    published = set()
    for name in ("GovStack_Registration_BB_API.json", "GovStack_Registration_BB_API_statistics.json"):
        document = json.loads((UPSTREAM / name).read_text(encoding="utf-8"))
        published |= {(method, nameless(path)) for method, path in contract_operations(document)}
    ours = {(method, nameless(path)) for method, path in contract_operations(read_contract(FOLDER))}
    assert published - ours == set()
    assert len(published) == 13


def nameless(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)
