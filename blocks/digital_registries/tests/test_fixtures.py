"""A harness's state is entered as data; the same code then answers from it as from anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from starlette.testclient import TestClient

from blockkit.fixtures import FixturesUnusable, read_fixtures, with_fixtures
from blockkit.standalone import Server
from blocks.digital_registries.app import create_app
from blocks.digital_registries.fixtures import enter
from blocks.digital_registries.seed import load

READER = {
    "ID": "77",
    "ReaderID": "ZZ9",
    "ReaderInitials": "AB",
    "ReaderInstitutionName": "Clinic",
    "SearchDateTime": "2020-01-02T03:04:05Z",
    "Refrences": [{"ReferenceID": "M1"}],
}
SCHEMA = {"type": "object", "properties": {"ID": {"type": "string", "primaryKey": True, "readOnly": True}}}
DOCUMENT: dict[str, Any] = {
    "registries": {
        "registryname": "people",
        "versionnumber": "3",
        "databaseID": "M",
        "records": [
            {"uuid": "u1", "id": "P1", "FirstName": "Ada", "PersonalData": [READER]},
            {"uuid": "u2", "id": "P2", "FirstName": "Ben", "PersonalData": []},
            {"uuid": "u3", "id": "P2", "FirstName": "Cy", "PersonalData": []},
        ],
    },
    "databases": [
        {
            "id": 85,
            "name": "Mothers",
            "code": "M",
            "order": 7,
            "data_index_increment": 3,
            "databases": [
                {"id": 1, "version": "1.1", "schema": SCHEMA},
                "a remark on what follows",
                {"id": 8438778473, "version": "1.1", "schema": SCHEMA},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def client(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The block alone, with the document above."""
    folder = tmp_path_factory.mktemp("fixtures")
    (folder / "state.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    loading = with_fixtures(load, enter, read_fixtures([folder / "state.json"]))
    url = postgres.make_database("digital_registries_fixtures", loading, folder)
    with TestClient(create_app({"DATABASE_URL": url})) as client:
        yield client
    postgres.drop_database("digital_registries_fixtures")


def test_records_are_found_by_id_uuid_and_both_spellings(client: TestClient) -> None:
    for name in ("id", "ID"):
        body = {"query": {"content": {name: "P1"}}}
        told = client.post("/data/people/3/read", json=body).json()["content"]
        assert told == {"uuid": "u1", "id": "P1", "FirstName": "Ada"}
    for name in ("u1", "P1"):
        assert client.get(f"/data/people/3/{name}/readValue/firstName.json").json() == {"value": "Ada"}


def test_a_name_that_several_records_share_means_none_of_them(client: TestClient) -> None:
    assert client.delete("/data/people/3/P2/delete").status_code == 409
    assert client.get("/data/people/3").json()["count"] == 3


def test_readers_of_another_system_are_told_as_it_knew_them(client: TestClient) -> None:
    params = {"userId": "P1", "databaseId": "M"}
    (line,) = client.get("/data/MyPersonalDataUsage/1.0", params=params).json()
    assert {name: line[name] for name in READER} == READER
    (same,) = client.get("/data/myPersonalDataUsage", params=params).json()
    assert (same["id"], same["readerId"], same["readerInitials"]) == ("77", "ZZ9", "AB")


def test_databases_keep_their_numbers_and_come_after_ours(client: TestClient) -> None:
    (catalog,) = (each for each in client.get("/databases").json() if each["code"] == "M")
    assert (catalog["id"], catalog["order"], catalog["dataIndexIncrement"]) == (85, 7, 3)
    assert [each["id"] for each in catalog["databases"]] == [1, 8438778473]
    assert client.get("/database/8438778473").json()["version"] == "1.1"
    assert client.delete("/database/8438778473").json() == "Success"
    assert client.get("/database/8438778473").status_code == 404
    made = client.post("/data/M/1.1/create", json={"write": {"content": {}}})
    assert made.json()["content"] == {"ID": "M4"}


def test_whoever_looks_at_a_block_that_runs_alone_needs_no_log_in(client: TestClient) -> None:
    assert "people" in client.get("/registers").text
    assert client.get("/registers/login", follow_redirects=False).status_code == 303
    assert "Ada" in client.get("/registers/people/3", params={"search": "ada"}).text


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "its top"),
        ({}, "registries"),
        ({"registries": {**DOCUMENT["registries"], "versionnumber": "one"}}, "versionnumber"),
        ({"registries": {**DOCUMENT["registries"], "records": [{"uuid": 1}]}}, "must be a string"),
        (
            {"registries": {**DOCUMENT["registries"], "records": [{"uuid": "u", "PersonalData": [{}]}]}},
            "searchDateTime",
        ),
        ({**DOCUMENT, "databases": [{**DOCUMENT["databases"][0], "databases": [{"id": 0}]}]}, "databases/0"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_place(database: str, document: Any, said: str) -> None:
    with (
        psycopg.connect(database, row_factory=dict_row) as connection,
        pytest.raises(FixturesUnusable, match=said),
    ):
        enter(connection, document)
