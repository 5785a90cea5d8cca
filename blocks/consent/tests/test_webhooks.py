"""Whoever asked to be told is told, in order, until it is taken; signed, and through the mediator alone."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from typing import Any

import pytest

OWN = "/service/individual/record"
SECRET = "a secret of the ministry"
_names = (f"hook{number}" for number in itertools.count())


def hook(office: Any, **more: Any) -> str:
    """Ask to be told, and give the webhook's id."""
    wish = {
        "id": next(_names),
        "payloadUrl": "http://ministry.test/callbacks/told",
        "secretKey": SECRET,
        **more,
    }
    made = office.officer.post("/config/webhook/", json={"webhook": wish})
    assert made.status_code == 200, made.text
    return str(wish["id"])


def withdraw(office: Any, record: str, by: dict[str, str]) -> None:
    body = {"consentRecord": {"optIn": False}}
    answer = office.client.put(f"{OWN}/consent-record/{record}/", json=body, headers=by)
    assert answer.status_code == 200


def test_a_yes_and_its_withdrawal_are_told_in_order_however_often_it_fails(office: Any) -> None:
    name, by = office.person()
    agreement = office.agreement()
    to = hook(office)
    office.box.refusals = 5
    record = office.agree(agreement, by)["id"]
    withdraw(office, record, by)
    told = office.box.wait_for(to, 2)
    assert [each["body"]["event"] for each in told] == ["consent-given", "consent-withdrawn"]
    assert {each["kind"] for each in told} == {"told"}
    body = told[0]["body"]
    facts = {"consentRecordId": record, "dataAgreementId": agreement, "individualId": name, "optIn": True}
    assert facts.items() <= body.items()

    signature = body.pop("signature")
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert signature == "sha256=" + hmac.new(SECRET.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def test_what_happens_to_agreements_and_policies_is_told(office: Any) -> None:
    to = hook(office)
    agreement = office.agreement()
    text = {"purpose": "Try.", "lawfulBasis": "consent", "active": False}
    office.officer.put(f"/config/data-agreement/{agreement}/", json={"dataAgreement": text})
    office.officer.put(f"/config/data-agreement/{agreement}/", json={"dataAgreement": text})
    office.officer.delete(f"/config/data-agreement/{agreement}/")
    told = [each["body"] for each in office.box.wait_for(to, 3)]
    assert [each["id"] for each in told] == [agreement] * 3
    assert [each.get("deleted", False) for each in told] == [False, False, True]


def test_nobody_is_told_who_is_disabled_or_deleted(office: Any) -> None:
    disabled, deleted, left = hook(office, disabled=True), hook(office), hook(office)
    answers = [office.officer.delete(f"/config/webhook/{deleted}/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    agreement = office.agreement()
    office.box.wait_for(left, 1)
    waiting = office.owner("SELECT webhook_id FROM deliveries")
    assert {(disabled,), (deleted,)}.isdisjoint(waiting)
    assert office.box.wait_for(deleted, 0) == office.box.wait_for(disabled, 0) == []
    assert agreement


def test_an_address_elsewhere_is_answered_inside_the_sandbox(office: Any) -> None:
    to = hook(office, payloadUrl="https://vendor.example/hooks?x=1")
    office.agreement()
    assert office.box.wait_for(to, 1)[0]["kind"] == "consent-webhook"


def test_a_webhook_is_made_changed_read_listed_and_deleted(office: Any) -> None:
    named = hook(office)
    path = f"/config/webhook/{named}/"
    made = office.officer.get(path).json()["webhook"]
    assert made["contentType"] == "application/json"
    assert made["disabled"] is False
    again = office.officer.post("/config/webhook/", json={"webhook": made})
    assert again.json() == {"webhook": made}
    other = {"webhook": {**made, "secretKey": "another secret"}}
    assert office.officer.post("/config/webhook/", json=other).status_code == 400
    assert office.officer.put(path, json=other).json()["webhook"]["secretKey"] == "another secret"
    listed = office.officer.get("/config/webhooks/", params={"limit": 1000}).json()["webhooks"]
    assert named in {each["id"] for each in listed}
    office.officer.delete(path)
    assert office.officer.get(path).status_code == 404
    assert office.officer.put(path, json=other).status_code == 404
    assert office.officer.post("/config/webhook/", json={"webhook": made}).status_code == 400
    assert SECRET not in str(office.owner(f"SELECT * FROM webhooks WHERE id = '{named}'"))


def test_without_an_id_the_same_webhook_is_made_once(office: Any) -> None:
    wish = {"payloadUrl": "http://ministry.test/callbacks/once", "secretKey": SECRET}
    first, second = (office.officer.post("/config/webhook/", json={"webhook": wish}).json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "odd",
    [
        {"payloadUrl": "file:///etc/passwd"},
        {"payloadUrl": "http://a b"},
        {"payloadUrl": 1},
        {"contentType": "application/x-www-form-urlencoded"},
        {"secretKey": "short"},
        {"secretKey": None},
        {"disabled": "perhaps"},
    ],
)
def test_an_unfit_webhook_is_refused(office: Any, odd: dict[str, Any]) -> None:
    wish = {"payloadUrl": "http://ministry.test/callbacks/told", "secretKey": SECRET, **odd}
    assert office.officer.post("/config/webhook/", json={"webhook": wish}).status_code == 400
