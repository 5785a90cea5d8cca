"""`python -m blocks.information_mediator serve | seed | openapi | verify`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from blockkit.fixtures import Enter
from blockkit.main import Load, run_block
from blocks.information_mediator.app import FOLDER, create_app
from blocks.information_mediator.settings import SLUG


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and give its exit code."""
    if arguments[:1] == ["verify"]:
        return _verify(arguments[1:])
    return run_block(SLUG, FOLDER, create_app, _loader, arguments, environment, _fixtures)


def _loader() -> Load:
    from blocks.information_mediator.seed import load  # pyarrow comes with it; serving doesn't pay for it

    return load


def _fixtures() -> Enter:
    from blocks.information_mediator.fixtures import enter

    return enter


def _verify(arguments: Sequence[str]) -> int:
    from blocks.information_mediator.verify import parse_head, verify

    parser = argparse.ArgumentParser(
        prog="python -m blocks.information_mediator verify",
        description="Check the message log's chain and name the first line that does not hold.",
    )
    parser.add_argument("--database", required=True, help="connection URL of a role that may read the log")
    parser.add_argument(
        "--head", type=parse_head, metavar="NUMBER:HASH", help="a head noted before, to find a cut tail"
    )
    given = parser.parse_args(arguments)
    return verify(given.database, given.head)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
