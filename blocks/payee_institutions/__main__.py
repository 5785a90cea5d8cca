"""Command line: `python -m blocks.payee_institutions serve | seed | openapi`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from blockkit.fixtures import Enter
from blockkit.main import Load, run_block
from blocks.payee_institutions.app import SLUG, create_app


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and give its exit code."""
    return run_block(SLUG, Path(__file__).parent, create_app, _loader, arguments, environment, _fixtures)


def _loader() -> Load:
    from blocks.payee_institutions.seed import load  # a serving process never pays for pyarrow

    return load


def _fixtures() -> Enter:
    from blocks.payee_institutions.fixtures import enter

    return enter


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
