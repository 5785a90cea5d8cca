"""A caller that strikes once at a drawn step, or lets a story come to a step and no further."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.calls.client import Caller
from sandbox.calls.messages import Answer, Request
from sandbox.errors import SandboxError
from sandbox.model.run import Event, StepStarted


class EndsHere(SandboxError):
    """The play is ended on purpose before a step."""

    reason = "ends-here"


class Striker:
    """Passes calls on. Listens to the run as well: that is how it knows which step is being played."""

    def __init__(
        self,
        caller: Caller,
        *,
        at: int | None = None,
        strike: Callable[[], None] = lambda: None,
        end_before: int | None = None,
    ) -> None:
        """Strike before the first call of step `at` or of any behind it; end before step `end_before`."""
        self._caller = caller
        self._at = at
        self._strike = strike
        self._end_before = end_before
        self.step = 0
        """The number of the step that was begun last."""

    def hear(self, event: Event) -> None:
        """Note which step is being played."""
        if isinstance(event, StepStarted):
            self.step = event.number

    def call(self, request: Request) -> Answer:
        """Pass a call on, unless the play ends here."""
        if self._end_before is not None and self.step >= self._end_before:
            raise EndsHere(f"ended before step {self._end_before}")
        if self._at is not None and self.step >= self._at:
            self._at = None
            self._strike()
        return self._caller.call(request)
