"""Where a right asks for consent, nothing passes without a signed record of this person, now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

REGISTRIES = "/r1/SBX/GOV/CENTRAL/digital-registries"


def test_consent_opens_and_its_withdrawal_closes(
    mediator: TestClient, network: Any, registration: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    def read() -> int:
        return mediator.get(f"{REGISTRIES}/persons/P1", headers=registration).status_code

    assert read() == 403
    network.consents.add(("P1", "cash-transfer"))
    assert read() == 200
    network.consents.clear()
    assert read() == 403
    assert len(network.made("digital-registries")) == 1
    lines = exchanges()
    assert [line["refused"] for line in lines] == ["consent-missing", "", "consent-missing"]
    assert {line["consent"] for line in lines} == {"cash-transfer"}
    assert {line["individual"] for line in lines} == {"P1"}


def test_everybody_named_must_have_agreed(
    mediator: TestClient, network: Any, registration: dict[str, str]
) -> None:
    network.consents.add(("P1", "cash-transfer"))
    both = [("individualId", "P1"), ("individualId", "P2")]
    assert mediator.get(f"{REGISTRIES}/persons", params=both, headers=registration).status_code == 403
    assert mediator.get(f"{REGISTRIES}/persons", params=both[:1], headers=registration).status_code == 200


def test_a_call_that_names_nobody_is_refused(mediator: TestClient, registration: dict[str, str]) -> None:
    answer = mediator.get(f"{REGISTRIES}/persons", headers=registration)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "consent-missing")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "unsigned"},
        {"optIn": False},
        {"optIn": "true"},
        {"individual": "P2"},
        {"dataAgreement": {"id": "another"}},
        {"individual": None},
    ],
)
def test_a_record_counts_only_when_it_is_signed_and_theirs(
    mediator: TestClient, network: Any, registration: dict[str, str], change: dict[str, Any]
) -> None:
    good = {"state": "signed", "optIn": True, "individual": "P1", "dataAgreement": {"id": "cash-transfer"}}

    def answer_with(*records: dict[str, Any]) -> int:
        network._consent = lambda _: httpx2.Response(200, json={"consentRecords": list(records)})
        return mediator.get(f"{REGISTRIES}/persons/P1", headers=registration).status_code

    assert answer_with({**good, **change}) == 403
    assert answer_with({**good, **change}, good) == 200


@pytest.mark.parametrize("broken", [500, 200])
def test_a_consent_block_that_cannot_say_means_no(
    mediator: TestClient, network: Any, registration: dict[str, str], broken: int
) -> None:
    network._consent = lambda _: httpx2.Response(broken, content=b"oops")
    assert mediator.get(f"{REGISTRIES}/persons/P1", headers=registration).status_code == 502
    network.down.add("consent")
    assert mediator.get(f"{REGISTRIES}/persons/P1", headers=registration).status_code == 502
    assert network.made("digital-registries") == []


def test_a_person_that_cannot_be_read_from_the_body_has_not_agreed(
    make_app: Any, wiring_document: dict[str, Any], network: Any, registration: dict[str, str]
) -> None:
    network.consents.add(("P1", "cash-transfer"))
    wiring_document["rights"][-1]["operations"] = ["writePerson"]
    app, _ = make_app(wiring_document)
    with TestClient(app) as mediator:

        def write(**said: Any) -> int:
            headers = {**registration, **said.pop("headers", {})}
            return mediator.post(f"{REGISTRIES}/persons", headers=headers, **said).status_code

        assert write(json={"person": {"id": "P1"}}) == 200
        assert write(json={"person": {"id": "P1"}, "padding": "x" * 70_000}) == 403
        assert write(content=b'{"person": {"id": "P1"}}', headers={"Content-Type": "text/plain"}) == 403
        assert write(json={"person": {"id": "P2"}}) == 403


def test_a_second_line_does_not_open_what_the_first_guards(
    make_app: Any, wiring_document: dict[str, Any], registration: dict[str, str]
) -> None:
    (*others, guarded) = wiring_document["rights"]
    for pair in ([guarded, {**guarded, "consent": None}], [{**guarded, "consent": None}, guarded]):
        app, _ = make_app({**wiring_document, "rights": [*others, *pair]})
        with TestClient(app) as mediator:
            assert mediator.get(f"{REGISTRIES}/persons/P1", headers=registration).status_code == 403
