"""Peak memory of a process and its children: their proportional set sizes (PSS), summed every 20 ms."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

EVERY_SECONDS = 0.02


def watch_peak(pid: int, *, while_true: Callable[[], bool]) -> int:
    """Give the most bytes that were seen until the condition ended."""
    peak = 0
    while while_true():
        peak = max(peak, _tree_pss(pid))
        time.sleep(EVERY_SECONDS)
    return peak


def _tree_pss(pid: int) -> int:
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                total += _pss(process.pid)
    return total


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
