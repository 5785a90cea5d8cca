"""Waiting for another process in tests: until it holds, or the test fails with what was seen last."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

import httpx2

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], *, within: float = 60.0) -> Seen:
    """Look until what is seen is true; give it back."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {within:.0f} s"
        Event().wait(0.01)
    return seen


def fetch(url: str) -> httpx2.Response:
    """Ask an address until something answers there."""

    def ask() -> httpx2.Response | None:
        try:
            return httpx2.get(url, timeout=10, trust_env=False)
        except httpx2.TransportError:
            return None

    # An error response is an answer, but not true.
    return eventually(lambda: [answer] if (answer := ask()) is not None else None)[0]


def answers(url: str) -> bool:
    """Whether anything answers there now."""
    try:
        httpx2.get(url, timeout=10, trust_env=False)
    except httpx2.TransportError:
        return False
    return True
