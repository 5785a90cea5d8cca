"""Lets the kernel forget databases that were written and then left alone.

Templates, clones and spares are copied file by file, twice each; what was copied stays in the page
cache as if somebody still used it, and counts as this container's memory (docs/adr/0007). A database
is given back when no new one has come for a while, not again and again: what queries read later stays
cached, and a sandbox that is still being filled is not made to read its templates from the disk.
Nothing is imported or remembered that need not be: it runs for as long as the server.
"""

import os
import sys
import time

LOOKS_EVERY = 5.0
QUIET_FOR = 6.0
"""Seconds without a new database: whoever fills or resets a sandbox has ended."""
ROUNDS = 2
"""The first has what is still dirty written out, the second finds it clean."""

Known = dict[str, tuple[float, int]]
"""Of each database's folder: when it was first seen, and how many rounds gave it back."""


def look(databases: str, known: Known, now: float) -> None:
    """Give back the databases whose turn it is.

    Args:
        databases: The server's folder with one folder per database.
        known: What earlier looks saw; changed.
        now: Any clock's seconds.
    """
    present = {entry.name: entry.path for entry in os.scandir(databases) if entry.is_dir()}
    for gone in known.keys() - present.keys():
        del known[gone]
    for name in present:
        known.setdefault(name, (now, 0))
    if any(now - seen < QUIET_FOR for seen, _ in known.values()):
        return
    for name, (seen, rounds) in known.items():
        if rounds < ROUNDS:
            release(present[name])
            known[name] = (seen, rounds + 1)


def release(folder: str) -> None:
    """Give back the cache of every file in a folder."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # its database was dropped a moment ago
    for entry in entries:
        try:
            _give_back(entry.path)
        except OSError:
            continue


def _give_back(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def main(folder: str) -> None:
    """Go on until the server, whose child this is, has ended."""
    server, known = os.getppid(), Known()
    while os.getppid() == server:
        look(f"{folder}/base", known, time.monotonic())
        time.sleep(LOOKS_EVERY)


if __name__ == "__main__":
    main(sys.argv[1])
