"""E-mail of a sandbox is handed to a sink on the loopback, and to no other machine."""

from __future__ import annotations

import pytest

from sandbox.cli.mailing import Sink, hand_over, read_mailbox, read_sink
from sandbox.errors import UsageError


@pytest.mark.parametrize(
    ("stated", "sink"),
    [
        ("127.0.0.1:1025", Sink("127.0.0.1", 1025)),
        ("localhost:25", Sink("127.0.0.1", 25)),
        ("[::1]:2525", Sink("::1", 2525)),
    ],
)
def test_the_loopback_is_taken(stated: str, sink: Sink) -> None:
    assert read_sink(stated) == sink


@pytest.mark.parametrize(
    "stated", ["mail.example.org:25", "192.0.2.1:25", "0.0.0.0:25", "127.0.0.1", "127.0.0.1:0", ":25", ""]
)
def test_anything_else_is_refused(stated: str) -> None:
    with pytest.raises(UsageError, match="no address of the loopback"):
        read_sink(stated)


def test_an_empty_mailbox_asks_no_sink() -> None:
    hand_over(read_mailbox(b""), Sink("127.0.0.1", 1))
