"""One person's log-ins take turns, since all of their one-time codes arrive in one inbox."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.controls.login import LogIn
from sandbox.controls.timepiece import Timepiece
from sandbox.errors import RequestRefused


def test_nobody_else_logs_the_same_person_in_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    timepiece = Timepiece(start=date(2026, 1, 1))
    log_in = LogIn(
        mediator_url="http://m", issuer_url="http://m/public/identity", secret="s", timepiece=timepiece
    )
    held: list[bool] = []

    def visit(_: Any, __: str, individual_id: str, ___: str) -> str:
        held.append(log_in._turn_of(individual_id).locked())
        held.append(log_in._turn_of("somebody else").locked())
        raise RequestRefused("as far as this test goes")

    monkeypatch.setattr(log_in, "_client", lambda _: ("client", None))
    monkeypatch.setattr(log_in, "_visit", visit)
    with pytest.raises(RequestRefused, match="as far as"):
        log_in.token("STAFF-midwife")
    assert held == [True, False]
    assert not log_in._turn_of("STAFF-midwife").locked()
