"""`python -m sandbox` and the `sandbox` script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end with its code."""
    from sandbox.cli.main import main as run_command

    sys.exit(run_command())


if __name__ == "__main__":
    main()
