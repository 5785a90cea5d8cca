"""What can't be done with a product that takes part, step by step: not applicable, and never passed.

Where a control reaches everybody but the product, the others are reached and the step is not applicable.
What later steps may stand on and could not be done is remembered: nothing that fails afterwards tells of
the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sandbox.calls.client import Caller, MediatorClient
from sandbox.calls.messages import Answer, Request
from sandbox.model.sandbox import Swap

SANDBOX = "sandbox"
"""The controls, as a step names them."""
NOTHING_CAME = 408


class Applicability:
    """Knows the products of one run. `unmet` names what could not be done, as far as it matters later."""

    def __init__(self, swaps: Sequence[Swap]) -> None:
        self.unmet: list[str] = []
        self._far = {swap.block: swap.name for swap in swaps if swap.url}
        self._timeless = [swap.name for swap in swaps if swap.clock != "follows"]

    @contextmanager
    def opened(self, address: str, token: str) -> Iterator[Caller]:
        """Open the conversation with a mediator, held to what is applicable."""
        with MediatorClient(address, token) as caller:
            yield _Held(caller, self)

    def call(self, caller: Caller, request: Request) -> Answer:
        """Make a call as far as it can be made, and say when it is not applicable."""
        if request.block != SANDBOX or not (self._far or self._timeless):
            return caller.call(request)
        planted = request.body.get("block") if isinstance(request.body, dict) else None
        if request.operation_id == "plant" and planted in self._far:
            reason = f"nothing can be planted in {self._far[planted]}, which runs elsewhere"
            return Answer(url="", status=0, not_applicable=self._remember(reason))
        answer = caller.call(request)
        reason, matters_later = self._judge(request.operation_id, answer.status)
        if reason and matters_later:
            self._remember(reason)
        return replace(answer, not_applicable=reason) if reason else answer

    def _judge(self, operation: str, status: int) -> tuple[str, bool]:
        """Give why a control that was called is not applicable, and whether later steps stand on it."""
        far, timeless = " and ".join(self._far.values()), " and ".join(self._timeless)
        if operation == "awaitMessage" and status == NOTHING_CAME and far:
            return f"no message came, and {far} has no way to send one from where it runs", True
        if status >= 400:
            return "", False
        if operation == "advanceClock" and timeless:
            return f"the clock of {timeless} can't be moved; everybody else's was", True
        if operation == "reset" and far:
            return f"{far} can't be reset; everything else was", False
        if operation in ("saveCheckpoint", "restoreCheckpoint") and far:
            return f"what {far} holds can't be kept and put back; everything else can", True
        return "", False

    def _remember(self, reason: str) -> str:
        if reason not in self.unmet:
            self.unmet.append(reason)
        return reason


class _Held:
    """A caller that asks first."""

    def __init__(self, caller: Caller, knows: Applicability) -> None:
        self._caller = caller
        self._knows = knows

    def call(self, request: Request) -> Answer:
        """Send what is applicable."""
        return self._knows.call(self._caller, request)
