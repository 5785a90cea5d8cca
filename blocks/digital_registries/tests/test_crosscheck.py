"""What one registry knows and another doesn't is found in one question."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble


def unmatched(client: TestClient, registry: str, other: str, on: dict[str, str], **more: Any) -> Any:
    theirs = {"registryName": other, "versionNumber": "1.0", **more.pop("theirs", {})}
    return client.post(f"/data/{registry}/1.0/unmatched", json={"other": theirs, "on": on, **more})


def test_records_without_a_counterpart_are_found_and_counted(client: TestClient) -> None:
    told = unmatched(client, "organisations", "products", {"organisationId": "organisationId"}).json()
    assert (told["count"], [each["organisationId"] for each in told["results"]]) == (1, ["REG-0"])
    told = unmatched(client, "products", "organisations", {"organisationId": "organisationId"}).json()
    assert told == {"count": 0, "results": []}


def test_both_sides_can_be_narrowed(client: TestClient) -> None:
    same = {"organisationId": "organisationId"}
    valid = {"query": {"content": {"status": "revoked"}}}
    told = unmatched(client, "organisations", "licences", same, theirs=valid).json()
    assert told["count"] == 2
    query = {"content": {"kind": "company"}}
    told = unmatched(client, "organisations", "licences", same, theirs=valid, query=query).json()
    assert [each["organisationId"] for each in told["results"]] == ["REG-1"]
    assert unmatched(client, "organisations", "licences", same, query=query).json()["count"] == 0


def test_all_fields_of_a_pair_have_to_be_equal(client: TestClient) -> None:
    on = {"organisationId": "organisationId", "name": "name"}
    assert unmatched(client, "products", "organisations", on).json()["count"] == 1


@pytest.mark.parametrize(
    ("on", "theirs", "status"),
    [
        ({}, {}, 400),
        ({"colour": "organisationId"}, {}, 400),
        ({"organisationId": "colour"}, {}, 400),
        ({"organisationId": "organisationId"}, {"query": {"content": {"colour": "red"}}}, 400),
        ({"organisationId": "organisationId"}, {"registryName": "nowhere"}, 404),
    ],
)
def test_what_is_not_there_is_refused(
    client: TestClient, on: dict[str, str], theirs: dict[str, Any], status: int
) -> None:
    assert unmatched(client, "organisations", "products", on, theirs=theirs).status_code == status


def test_whoever_is_learnt_of_can_see_it(client: TestClient, peers: PeersDouble) -> None:
    unmatched(client, "parcels", "licences", {"parcelId": "licenceId"})
    told = client.get(
        "/data/myPersonalDataUsage",
        params={"userId": "ZZ0", "databaseId": "parcels"},
        headers={"Authorization": peers.token("ZZ0", "citizen")},
    )
    assert [line["operation"] for line in told.json()] == ["unmatched"]
