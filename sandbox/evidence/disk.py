"""What a disk refuses (full, read-only, not ours), said in words instead of a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import RequestRefused


class DiskRefused(RequestRefused):
    """Something that must be kept can't be written."""

    reason = "disk-refused"
    status = 507


@contextmanager
def say_what_the_disk_refused(what: str, folder: Path) -> Iterator[None]:
    """Turn an OSError into a sentence about `what` was to be kept in `folder`."""
    try:
        yield
    except OSError as error:
        said = os.strerror(error.errno).lower() if error.errno else str(error)
        raise DiskRefused(
            f"{what} can't be kept in {folder}: {said}",
            hint="free some space, or name a folder that can be written to with --out or SANDBOX_HOME",
        ) from error
