"""GovStack's published names and those of its compliance suite lead to the same answers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

URL = "/data/individuals/1.0"


@pytest.mark.parametrize("operation", ["updateEntries", "update-entries"])
def test_entries_are_updated_under_both_names(ask: Any, operation: str) -> None:
    told = ask(operation, "individuals", query={"householdId": "HH-0"}, write={"familyName": "Oak"})
    assert told.json() == {"count": 3}


@pytest.mark.parametrize("operation", ["updateOrCreate", "update-or-create"])
def test_a_record_is_updated_or_created_under_both_names(ask: Any, operation: str) -> None:
    told = ask(operation, "individuals", query={"individualId": "ZZ1"}, write={"familyName": "Oak"})
    assert told.json()["content"]["familyName"] == "Oak"


@pytest.mark.parametrize("operation", ["readValue", "read-value"])
def test_a_value_is_read_under_both_names(client: TestClient, operation: str) -> None:
    assert client.get(f"{URL}/ZZ1/{operation}/givenName.json").json() == {"value": "Ben"}


def test_capitals_of_a_field_do_not_matter_where_it_is_clear_what_is_meant(
    ask: Any, client: TestClient
) -> None:
    assert ask("read", "individuals", query={"IndividualID": "ZZ1"}).json()["content"]["givenName"] == "Ben"
    assert client.get(f"{URL}/ZZ1/read-value/GivenName.json").json() == {"value": "Ben"}
    assert client.get(URL, params={"query.SEX": "male", "ordering": "-BirthDate"}).json()["count"] == 2
    written = ask("update", "individuals", query={"individualId": "ZZ1"}, write={"GivenName": "Bob"})
    assert written.json()["content"]["givenName"] == "Bob"
    assert "GivenName" not in written.json()["content"]


def test_a_field_that_is_named_twice_is_refused(ask: Any, client: TestClient) -> None:
    twice = {"individualId": "ZZ0", "IndividualID": "ZZ1"}
    assert ask("read", "individuals", query=twice).status_code == 400
    assert (
        client.get(URL, params={f"query.{name}": value for name, value in twice.items()}).status_code == 400
    )
    other = {"INDIVIDUALID": "ZZ0", "IndividualID": "ZZ1"}
    assert ask("read", "individuals", query=other).status_code == 400


@pytest.mark.parametrize(("person", "registry"), [("userId", "databaseId"), ("userID", "DatabaseID")])
def test_the_usage_of_personal_data_is_told_with_capitals_too(
    ask: Any, client: TestClient, peers: PeersDouble, person: str, registry: str
) -> None:
    ask("read", "individuals", query={"individualId": "ZZ1"})
    headers = {"Authorization": peers.token("ZZ1", "citizen")}
    params = {person: "ZZ1", registry: "individuals"}
    line = client.get("/data/MyPersonalDataUsage/1.0", params=params, headers=headers).json()[0]
    assert line["ReaderID"] == "SBX/GOV/CENTRAL/registration"
    assert line["Refrences"] == [{"ReferenceID": "ZZ1"}]
    published = {"userId": "ZZ1", "databaseId": "individuals"}
    same = client.get("/data/myPersonalDataUsage", params=published, headers=headers).json()[0]
    assert list(line.values()) == list(same.values())


@pytest.mark.parametrize("params", [{}, {"userId": "ZZ1"}, {"userId": "", "databaseId": "x"}])
def test_whose_usage_is_meant_must_be_said(
    client: TestClient, peers: PeersDouble, params: dict[str, str]
) -> None:
    headers = {"Authorization": peers.token("ZZ1", "citizen")}
    for path in ("/data/MyPersonalDataUsage/1.0", "/data/myPersonalDataUsage"):
        assert client.get(path, params=params, headers=headers).status_code == 400
