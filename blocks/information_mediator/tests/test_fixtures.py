"""What a harness presupposes is listed by the directory, in both dialects, beside what is really there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blocks.information_mediator.app import create_app
from blocks.information_mediator.fixtures import enter
from blocks.information_mediator.seed import load

SPECIFICATIONS = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "information-mediator"
SERVICES = [
    {"serviceId": "one", "instanceId": "first", "serviceCode": "code"},
    {"serviceId": "two", "instanceId": "second", "serviceCode": "code"},
]
DOCUMENT = {
    "data": [
        {
            "GovStackInstance": "abroad",
            "memberClass": "GOV",
            "memberCode": "ministry",
            "applicationCode": "register",
            "service": SERVICES,
        }
    ]
}
CALLER = {"Information-Mediator-Client": "abroad/GOV/ministry/register"}


def alone(make_database: Callable[..., str], document: Any, folder: Path) -> TestClient:
    url = make_database(with_fixtures(load, enter, [(folder / "fixtures.json", document)]), folder)
    return TestClient(create_app({"DATABASE_URL": url, "ALLOWED_HOSTS": "testserver"}))


def test_the_directory_lists_what_the_file_says(make_database: Callable[..., str], tmp_path: Path) -> None:
    with alone(make_database, DOCUMENT, tmp_path) as client:
        (member,) = client.get("/listClients", headers=CALLER).json()["member"]
        assert (member["name"], member["id"]["instanceId"]) == ("register", "abroad")
        for method in ("listMethods", "allowedMethods"):
            dialect = client.get(f"/abroad/GOV/ministry/register/{method}", headers=CALLER).json()
            assert dialect["service"] == SERVICES
            published = client.get(f"/r1/abroad/GOV/ministry/register/{method}", headers=CALLER).json()
            assert set(published) == {"member"}
            assert [each["serviceId"] for each in published["member"]] == ["one", "two"]
            one = client.get(f"/r1/abroad/GOV/ministry/register/{method}?serviceId=two", headers=CALLER)
            assert [each["instanceId"] for each in one.json()["member"]] == ["second"]
        contract = client.get("/abroad/GOV/ministry/register/getOpenAPI?serviceCode=code", headers=CALLER)
        assert (contract.status_code, contract.json()["info"]["title"]) == (200, "one")
        for query, status in (("", 400), ("?serviceCode=other", 404)):
            path = f"/abroad/GOV/ministry/register/getOpenAPI{query}"
            assert client.get(path, headers=CALLER).status_code == status
        assert client.get("/abroad/GOV/ministry/nothing/listMethods", headers=CALLER).status_code == 404


@pytest.mark.parametrize(
    "document", [[], {"data": [{}]}, {"data": [{**DOCUMENT["data"][0], "memberCode": "a/b"}]}]
)
def test_a_document_of_another_form_is_refused(document: Any) -> None:
    with pytest.raises(FixturesUnusable, match="at "):
        enter(None, document)  # type: ignore[arg-type]


@pytest.mark.skipif(
    not SPECIFICATIONS.is_dir(), reason="the published definitions are not beside the repository"
)
def test_the_published_fixtures_can_be_entered(make_database: Callable[..., str], tmp_path: Path) -> None:
    document = json.loads((SPECIFICATIONS / "fixtures.json").read_text(encoding="utf-8"))
    with alone(make_database, document, tmp_path) as client:
        for each in document["data"]:
            names = ("GovStackInstance", "memberClass", "memberCode", "applicationCode")
            address = "/".join(each[name] for name in names)
            answer = client.get(f"/{address}/listMethods", headers=CALLER)
            assert answer.json()["service"] == each["service"]
