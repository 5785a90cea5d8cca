"""The sandbox that a test holds: where it is, and calls to its blocks through its mediator.

Everything else that can be done with a sandbox is an operation of its controls, the block `sandbox`.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.calls.client import MediatorClient
from sandbox.calls.messages import Answer, Request
from sandbox.lifecycle.service import Running
from sandbox.model.population import PopulationRef
from sandbox.model.run import Exchange
from sandbox.model.wiring import EXPLORER, INSTANCE


class Sandbox:
    """One running sandbox, as it was seeded when a test gets it; tests of one process share it in turn."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def __repr__(self) -> str:
        return f"<Sandbox {self.name} at {self.url}: {', '.join(self.blocks)}>"

    @property
    def name(self) -> str:
        """Its name, as `sandbox ls` shows it while the tests run."""
        return self._running.spec.name

    @property
    def url(self) -> str:
        """The information mediator's address: the one door."""
        return self._running.site.public_url

    @property
    def token(self) -> str:
        """What an application outside proves itself with, in the header `Information-Mediator-Secret`."""
        return self._running.secrets.token

    @property
    def blocks(self) -> tuple[str, ...]:
        """The blocks that run, those included that others require."""
        return self._running.spec.blocks

    @property
    def population(self) -> PopulationRef:
        """Which citizens it holds: pack, size, seed."""
        return self._running.spec.population

    def address(self, block: str) -> str:
        """Give the address of a block behind the mediator; `sandbox` stands for the controls."""
        return f"{self.url}{_place(block)}"

    def headers(self, client: str = EXPLORER) -> Mapping[str, str]:
        """Give the headers with which a program of yours calls as the application `client`."""
        return {"Information-Mediator-Client": client, "Information-Mediator-Secret": self.token}

    def call(
        self,
        block: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        client: str = EXPLORER,
    ) -> Answer:
        """Call an operation of a block, and give the answer whatever its status.

        Args:
            block: Its slug; `sandbox` for the controls.
            method: Such as GET.
            path: As in the block's `openapi.yaml`.
            json: Sent as the body.
            params: Sent as the query.
            headers: Sent besides, such as a citizen's `Authorization`.
            client: The application that calls. The usual one may call everything in a sandbox of
                blocks, and the controls alone in one of a scenario; there, name one of `wiring.yaml`.

        Raises BlockUnreachable when there is no answer at all.
        """
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        content = None
        if json is not None:
            content = json_text.dumps(json).encode()
            sent.setdefault("content-type", "application/json")
        request = Request(
            block=block,
            operation_id=f"{method} {path}",
            method=method,
            target=f"{_place(block)}{path}{query}",
            headers={**sent, "information-mediator-client": client},
            content=content,
        )
        with MediatorClient(self.url, self.token) as caller:
            return caller.call(request)

    def exchanges(self) -> Sequence[Exchange]:
        """Read the mediator's message log: every call since the sandbox was made, a reset notwithstanding."""
        with self._running.gate() as gate:
            return gate.exchanges()


def _place(block: str) -> str:
    return f"/r1/{INSTANCE}/GOV/CENTRAL/{block}"
