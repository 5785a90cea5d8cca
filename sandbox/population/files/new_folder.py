"""A folder that is there whole or not at all: it grows under another name and is renamed at the end.

Nobody ever reads half of it, and whoever is interrupted leaves nothing. Refuses to touch a folder
that exists.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import RuntimeFailure, StateConflict


@contextmanager
def new_folder(out: Path, *, needed: int) -> Iterator[Path]:
    """Give a folder to fill, and rename it to `out` when the body ends well; else leave nothing."""
    try:
        refuse_taken(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        growing = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    except OSError as error:
        raise _cannot_write(out.parent, error, needed) from error
    try:
        growing.chmod(0o755)
        yield growing
        growing.rename(out)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            # Somebody else finished first, while this one was growing.
            raise _taken(out) from error
        raise _cannot_write(out, error, needed) from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def refuse_taken(out: Path) -> None:
    """Raise StateConflict when there is something at `out`, before anybody works for it."""
    if out.exists():
        raise _taken(out)


def _taken(out: Path) -> StateConflict:
    return StateConflict(f"{out} exists already", hint="name a folder that does not exist yet")


def _cannot_write(out: Path, error: OSError, needed: int) -> RuntimeFailure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RuntimeFailure(
            f"the disk is full: {out} needs about {max(1, needed // 2**20)} MiB",
            hint="make room, choose a smaller size, or point SANDBOX_HOME to another disk",
        )
    return RuntimeFailure(f"{out} can't be written: {error.strerror or error}")
