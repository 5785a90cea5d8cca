"""The echo and its content, once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.echo_content import Echo, EchoContent, serving_echo


@pytest.fixture(scope="session")
def echo_content(tmp_path_factory: pytest.TempPathFactory) -> EchoContent:
    return EchoContent(tmp_path_factory.mktemp("echo"))


@pytest.fixture(scope="session")
def echo() -> Iterator[Echo]:
    with serving_echo() as server:
        yield server
