"""What GovStack's harness presupposes is there under its ids, and the ordinary code serves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.standalone import Server
from blockkit.testing import as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.fixtures import enter
from blocks.consent.seed import load

PUBLISHED = Path(__file__).parents[4] / "shared/specs/govstack/consent/fixtures.json"
OWN = "/service/individual/record"
OBJECTS: list[dict[str, Any]] = [
    {
        "model": "app.consentrecord",
        "pk": 1,
        "fields": {"dataAgreement": 1, "individual": 1, "optIn": None, "state": "signed", "signature": 1},
    },
    {
        "model": "app.individual",
        "pk": 1,
        "fields": {"externalId": "777", "externalIdType": "foundational id", "identityProviderId": "X"},
    },
    {
        "model": "app.dataagreement",
        "pk": 1,
        "fields": {
            "version": "1.0",
            "controller": 1,
            "policy": 1,
            "purpose": "Try.",
            "lawfulBasis": "consent",
            "dpia": "None.",
            "active": True,
            "forgettable": None,
            "lifecycle": 2,
            "signature": None,
        },
    },
    {"model": "app.policy", "pk": 1, "fields": {"name": "P", "version": "1", "url": "http://a.test/1"}},
    {"model": "app.controller", "pk": 1, "fields": {"name": "Ministry", "url": "http://a.test/"}},
    {"model": "app.dataagreementlifecycle", "pk": 2, "fields": {"name": "Complete"}},
    {"model": "app.revision", "pk": 1, "fields": {}},
]


@pytest.mark.parametrize("source", ["published", "our own"])
def test_the_harness_finds_its_state(make_database: Callable[..., str], source: str) -> None:
    if source == "published" and not PUBLISHED.is_file():
        pytest.skip("the published fixtures are not beside the repository")
    document = json.loads(PUBLISHED.read_text()) if source == "published" else OBJECTS
    database = make_database(with_fixtures(load, enter, [(PUBLISHED, document)]))
    with as_mediator(create_app({**environment_for(database), "SANDBOX_SECRET": ""})) as client:
        agreement = client.get("/service/data-agreement/1/").json()["dataAgreement"]
        assert (agreement["id"], agreement["policy"], agreement["lifecycle"]["name"]) == (
            "1",
            {"id": "1"},
            "Complete",
        )
        assert client.get("/service/policy/1/").json()["policy"]["id"] == "1"
        individual = client.get("/service/individual/1/").json()["individual"]
        assert individual["externalId"] != individual["id"] == "1"
        record = client.get("/service/verification/consent-record/1/").json()["consentRecord"]
        assert (record["individual"], record["optIn"], record["state"]) == (individual, True, "unsigned")
        asked = {"individualId": "1", "dataAgreementId": "1"}
        draft = client.post(f"{OWN}/consent-record/draft/", params=asked).json()
        assert draft["consentRecord"]["dataAgreement"]["id"] == "1"
        kept = client.post(
            f"{OWN}/consent-record/", json=draft, params={"individualId": individual["externalId"]}
        )
        assert kept.json()["consentRecord"]["id"] == "1"
        assert client.get("/audit/chain/").json()["holds"] is True


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "wanted a list"),
        ([1], "form"),
        ([{"model": "app.user", "pk": 1, "fields": {}}], "app.user"),
        ([{"model": "app.policy", "pk": 1, "fields": {}}], "can't be entered"),
        ([OBJECTS[0]], "can't be entered"),
        ([OBJECTS[2]], "can't be entered"),
    ],
)
def test_a_file_of_another_form_is_refused_in_words(postgres: Server, document: Any, words: str) -> None:
    with psycopg.connect(postgres.url(), row_factory=dict_row) as connection:
        load(connection, Path(), role="public")
        with pytest.raises(FixturesUnusable, match=words):
            enter(connection, document)
        connection.rollback()
