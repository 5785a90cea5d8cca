"""PostgreSQL's end is told with its own words."""

from __future__ import annotations

import pytest

from sandbox.errors import StartFailed
from sandbox.runtimes.docker import prepare

pytestmark = pytest.mark.docker


def test_a_database_that_does_not_start_is_told_with_its_log_and_leaves_nothing(
    runtime, request_for, monkeypatch
):
    monkeypatch.setattr(prepare, "write_secret", lambda *_: None)
    with pytest.raises(StartFailed) as caught:
        runtime.prepare(request_for("broken"))
    assert "superuser-password" in caught.value.log_tail
    assert runtime.list_sandboxes() == []


def test_the_log_of_the_database_can_be_read_by_name(runtime, request_for):
    runtime.prepare(request_for("talking"))
    said = "\n".join(runtime.logs("talking", "postgres", tail=50))
    assert "database system is ready to accept connections" in said
    assert runtime.observe("talking") == []
