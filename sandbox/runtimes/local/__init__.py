"""The `local` runtime: each sandbox is one detached process on this machine, and a folder."""

from __future__ import annotations

from sandbox.breaker import Breaker
from sandbox.runtime import Keeper, Runtime
from sandbox.runtimes.local.breaking import LocalBreaker
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.keeping import LocalKeeper
from sandbox.settings import Settings


def open_runtime(settings: Settings) -> Runtime:
    """Give the driver for the home that `settings` names; touches nothing."""
    return LocalRuntime(settings.home)


def open_keeper(settings: Settings) -> Keeper:
    """Give what keeps loaded databases in that home; touches nothing."""
    return LocalKeeper(settings.home)


def open_breaker(settings: Settings) -> Breaker:
    """Give what breaks sandboxes of that home; touches nothing."""
    return LocalBreaker(settings.home)
