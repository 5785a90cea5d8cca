"""A file or folder that is whole or not there: it grows under another name beside its place.

Ctrl-C, an error or a full disk leaves nothing. What exists already is never touched.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import RuntimeFailure, SandboxError, StateConflict

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def growing(out: Path, *, folder: bool) -> Iterator[Path]:
    """Give the path to fill; it becomes `out` when the body ends well.

    Raises StateConflict when `out` exists, RuntimeFailure when the disk refuses.
    """
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", suffix=".partial", dir=out.parent))
    except OSError as error:
        raise refused_by_disk(out, error) from error
    try:
        place.chmod(0o755)
        inside = place if folder else place / "whole"
        yield inside
        if folder:
            place.rename(out)
        else:
            # A link refuses a name that somebody took meanwhile; a renamed file would replace it.
            os.link(inside, out)
    except SandboxError:
        raise
    except OSError as error:
        raise refused_by_disk(out, error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def check_free(out: Path) -> None:
    """Raise StateConflict when there is something at the path already."""
    if os.path.lexists(out):
        raise StateConflict(f"{out} exists already", hint="name one that does not exist yet")


def refused_by_disk(out: Path, error: OSError) -> SandboxError:
    """Say in words why nothing could be written."""
    if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
        return StateConflict(f"{out} exists already", hint="name one that does not exist yet")
    if error.errno in FULL:
        return RuntimeFailure(
            f"the disk is full, or a limit on the size of files was met; {out} was not written",
            hint="make room, or choose fewer tables (--table) or a smaller size",
        )
    return RuntimeFailure(f"{out} can't be written: {error.strerror or error}")
