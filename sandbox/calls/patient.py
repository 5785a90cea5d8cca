"""A caller that behaves well when nobody answers: it waits as it is told and sends the same request again.

Again after 502, 503 and 504, and after a connection that broke; whatever else came is an answer. What it
sends is the same to the last byte, references and keys included, so that a receiver can know a repeat. It
does not ask what the method is: an official presses the button again, too.
"""

from __future__ import annotations

from collections.abc import Callable

from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.util import Retry

from sandbox.calls.client import Caller
from sandbox.calls.messages import Answer, Request
from sandbox.errors import BlockUnreachable

AGAIN = frozenset({502, 503, 504})
PATIENCE = Retry(total=24, status_forcelist=AGAIN, allowed_methods=None, backoff_factor=0.25, backoff_max=4.0)
"""A minute and a half in all: long enough for an instance to be started again."""


class PatientCaller:
    """Asks again, as `patience` says. `retries` counts how often it did."""

    def __init__(self, caller: Caller, sleep: Callable[[float], None], patience: Retry = PATIENCE) -> None:
        self._caller = caller
        self._sleep = sleep
        self._patience = patience
        self.retries = 0

    def call(self, request: Request) -> Answer:
        """Send until there is an answer. Raises BlockUnreachable when patience has run out."""
        left = self._patience
        while True:
            try:
                answer = self._caller.call(request)
            except BlockUnreachable as error:
                try:
                    left = left.increment(request.method, request.target, error=ProtocolError(str(error)))
                except (MaxRetryError, ProtocolError):
                    raise error from None
                seconds = left.get_backoff_time()
            else:
                if answer.status not in AGAIN:
                    return answer
                told = HTTPResponse(status=answer.status, headers=dict(answer.headers))
                try:
                    left = left.increment(request.method, request.target, response=told)
                except MaxRetryError:
                    return answer
                seconds = left.get_retry_after(told) or left.get_backoff_time()
            self.retries += 1
            self._sleep(seconds)
