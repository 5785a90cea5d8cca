"""What a harness presupposes becomes messages, and the ordinary operations answer from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.testing import as_mediator, environment_for
from blocks.messaging.app import create_app
from blocks.messaging.fixtures import enter
from blocks.messaging.seed import load

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "messaging" / "fixtures.json"
COUNTS = {"scheduled": 1, "processing": 2, "deferred": 0, "bounced": 3, "not_sent": 4, "delivered": 5}
DOCUMENT = {"api_key": "the-key", "data": {"email": [{"RequestID": "AAAA-BBBB", "status": COUNTS}]}}


def load_with(make_database: Callable[..., str], document: Any, folder: Path) -> str:
    return make_database(with_fixtures(load, enter, [(folder / "fixtures.json", document)]), folder)


def test_the_counts_are_answered_from_messages(make_database: Callable[..., str], tmp_path: Path) -> None:
    url = load_with(make_database, DOCUMENT, tmp_path)
    with as_mediator(create_app(environment_for(url))) as client:
        asked = {"api_key": "the-key", "requestUID": "AAAA-BBBB"}
        query = "&".join(f"status[]={name}" for name in COUNTS)
        answer = client.get(f"/status/email?{query}", headers=asked)
        assert answer.json() == {
            "scheduled": 1, "processing": 2, "deferred": 0, "bounced": 3, "notSent": 4, "delivered": 5,
        }  # fmt: skip
        foreign = {**asked, "api_key": "another"}
        assert client.get(f"/status/email?{query}", headers=foreign).status_code == 404


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"api_key": "", "data": {}},
        {"api_key": "k", "data": {"pigeons": []}},
        {"api_key": "k", "data": {"email": [{"RequestID": "A", "status": {"lost": 1}}]}},
        {"api_key": "k", "data": {"email": [{"RequestID": "A", "status": {"delivered": -1}}]}},
        {"api_key": "k", "data": {"email": [{"RequestID": "A", "status": {"delivered": 10**9}}]}},
    ],
)
def test_a_document_of_another_form_is_refused_by_name(document: Any) -> None:
    with pytest.raises(FixturesUnusable, match=r"at |no status|more than"):
        enter(None, document)  # type: ignore[arg-type]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published definitions are not beside the repository")
def test_the_published_fixtures_can_be_entered(make_database: Callable[..., str], tmp_path: Path) -> None:
    document = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    url = load_with(make_database, document, tmp_path)
    with as_mediator(create_app(environment_for(url))) as client:
        for each in document["data"]["email"]:
            asked = {"api_key": document["api_key"], "requestUID": each["RequestID"]}
            answer = client.get("/status/email?status[]=delivered&status[]=bounced", headers=asked)
            assert answer.json() == {name: each["status"][name] for name in ("bounced", "delivered")}
