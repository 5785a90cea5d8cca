"""Where log lines go. Verdicts and answers are printed by the command line, never logged."""

from __future__ import annotations

import logging
import sys


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send log lines to standard error; for a process that is ours alone."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    # These write URLs with codes, and tokens, below this level.
    for name in ("httpx2", "httpcore2", "urllib3", "docker"):
        logging.getLogger(name).setLevel(logging.WARNING)
