"""The sandbox's own door at the information mediator: `/_sandbox/...`, proven by the sandbox's token.

Readiness, clock, exchanges, messages, hold and release. Everything that is not an exchange of
the service under trial goes through here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from sandbox.calls.transport import trust_for
from sandbox.errors import BlockUnreachable, NotFound, RequestRefused, SandboxError
from sandbox.model.run import Exchange, LogLine

PAGE = 2000
AWAY = frozenset({502, 503, 504})
"""What is answered for somebody who is not there for the moment: worth asking again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether one instance answers its readiness path, and if not, why."""

    name: str
    ready: bool
    reason: str = ""


class Gate:
    """One sandbox's `/_sandbox` API. Not thread-safe; make one per thread."""

    def __init__(self, url: str, token: str, *, timeout: float = 60.0) -> None:
        self._client = httpx2.Client(
            base_url=url,
            timeout=httpx2.Timeout(timeout, connect=5.0),
            headers={"Information-Mediator-Secret": token},
            verify=trust_for(url),
            trust_env=False,
        )

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def readiness(self) -> Sequence[Readiness]:
        """Ask every instance through the mediator; BlockUnreachable while the mediator itself is silent."""
        answer = self._send("GET", "/_sandbox/readiness", accept=(200, 503))
        return [
            Readiness(name=name, ready=bool(state["ready"]), reason=str(state.get("reason", "")))
            for name, state in sorted(answer["instances"].items())
        ]

    def set_clock(self, offset_seconds: int, epoch: int, *, renew: bool = False) -> str:
        """Move every block's clock; returns the sandbox's date when all have done their due jobs.

        With `renew` blocks make their database sessions anew, because they were ended.
        """
        told = {"offset_seconds": offset_seconds, "epoch": epoch, **({"renew": True} if renew else {})}
        answer = self._send("POST", "/_sandbox/clock", told)
        return str(answer["today"])

    def exchanges(self, *, since: int = 0, filters: Mapping[str, str] | None = None) -> list[Exchange]:
        """Read the message log from line `since` (exclusive) on, all pages."""
        return list(self.each_exchange(since=since, filters=filters))

    def each_exchange(
        self, *, since: int = 0, filters: Mapping[str, str] | None = None
    ) -> Iterator[Exchange]:
        """Read the same page by page, for a log that is too long to be held."""
        while True:
            page = self._send(
                "GET",
                "/_sandbox/exchanges",
                params={**(filters or {}), "since": str(since), "limit": str(PAGE)},
            )["exchanges"]
            for line in page:
                exchange = Exchange.model_validate(line)
                since = exchange.number
                yield exchange
            if len(page) < PAGE:
                return

    def log_lines(self) -> Iterator[LogLine]:
        """Read the whole message log as it is stored, page by page."""
        since = 0
        while True:
            parameters = {"since": str(since), "limit": str(PAGE)}
            page = self._send("GET", "/_sandbox/log", params=parameters)["lines"]
            yield from (LogLine.model_validate(line) for line in page)
            if len(page) < PAGE:
                return
            since = page[-1]["number"]

    def await_message(self, *, correlation: str, kind: str, seconds: int) -> dict[str, Any] | None:
        """Wait for a callback; None when none came in time."""
        params = {"correlationId": correlation, "kind": kind, "timeoutSeconds": str(seconds)}
        answer = self._send(
            "GET", "/_sandbox/messages", params={k: v for k, v in params.items() if v}, accept=(200, 408)
        )
        return answer if "correlationId" in answer else None

    def plant(self, body: Mapping[str, Any]) -> None:
        """Change one block's copy of a person, or record an event. Raises RequestRefused, NotFound."""
        self._send("POST", "/_sandbox/plants", body)

    def set_fault(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Inject a fault."""
        return self._send("POST", "/_sandbox/faults", body)

    def faults(self) -> list[dict[str, Any]]:
        """List the faults that are planted now."""
        planted: list[dict[str, Any]] = self._send("GET", "/_sandbox/faults")["faults"]
        return planted

    def clear_faults(self) -> None:
        """Remove every fault."""
        self._send("DELETE", "/_sandbox/faults")

    def hold(self) -> None:
        """Let calls wait at the mediator, until `release`."""
        self._send("POST", "/_sandbox/hold")

    def release(self) -> None:
        """Let held calls go on."""
        self._send("POST", "/_sandbox/release")

    def forget(self) -> None:
        """Drop messages and faults, as a reset does; the message log stays."""
        self._send("POST", "/_sandbox/reset")

    def save_state(self, checkpoint: str) -> None:
        """Have the mediator keep its letter-box and events under a checkpoint's id."""
        self._send("POST", f"/_sandbox/checkpoints/{checkpoint}")

    def restore_state(self, checkpoint: str) -> None:
        """Have the mediator put back what it kept; faults go, the message log stays."""
        self._send("POST", f"/_sandbox/checkpoints/{checkpoint}/restore")

    def keep_states(self, checkpoints: Sequence[str]) -> None:
        """Have the mediator forget what it keeps of other checkpoints."""
        self._send("PUT", "/_sandbox/checkpoints", {"ids": list(checkpoints)})

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        client: str,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        """Call an operation of a service as the application `client`, which the gate's token proves."""
        return self._request(
            method,
            f"/r1/{service}{path}",
            json=json,
            params=params,
            headers={"Information-Mediator-Client": client},
        )

    def open_page(self, method: str, url: str, *, form: Mapping[str, str] | None = None) -> httpx2.Response:
        """Visit a public page as a browser would: no secret, no redirect followed."""
        return self._request(method, url, data=form, headers={"Information-Mediator-Secret": ""})

    def _send(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200, 201, 202, 204),
    ) -> dict[str, Any]:
        answer = self._request(method, path, json=json, params=params)
        if answer.status_code not in accept:
            problem = _problem(answer)
            raise _error_for(answer.status_code)(
                f"the information mediator answered {answer.status_code} to {method} {path}: {problem}"
            )
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body

    def _request(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        try:
            return self._client.request(method, path, **arguments)
        except httpx2.TransportError as error:
            raise BlockUnreachable(
                f"the information mediator did not answer {method} {path}: {error or type(error).__name__}",
                hint="`sandbox ls` shows whether the sandbox still runs",
            ) from error


def _error_for(status: int) -> type[SandboxError]:
    if status == 404:
        return NotFound
    return BlockUnreachable if status in AWAY else RequestRefused


def _problem(answer: httpx2.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text[:200]
    return str(body.get("detail") or body.get("title") or body) if isinstance(body, dict) else str(body)[:200]
