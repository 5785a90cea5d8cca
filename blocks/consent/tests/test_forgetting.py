"""Who asks to be forgotten is, where the agreement that they were shown says so; the rest stays provable."""

from __future__ import annotations

from typing import Any

PATH = "/service/individual/record/"


def test_only_what_is_called_forgettable_goes(office: Any) -> None:
    name, by = office.person()
    other, another = office.person()
    goes, stays = office.agreement(forgettable=True), office.agreement()
    gone, kept = office.agree(goes, by), office.agree(stays, by)
    foreign = office.agree(goes, another)
    assert office.client.delete(PATH, headers={**by, "X-ConsentBB-IndividualId": other}).status_code == 403
    assert [office.client.delete(PATH, headers=by).json() for _ in range(2)] == [
        {"deleted": 1},
        {"deleted": 0},
    ]
    left = office.officer.get("/audit/consent-records/", params={"individualId": name}).json()
    assert [each["id"] for each in left["consentRecords"]] == [kept["id"]]
    assert office.officer.get(f"/audit/consent-record/{foreign['id']}/").status_code == 200
    traces = office.owner(f"SELECT FROM revisions WHERE object_id = '{gone['id']}'")
    assert traces == []
    assert office.officer.get("/audit/chain/").json()["holds"] is True
    assert office.agree(goes, by)["id"] != gone["id"]


def test_the_text_that_was_shown_counts_and_not_a_later_one(office: Any) -> None:
    _, by = office.person()
    agreement = office.agreement(forgettable=True)
    office.agree(agreement, by)
    later = {"purpose": "Try.", "lawfulBasis": "consent", "forgettable": False}
    office.officer.put(f"/config/data-agreement/{agreement}/", json={"dataAgreement": later})
    assert office.client.delete(PATH, headers=by).json() == {"deleted": 1}
