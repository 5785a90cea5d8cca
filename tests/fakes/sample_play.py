"""Writes the events and exchanges of a made-up run side by side, as the runner and the mediator would."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.evidence.chain import compute_hash
from sandbox.model.run import (
    Call,
    Check,
    Event,
    Exchange,
    Message,
    Outcome,
    StepFinished,
    StepResult,
    StepStarted,
)

START = datetime(2026, 11, 23, 10, 41, 7, tzinfo=UTC)
MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
BLOCKS = {
    "consent": "Consent",
    "digital-registries": "Digital registries",
    "identity": "Identity",
    "information-mediator": "Information mediator",
    "messaging": "Messaging",
    "payee-institutions": "Payee institutions",
    "payments": "Payments",
    "registration": "Registration",
}
RIGHT = {
    "legal_basis": "Social Protection Act, section 12 (fictitious)",
    "retention": "5 years after the last payment",
    "recipient": "Social ministry",
}


@dataclass
class Play:
    """Writes events and exchanges side by side, as the clock goes on."""

    fault_at: str = ""
    """Step id that fails, to make a failed run."""
    now: datetime = START
    today: str = "2026-07-01"
    events: list[Event] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    path: tuple[str, ...] = ()
    number: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    turns: dict[tuple[str, ...], int] = field(default_factory=dict)
    failed: bool = False

    def exchange(self, **values: Any) -> Exchange:
        took = round(self.chance.lognormvariate(2.6, 0.5), 2)
        number = len(self.exchanges) + 1
        block = values["block"]
        defaults: dict[str, Any] = {
            "id": f"01J{number:023d}",
            "number": number,
            "at": self.now,
            "today": self.today,
            "kind": "call",
            "client": MINISTRY,
            "service": f"SBX/GOV/CENTRAL/{block}",
            "method": "POST",
            "path": f"/{values.get('operation_id', block)}",
            "status": 200,
            "milliseconds": took,
            "previous": self.exchanges[-1].hash if self.exchanges else "0" * 64,
        }
        exchange = Exchange(**{**defaults, **values})
        exchange = exchange.model_copy(update={"hash": compute_hash(exchange)})
        self.exchanges.append(exchange)
        self.now += timedelta(milliseconds=exchange.milliseconds + 1.5)
        return exchange

    def begin(self, step_id: str, sentence: str) -> tuple[int, tuple[str, ...], datetime, int]:
        self.number += 1
        path = (*self.path, step_id)
        self.turns[path] = self.turns.get(path, 0) + 1
        self.events.append(StepStarted(number=self.number, path=path, step_id=step_id, sentence=sentence))
        return self.number, path, self.now, len(self.exchanges)

    def step(
        self,
        step_id: str,
        sentence: str,
        *,
        request: Any = None,
        response: Any = None,
        wanted: int | None = None,
        **values: Any,
    ) -> None:
        number, path, began, before = self.begin(step_id, sentence)
        exchange = self.exchange(**values)
        wanted = exchange.status if wanted is None else wanted
        breaks = step_id == self.fault_at and self.turns[path] == 5
        self.failed = self.failed or breaks
        status = 500 if breaks else exchange.status
        call = Call(
            method=exchange.method,
            url=f"http://127.0.0.1:41873/r1/{exchange.service}{exchange.path}",
            operation_id=exchange.operation_id,
            block=exchange.block,
            request=Message(
                headers={
                    "Information-Mediator-Client": MINISTRY,
                    "Information-Mediator-Secret": "[redacted]",
                    "Authorization": "[redacted]",
                    "Content-Type": "application/json",
                },
                body=request,
            ),
            status=status,
            response=Message(headers={"content-type": "application/json"}, body=response),
            exchange_id=exchange.id,
            milliseconds=exchange.milliseconds,
        )
        checks = (Check(condition=f"$statusCode == {wanted}", held=not breaks, found=status, wanted=wanted),)
        reason = f"the answer was {status}, wanted {wanted}" if breaks else ""
        outcome = Outcome.FAILED if breaks else Outcome.PASSED
        self.finish(step_id, sentence, number, path, began, before, outcome, call, checks, reason)

    def finish(
        self,
        step_id: str,
        sentence: str,
        number: int,
        path: tuple[str, ...],
        began: datetime,
        before: int,
        outcome: Outcome,
        call: Call | None = None,
        checks: tuple[Check, ...] = (),
        reason: str = "",
    ) -> None:
        result = StepResult(
            number=number,
            path=path,
            step_id=step_id,
            sentence=sentence,
            source=f"scenarios/cash-transfer/scenario.arazzo.yaml:{40 + 7 * len(step_id)}",
            outcome=outcome,
            depth=(len(path) - 2) // 2,
            iteration=self.turns[path],
            started=began,
            milliseconds=(self.now - began).total_seconds() * 1000,
            call=call,
            checks=checks,
            reason=reason,
            exchanges=tuple(exchange.id for exchange in self.exchanges[before:]),
        )
        self.events.append(StepFinished(result=result))
