"""Fixtures for every test of the repository, and their distribution over workers (`pytest -n 2`)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.workers import group_of, in_order

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["blockkit.testing"]

# A shell has what it starts in the background ignore Ctrl-C, and so would every command a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Hand out whole groups of tests (tests/workers.py), the longest first."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # the port of xdist is a class
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

        def _assign_work_unit(self, node: object) -> None:
            for group in in_order(self.workqueue):
                self.workqueue.move_to_end(group)
            super()._assign_work_unit(node)

    config.option.loadscopereorder = False
    return Groups(config, log)
