"""Lets a sandbox's own clock begin, from inside: `python -m sandbox.lifecycle.opening`.

For a sandbox that no command of ours brought up. Told by its environment: `MEDIATOR_URL`,
`SANDBOX_TOKEN`, `CLOCK_START`. It waits for nothing: whoever starts it knows that the blocks are ready.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime

from sandbox.calls.gate import Gate
from sandbox.errors import SandboxError
from sandbox.lifecycle.service import clock_offset, machine_now
from sandbox.log import log_to_stderr


def main(environment: Mapping[str, str], now: Callable[[], datetime] = machine_now) -> int:
    """Set every block's clock to the first day; 1 when a block did not take it."""
    log = logging.getLogger("sandbox.lifecycle.opening")
    start = date.fromisoformat(environment["CLOCK_START"])
    try:
        with Gate(environment["MEDIATOR_URL"], environment["SANDBOX_TOKEN"]) as gate:
            today = gate.set_clock(clock_offset(start, now()), epoch=1)
    except SandboxError as error:
        log.error("%s", error)
        return 1
    log.info("open; the sandbox's date is %s", today)
    return 0


if __name__ == "__main__":
    log_to_stderr()
    sys.exit(main(os.environ))
