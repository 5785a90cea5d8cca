"""The one HTTP conversation with blocks: every call goes to the mediator and nowhere else.

Follows no redirect, keeps no cookie, reads no proxy from the environment, takes no more
than `transport.LARGEST_ANSWER` and waits no longer than `timeout`. Whatever has a status is an answer;
no HTTP answer at all is BlockUnreachable. Calls may be made from several threads at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol

from urllib3.exceptions import HTTPError, TimeoutError

from sandbox.calls.messages import Answer, Request
from sandbox.calls.requests import CannotSend, TookTooLong, is_json
from sandbox.calls.transport import ACCEPT
from sandbox.calls.wire import Connections, Wire
from sandbox.errors import BlockUnreachable

DEEPEST_ANSWER = 100
TIMEOUT_SECONDS = 35.0
"""Longer than the mediator's own patience (30 s), so that it is the mediator that says who was slow."""


class Caller(Protocol):
    """What the runner asks of the conversation."""

    def call(self, request: Request) -> Answer:
        """Send and wait. Raises BlockUnreachable, or CannotSend for what HTTP can't carry."""
        ...


class MediatorClient:
    """Calls blocks through one sandbox's mediator with that sandbox's token."""

    def __init__(
        self,
        mediator_url: str,
        token: str,
        *,
        wire: Wire | None = None,
        timeout: float = TIMEOUT_SECONDS,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._address = mediator_url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._timer = timer
        self._wire = wire or Connections(mediator_url, timer=timer)

    def __enter__(self) -> MediatorClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def call(self, request: Request) -> Answer:
        """Send one request and take its answer."""
        url = self._address + request.target
        headers = {
            "accept": ACCEPT,
            # What is compressed could unpack to any size; on this road there is nothing to gain.
            "accept-encoding": "identity",
            **request.headers,
            "information-mediator-secret": self._token,
        }
        patience = self._timeout if request.timeout is None else min(request.timeout, self._timeout)
        started = self._timer()
        try:
            reply = self._wire.exchange(request.method, request.target, headers, request.content, patience)
        except ValueError as error:  # UnicodeEncodeError is one
            raise CannotSend(f"HTTP can't carry this request: {error}") from error
        except HTTPError as error:
            if isinstance(error, TimeoutError) and patience < self._timeout:
                raise TookTooLong(f"no answer within {patience * 1000:g} ms") from error
            raise BlockUnreachable(
                f"{request.operation_id} at {request.block} got no answer: {error.__cause__ or error}",
                hint="see `sandbox ls` for what runs and `sandbox logs` for why it does not",
            ) from error
        body, problem = None, reply.problem
        if not problem:
            body, problem = decode_body(reply.content, reply.headers)
        return Answer(
            url=url,
            status=reply.status,
            headers=reply.headers,
            body=body,
            exchange_id=reply.headers.get("x-exchange-id", ""),
            milliseconds=round((self._timer() - started) * 1000, 3),
            problem=problem,
        )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def decode_body(content: bytes, headers: Mapping[str, str]) -> tuple[Any, str]:
    """Read an answer's body: JSON as its value, all else as text; None when there is none."""
    if not content:
        return None, ""
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        return None, f"the answer is encoded as {encoding!r}, which was not asked for"
    text = content.decode("utf-8", errors="replace")
    content_type = headers.get("content-type", "")
    if not is_json(content_type):
        return text, ""
    try:
        value = _STRICT.decode(text)
        if r"\ud" in text.lower():
            # Half a character can be escaped in JSON and written nowhere else: refused here, not there.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        return text, f"the answer says it is {content_type} and is not: {error}"
    if _is_deeper_than(value, DEEPEST_ANSWER):
        return None, f"the answer nests deeper than {DEEPEST_ANSWER} levels"
    return value, ""


def _is_deeper_than(value: Any, levels: int) -> bool:
    """Whether a value nests further than everything behind this point can follow it."""
    level = [value]
    for _ in range(levels):
        if not level:
            return False
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in level)
