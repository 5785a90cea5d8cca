"""What GovStack's compliance harness asks, as far as its fixtures tell, against the block with these loaded.

Each request is sent twice and the second answer judged, as the harness does: by status, and by the
published response schema. Skipped where the published definitions don't lie beside the repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from blockkit.fixtures import read_fixtures, with_fixtures
from blockkit.standalone import Server
from blocks.digital_registries.app import create_app
from blocks.digital_registries.fixtures import enter
from blocks.digital_registries.seed import load

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "specs" / "govstack" / "digital-registries"
FIXTURES = PUBLISHED / "fixtures.json"
STEM = "GovStack_Digital_registries_BB_{}_API_template-1.3.0.yaml"
DATA = "/data/{registryName}/{versionNumber}"
METHODS = ("get", "put", "post", "delete")

pytestmark = pytest.mark.skipif(not FIXTURES.is_file(), reason="the published definitions are not here")


@dataclass(frozen=True)
class Asked:
    """One request, and whose published answer it should get."""

    method: str
    path: str
    published: str
    status: int
    body: Any = None
    params: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def client(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    name = "digital_registries_harness"
    loading = with_fixtures(load, enter, read_fixtures([FIXTURES]))
    url = postgres.make_database(name, loading, tmp_path_factory.mktemp("nobody"))
    with TestClient(create_app({"DATABASE_URL": url})) as client:
        yield client
    postgres.drop_database(name)


@cache
def definition(kind: str) -> Any:
    reader = YAML(typ="safe")
    return reader.load((PUBLISHED / STEM.format(kind)).read_text(encoding="utf-8"))


def plain(document: Any, part: Any) -> Any:
    """Replace references; one published file writes their first letter otherwise than what they mean."""
    if isinstance(part, list):
        return [plain(document, each) for each in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("$ref"), str):
        *way, name = part["$ref"].removeprefix("#/").split("/")
        place = document
        for step in way:
            place = place[step]
        return plain(document, next(place[key] for key in place if key.lower() == name.lower()))
    return {key: plain(document, each) for key, each in part.items()}


def answer_schema(asked: Asked) -> Any:
    document = definition("Database" if asked.published.startswith("/database") else "Data")
    answers = document["paths"][asked.published][asked.method]["responses"]
    told = answers.get(str(asked.status), {}).get("content", {}).get("application/json", {}).get("schema", {})
    # Published as one object, and described "as a list array".
    return {"items": plain(document, told)} if asked.path == "/databases" else plain(document, told)


def requests(state: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield what can be asked about the state of the fixtures; deletions come last."""
    registry = state["registries"]
    base = f"/data/{registry['registryname']}/{registry['versionnumber']}"
    records = [
        {name: value for name, value in each.items() if name != "PersonalData"}
        for each in registry["records"]
    ]
    for record in records:
        query = {name: value for name, value in record.items() if name != "uuid"}
        for operation in ("exists", "read"):
            body = {"query": {"content": query}}
            yield Asked("post", f"{base}/{operation}", f"{DATA}/{operation}", 200, body)
        value = f"{DATA}/{{uuid}}/readValue/{{field}}.{{ext}}"
        yield Asked("get", f"{base}/{record['uuid']}/read-value/FirstName.json", value, 200)
        params = {"search": record["FirstName"], "filter": "FirstName", "ordering": "descending", "page": "1"}
        yield Asked("get", base, DATA, 200, params={**params, "pageSize": "10"})
        yield Asked("get", base, DATA, 200, params={"query.BirthCertificateID": record["BirthCertificateID"]})
    for each in registry["records"]:
        status = 200 if each["PersonalData"] else 404
        params = {"userId": each["id"], "databaseId": registry["databaseID"]}
        yield Asked(
            "get", "/data/MyPersonalDataUsage/1.0", "/data/myPersonalDataUsage", status, params=params
        )
    new = {"id": "EE1", "FirstName": "New", "LastName": "Born", "BirthCertificateID": "RR-1"}
    unknown = {"query": {"content": {"id": "NOBODY"}}}
    yield Asked("post", f"{base}/create", f"{DATA}/create", 200, {"write": {"content": new}})
    yield Asked("post", f"{base}/exists", f"{DATA}/exists", 200, unknown)
    yield Asked("post", f"{base}/read", f"{DATA}/read", 404, unknown)
    for record in records[:6]:
        query = {"uuid": record["uuid"], "FirstName": record["FirstName"]}
        change = {"query": {"content": query}, "write": {"content": {"FirstName": "Changed"}}}
        yield Asked("put", f"{base}/update", f"{DATA}/update", 200, change)
        one = {"query": {"content": {"uuid": record["uuid"]}}, "write": {"content": {"LastName": "Changed"}}}
        yield Asked("put", f"{base}/update-entries", f"{DATA}/updateEntries", 200, one)
        yield Asked("post", f"{base}/update-or-create", f"{DATA}/updateOrCreate", 200, one)
    twins = {"query": {"content": {"LastName": "Smith"}}, "write": {"content": {"LastName": "Smythe"}}}
    yield Asked("put", f"{base}/update-entries", f"{DATA}/updateEntries", 200, twins)
    fresh = {**new, "id": "EE2"}
    either = {"query": {"content": {"id": "EE2"}}, "write": {"content": fresh}}
    yield Asked("post", f"{base}/update-or-create", f"{DATA}/updateOrCreate", 200, either)
    for record in records:
        if [each["id"] for each in records].count(record["id"]) == 1:
            yield Asked("delete", f"{base}/{record['id']}/delete", f"{DATA}/{{ID}}/delete", 204)
    yield Asked("get", "/databases", "/databases", 200)
    for catalog in state["databases"]:
        for each in filter(lambda part: isinstance(part, dict), catalog["databases"]):  # others are remarks
            yield Asked("get", f"/database/{each['id']}", "/database/{id}", 200)
            yield Asked("delete", f"/database/{each['id']}", "/database/{id}", 200)
            yield Asked("get", f"/database/{each['id']}", "/database/{id}", 404)
        schema = catalog["databases"][0]["schema"]
        design = {"groupName": "Test", "catalogName": catalog["name"], "code": "MCR", "schema": schema}
        yield Asked("post", "/database/modify", "/database/modify", 200, design)


def test_every_request_is_answered_as_published(client: TestClient) -> None:
    state = json.loads(FIXTURES.read_text(encoding="utf-8"))
    stated = state["informationMediatorClientHeader"]
    asked, failed = list(requests(state)), []
    for each in asked:
        for _ in range(2):
            answer = client.request(
                each.method,
                each.path,
                json=each.body,
                params=each.params,
                headers={stated["key"]: stated["value"]},
            )
        faults = [] if answer.status_code == each.status else [f"{answer.status_code} {answer.text[:200]}"]
        if answer.content and not faults:
            faults = [
                error.message[:200]
                for error in Draft4Validator(answer_schema(each)).iter_errors(answer.json())
            ]
        if faults:
            failed.append(f"{each.method} {each.path} {each.body}: {faults[0]}")
    print(f"{len(asked) - len(failed)} of {len(asked)} requests of the harness answered as published")
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("kind", ["Data", "Database"])
def test_every_published_operation_is_served(client: TestClient, kind: str) -> None:
    served = {
        (method, path)
        for path, item in client.get("/openapi.json").json()["paths"].items()
        for method in item
    }
    published = {
        (method, path)
        for path, item in definition(kind)["paths"].items()
        for method in item
        if method in METHODS
    }
    assert published
    assert published <= served
