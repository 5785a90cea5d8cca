"""Generated requests go among the behaviours' own, and what unsettles a product comes when these are over."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox.calls.messages import Answer, Request
from sandbox.calls.redaction import Redactor
from sandbox.conformance import measure
from sandbox.conformance.cases import Judged

BLOCK = cast(
    "Any",
    SimpleNamespace(
        descriptor=SimpleNamespace(unsettling={"rotate": "Why."}, tolerant={}),
        interface=None,
        slug="identity",
    ),
)


def test_an_operation_that_unsettles_is_called_after_the_last_behaviour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []

    def send(prepared: Any, *_: Any, **__: Any) -> Judged:
        sent.append(prepared.operation.operation_id)
        return Judged(operation=prepared.operation, faults=(), call=None)

    def call(request: Request) -> Answer:
        sent.append("behaviour")
        return Answer(url="", status=200)

    monkeypatch.setattr(measure, "send", send)
    names = ["rotate", "read"] * 10
    cases = [cast("Any", SimpleNamespace(operation=SimpleNamespace(operation_id=name))) for name in names]
    client = cast("Any", SimpleNamespace(call=call))
    traffic = measure._Traffic(BLOCK, client, Redactor(), cases, random.Random(1), calls=4)
    request = Request(block="identity", operation_id="x", method="GET", target="/")
    for _ in range(40):
        traffic.call(request)
    assert sent.count("read") == 10
    assert "rotate" not in sent
    traffic.send_rest()
    assert sent[-10:] == ["rotate"] * 10
