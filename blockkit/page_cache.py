"""Lets the kernel forget files of a database server that were written and then left alone.

Templates, clones and spares are copied file by file, twice each; what was copied stays in the page
cache as if somebody still used it, and counts as this container's memory (docs/adr/0007). A file is
given back when it comes to rest, not again and again: what queries read later stays cached.
Nothing is imported or remembered that need not be: it runs for as long as the server.
"""

import os
import sys
import time

LOOKS_EVERY = 5.0
AT_REST_AFTER = 1.0
GIVEN_UP_AFTER = 30.0
"""Some rounds long: the first has what is still dirty written out, a later one finds it clean."""


def release(folder: str, now: float) -> None:
    """Give back the cache of every file below `folder` that was used a moment ago, and is no longer.

    Args:
        folder: The data folder of a server.
        now: The time of day, in seconds.
    """
    for entry in os.scandir(folder):
        try:
            if entry.is_dir(follow_symlinks=False):
                release(entry.path, now)
            else:
                status = entry.stat(follow_symlinks=False)
                # Reading shows when it is the first time since the file was written: a template, cloned.
                if AT_REST_AFTER <= now - max(status.st_mtime, status.st_atime) < GIVEN_UP_AFTER:
                    _give_back(entry.path)
        except OSError:
            continue  # its database was dropped a moment ago


def _give_back(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def main(folder: str) -> None:
    """Go on until the server, whose child this is, has ended."""
    server = os.getppid()
    while os.getppid() == server:
        release(folder, time.time())
        time.sleep(LOOKS_EVERY)


if __name__ == "__main__":
    main(sys.argv[1])
