"""The `local` runtime: each sandbox is one detached process on this machine, and a folder."""

from __future__ import annotations

from sandbox.runtime import Runtime
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.settings import Settings


def open_runtime(settings: Settings) -> Runtime:
    """Give the driver for the home that `settings` names; touches nothing."""
    return LocalRuntime(settings.home)
