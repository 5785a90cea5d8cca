"""A conversation with a served installation: requests, refusals in words, and what happens as it happens."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from sandbox.errors import BlockUnreachable, NotFound, RequestRefused, SandboxError, UsageError

_ANSWERS_WITHIN = 60.0
_COMES_BACK_WITHIN = 60.0
"""Seconds for which a stream that broke is taken up again."""


class ServerUnreachable(BlockUnreachable):
    """The served installation does not answer."""

    reason = "server-unreachable"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a stream."""

    number: int
    kind: str
    told: Mapping[str, Any]


class Server:
    """A served installation, and who we are there."""

    def __init__(self, url: str, token: str) -> None:
        """Speak to the server at this address with this token."""
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"the server {url!r} is no address", hint="wanted: http://host:8800")
        self.url = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=_ANSWERS_WITHIN,
            trust_env=False,
        )

    def get(self, path: str, **query: Any) -> Any:
        """Read something. Raises what the server refused, ServerUnreachable."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """Ask for something; under a key, a repeated request creates nothing twice."""
        headers = {"idempotency-key": key} if key else {}
        return self._ask("POST", path, json=body, headers=headers)

    def delete(self, path: str) -> Any:
        """Have something removed."""
        return self._ask("DELETE", path)

    def follow(self, path: str, *, since: int = 0) -> Iterator[Told]:
        """Give what happens after a number; a connection that breaks is taken up where it was."""
        number, broken_since = since, 0.0
        while True:
            try:
                for told in self._stream(path, number):
                    number, broken_since = told.number or number, 0.0
                    if told.kind == "end":
                        return
                    yield told
            except httpx2.TransportError as error:
                now = time.monotonic()
                broken_since = broken_since or now
                if now - broken_since > _COMES_BACK_WITHIN:
                    raise self._unreachable(error) from error
                time.sleep(1)

    def _stream(self, path: str, since: int) -> Iterator[Told]:
        headers = {"last-event-id": str(since)}
        with self._client.stream("GET", f"/api/v1{path}", headers=headers) as answer:
            if answer.status_code >= 400:
                answer.read()
                raise _refused(answer)
            number, kind = 0, ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "event":
                    kind = value
                elif name == "data":
                    told = json.loads(value)
                    yield Told(number, kind, {key: told[key] for key in told if key != "at"})

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._client.request(method, f"/api/v1{path}", **more)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error
        if answer.status_code >= 400:
            raise _refused(answer)
        return answer.json()

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        return ServerUnreachable(
            f"the server {self.url} does not answer: {error}",
            hint="SANDBOX_SERVER names it; without it, commands work on this machine",
        )


def open_server(url: str) -> Server:
    """Speak to a server with the token of the environment."""
    return Server(url, os.environ.get("SANDBOX_TOKEN", ""))


def _refused(answer: httpx2.Response) -> SandboxError:
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the server answered {answer.status_code}: {answer.text[:200]}"
    if answer.status_code == 401:
        return RequestRefused(
            "the server does not know you", hint="SANDBOX_TOKEN holds a token that it gave you"
        )
    kind = {404: NotFound, 422: UsageError}.get(answer.status_code, RequestRefused)
    return kind(detail)
