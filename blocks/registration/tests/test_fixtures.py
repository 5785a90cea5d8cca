"""What a harness presupposes is entered as rows, and the same code serves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.registration.app import create_app
from blocks.registration.fixtures import enter
from blocks.registration.seed import load

MOMENT = "2020-10-23T00:00:00.000Z"
DOCUMENT: dict[str, Any] = {
    "services": [
        {
            "id": "s-1",
            "name": "Post partum registration",
            "version": "3.1",
            "type": "None",
            "serviceBody": [{"code": "a", "value": "b"}],
            "eForms": [{"eFormId": "f-1", "name": "FORM", "schema": {"additionalProp1": {}}}],
        }
    ],
    "applications": [
        {
            "fileId": "file-1",
            "applicantId": "p-1",
            "serviceId": "s-1",
            "mainTaskId": "main-1",
            "taskTitle": "Application xyz",
            "roleId": "role-1",
            "assigneeId": "officer-1",
            "status": {"code": "PENDING", "title": "Pending"},
            "created": MOMENT,
            "registered": MOMENT,
        }
    ],
    "tasks": [
        {"taskId": "task-1", "fileId": "file-2", "serviceId": "s-2", "taskName": "xyz", "created": MOMENT}
    ],
}


def test_it_is_served_and_worked_on_like_everything_else(
    make_database: Callable[..., str], peers: PeersDouble, tmp_path: Path
) -> None:
    database = make_database(with_fixtures(load, enter, [(tmp_path / "f.json", DOCUMENT)]), tmp_path)
    environment = {**environment_for(database), "SANDBOX_SECRET": ""}
    with as_mediator(create_app(environment, transport=peers.transport())) as client:
        assert client.get("/services/s-1").json()["type"] == "None"
        assert client.get("/eForms/f-1").json()["schema"] == {"additionalProp1": {}}
        (line,) = client.get("/applications", params={"serviceId": "s-1"}).json()
        assert (line["fileId"], line["mainTaskId"], line["roleId"]) == ("file-1", "main-1", "role-1")
        assert line["created"] == MOMENT
        assert client.get("/tasks/task-1").json()["fileId"] == "file-2"
        body = {"data": {"a": {}}}
        first = client.post("/tasks/task-1/complete", json=body).json()
        assert client.post("/tasks/task-1/complete", json=body).json() == first
        (task,) = client.get("/tasks", params={"fileId": "file-1"}).json()
        client.post(f"/tasks/{task['taskId']}/complete", json={})
        (task,) = client.get("/tasks", params={"fileId": "file-1"}).json()
        done = client.post(f"/tasks/{task['taskId']}/complete", json={"data": {"decision": "approve"}}).json()
        assert done["status"]["code"] == "APPROVED"


@pytest.mark.parametrize("document", [[], {"services": [{"id": "x"}]}, {"applications": [{"fileId": 7}]}])
def test_what_cannot_be_entered_is_said(document: Any) -> None:
    with pytest.raises(FixturesUnusable):
        enter(None, document)  # type: ignore[arg-type]  nothing is written before it is read
