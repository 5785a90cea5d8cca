"""What the environment says, and what an empty variable means."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.settings import Settings, default_home


def test_the_home_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_HOME", "/srv/sandboxes")
    assert Settings().home == Path("/srv/sandboxes")


@pytest.mark.parametrize("name", ["SANDBOX_HOME", "SANDBOX_RUNTIME"])
def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An empty home would be the folder that somebody happens to be in."""
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    monkeypatch.setenv(name, "")
    assert (Settings().home, Settings().runtime) == (default_home(), "local")
