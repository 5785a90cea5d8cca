"""A control plane for tests: the real application on a real store, and a queue that only remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fastapi.testclient import TestClient

from sandbox.bootstrap import make_catalog
from sandbox.controlplane.app import create_app
from sandbox.controlplane.plane import Plane, Rules
from sandbox.settings import Settings
from sandbox.store.schema import Account
from sandbox.store.store import Store
from tests.fakes.stores import Hands, token_of

ORIGIN = "http://localhost"


@dataclass
class Remembered:
    """Remembers what was submitted."""

    jobs: list[str] = field(default_factory=list)

    def submit(self, job: str, *, host: str = "") -> None:
        """Remember it."""
        del host
        self.jobs.append(job)

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True)
class Served:
    """The application, its queue and its clock."""

    plane: Plane
    queue: Remembered
    now: Hands

    def browser(self) -> TestClient:
        """Open a browser: it keeps cookies, and says where its requests come from."""
        return TestClient(
            create_app(self.plane),
            base_url=ORIGIN,
            headers={"origin": ORIGIN},
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def program(self, account: Account | None) -> TestClient:
        """Open a program's connection, with a token of this account."""
        token = {"authorization": f"Bearer {token_of(self.plane.store, account)}"} if account else {}
        return TestClient(
            create_app(self.plane),
            base_url=ORIGIN,
            headers=token,
            follow_redirects=False,
            raise_server_exceptions=False,
        )


def serve_on(store: Store, home: Path, rules: Rules | None = None) -> Served:
    """Serve it."""
    now, queue = Hands(), Remembered()
    settings = Settings(home=home)
    plane = Plane(
        settings=settings,
        store=store,
        queue=queue,
        catalog=make_catalog(Settings()),
        rules=rules or Rules(),
        now=now,
    )
    return Served(plane, queue, now)
