"""The log-ins and the link code that a harness knows are entered as rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.testing import as_mediator, environment_for
from blocks.identity.app import create_app
from blocks.identity.fixtures import enter
from blocks.identity.seed import load

DOCUMENT = {
    "transactionId": "transaction01",
    "transactionId_2": "transaction02",
    "linkedCode": "code01",
    "X_XSRF_TOKEN": {"key": "X-XSRF-TOKEN", "value": "word"},
    "data": {"wallet": [{"individualId": "fixture1"}]},
}


def test_they_are_served_like_everything_else(
    make_database: Callable[..., str], data: Path, tmp_path: Path
) -> None:
    database = make_database(with_fixtures(load, enter, [(tmp_path / "f.json", DOCUMENT)]), data)
    with as_mediator(create_app(environment_for(database))) as client:

        def ask(path: str, transaction: str, **more: str) -> dict[str, Any]:
            body = {"requestTime": "x", "request": {"transactionId": transaction, **more}}
            answer = client.post(f"/linked-authorization/{path}", json=body, headers={"X-XSRF-TOKEN": "word"})
            told: dict[str, Any] = answer.json()
            return told

        assert ask("link-status", "transaction01", linkCode="code01")["response"]["linkStatus"] == "LINKED"
        foreign = ask("link-status", "transaction02", linkCode="code01")
        assert foreign["errors"][0]["errorCode"] == "invalid_link_code"
        assert ask("link-code", "transaction02")["response"]["linkCode"]
        assert ask("link-auth-code", "transaction01", linkedCode="code01")["response"]["code"]
        assert client.get("/individuals/fixture1").status_code == 200


def test_what_cannot_be_entered_is_said() -> None:
    with pytest.raises(FixturesUnusable):
        enter(None, [])  # type: ignore[arg-type]  nothing is written before it is read
