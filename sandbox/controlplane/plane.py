"""What every route works with, and the rules of this installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.catalog.catalog import Catalog
from sandbox.jobs.queue import JobQueue
from sandbox.lifecycle.service import machine_now
from sandbox.settings import Settings
from sandbox.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How much one installation gives, to whom, and under which names it answers."""

    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    """Names in a request's Host that are ours; any other is refused, a rebound one among them."""
    pages_port: int = 8801
    """Where blocks' pages and APIs are reached: another origin than the console."""
    sandboxes_per_account: int = 5
    sandboxes: int = 40
    """Of everybody together, as many as the machine has memory for."""
    session: timedelta = timedelta(hours=12)
    login_failures: int = 8
    """Failed log-ins of one name within `login_window`, before more are refused."""
    login_failures_from: int = 100
    """The same from one address, which a whole class may share."""
    login_window: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The control plane's tools."""

    settings: Settings
    store: Store
    queue: JobQueue
    catalog: Catalog
    rules: Rules = Rules()
    now: Callable[[], datetime] = machine_now
