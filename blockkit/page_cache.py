"""Lets the kernel forget files of a database server that were written and then left alone.

Templates, clones and spares are copied file by file, twice each; what was copied stays in the page
cache as if somebody still used it, and counts as this container's memory (docs/adr/0007). A file is
given back once after it has come to rest, not again and again: what queries read later stays cached.
Standard library only, and nothing of it is imported that need not be: it runs for as long as the server.
"""

import os
import sys
import time

LOOKS_EVERY = 1.0
AT_REST_AFTER = 1.0
ROUNDS = 2
"""The first one has what is still dirty written out, the second finds it clean."""


def release(folder: str, given: dict[str, tuple[int, int]], now: float) -> None:
    """Give back the cache of every file below `folder` that was not written for a while.

    Args:
        folder: The data folder of a server.
        given: When each file was last written, and in how many rounds it was given back since then.
        now: The time of day, in seconds.
    """
    seen = set()
    for place, _, names in os.walk(folder):
        for name in names:
            path = f"{place}/{name}"
            seen.add(path)
            try:
                written = os.stat(path).st_mtime_ns  # noqa: PTH116  pathlib would stay loaded
                before, rounds = given.get(path, (written, 0))
                if written != before:
                    rounds = 0
                if rounds < ROUNDS and now - written / 1e9 >= AT_REST_AFTER:
                    _give_back(path)
                    rounds += 1
                given[path] = (written, rounds)
            except OSError:
                continue  # its database was dropped a moment ago
    for path in given.keys() - seen:
        del given[path]


def _give_back(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def main(folder: str) -> None:
    """Go on until the server, whose child this is, has ended."""
    server = os.getppid()
    given: dict[str, tuple[int, int]] = {}
    while os.getppid() == server:
        release(folder, given, time.time())
        time.sleep(LOOKS_EVERY)


if __name__ == "__main__":
    main(sys.argv[1])
