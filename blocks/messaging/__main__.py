"""`python -m blocks.messaging serve | seed | openapi`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from blockkit.fixtures import Enter
from blockkit.main import Load, run_block
from blocks.messaging.app import FOLDER, SLUG, create_app


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and give its exit code."""
    return run_block(SLUG, FOLDER, create_app, _loader, arguments, environment, _fixtures)


def _loader() -> Load:
    from blocks.messaging.seed import load  # pyarrow comes with it; serving doesn't pay for it

    return load


def _fixtures() -> Enter:
    from blocks.messaging.fixtures import enter

    return enter


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
