"""Serve the controls in a process of their own: `python -m sandbox.controls serve`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import uvicorn

from sandbox.controls.app import create_app
from sandbox.log import log_to_stderr


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until told to stop."""
    if list(arguments) != ["serve"]:
        print("usage: python -m sandbox.controls serve", file=sys.stderr)
        return 2
    uvicorn.run(
        create_app(environment),
        host="0.0.0.0",  # noqa: S104  the sandbox's network is the boundary
        port=int(environment["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    log_to_stderr()
    sys.exit(main(sys.argv[1:], os.environ))
