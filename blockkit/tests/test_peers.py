"""A callback is delivered whatever its correlation is made of."""

from __future__ import annotations

import httpx2
import pytest

from blockkit.peers import Peers
from blockkit.settings import BlockSettings
from blockkit.testing import environment_for


@pytest.mark.parametrize(
    ("correlation", "header"),
    [("R-1/100%", "R-1/100%"), ("Fälle 1", "F%C3%A4lle%201"), ("", ""), ("a\r\nX: b", "a%0D%0AX%3A%20b")],
)
def test_what_a_header_cannot_hold_is_encoded(correlation: str, header: str) -> None:
    sent: list[httpx2.Request] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200)

    settings = BlockSettings.from_environment(environment_for("postgresql://nowhere"))
    peers = Peers(settings, "payments", httpx2.MockTransport(take))
    assert peers.notify("done", {}, correlation=correlation).is_success
    assert sent[0].headers["X-CorrelationID"] == header
    peers.close()
