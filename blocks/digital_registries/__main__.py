"""Command line: `python -m blocks.digital_registries serve | seed | openapi`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from blockkit.fixtures import Enter, Load
from blockkit.main import run_block
from blocks.digital_registries.app import SLUG, create_app


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and give its exit code."""
    return run_block(
        SLUG, Path(__file__).parent, create_app, _loader, arguments, environment, fixtures=_fixtures
    )


def _loader() -> Load:
    from blocks.digital_registries.seed import load  # a serving process never pays for pyarrow

    return load


def _fixtures() -> Enter:
    from blocks.digital_registries.fixtures import enter

    return enter


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
