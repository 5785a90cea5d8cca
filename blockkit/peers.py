"""How a block calls another: through the information mediator, the only address it knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blockkit.settings import INSTANCE, BlockSettings
from blockkit.trust import trust_for

PRINTED = re.compile(r"[!-~]+")


class Peers:
    """The block's calls to other applications, proven by its own secret."""

    def __init__(
        self, settings: BlockSettings, slug: str, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._client = httpx2.Client(
            base_url=settings.mediator_url or "http://mediator.invalid",
            transport=transport,
            verify=trust_for(settings.mediator_url),
            trust_env=False,
            timeout=httpx2.Timeout(30.0, connect=5.0),
            headers={
                "Information-Mediator-Client": f"{INSTANCE}/{slug}",
                "Information-Mediator-Secret": settings.outbound_secret,
            },
        )

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Call `path` of the block `service`. Raises Problem 502 when the mediator does not answer."""
        return self._send(method, f"/r1/{INSTANCE}/{service}{path}", json, params, headers)

    def open_page(self, service: str, path: str) -> httpx2.Response:
        """Read one of another block's public pages, such as identity's keys."""
        return self._send("GET", f"/public/{service}{path}", None, None, None)

    def submit_page(self, service: str, path: str, form: Mapping[str, str]) -> httpx2.Response:
        """Send a form to one of another block's public pages, such as identity's token endpoint."""
        return self._send("POST", f"/public/{service}{path}", None, None, None, form)

    def notify(self, kind: str, body: Any, *, correlation: str) -> httpx2.Response:
        """Deliver a callback to the outside application that awaits `correlation`.

        What a header can't hold of it is percent-encoded.
        """
        name = correlation if PRINTED.fullmatch(correlation) else quote(correlation)
        return self._send("POST", f"/callbacks/{kind}", body, None, {"X-CorrelationID": name})

    def _send(
        self,
        method: str,
        path: str,
        json: Any,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        cause = {"X-Cause-Exchange-Id": exchange} if (exchange := current_exchange.get()) else {}
        try:
            return self._client.request(
                method, path, json=json, data=form, params=params, headers={**cause, **(headers or {})}
            )
        except httpx2.TransportError as error:
            raise Problem(
                502, "mediator-unreachable", f"the information mediator did not answer: {error}"
            ) from error

    def close(self) -> None:
        """Close pooled connections."""
        self._client.close()
