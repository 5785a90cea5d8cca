"""A new folder that appears whole or not at all, and never in place of another."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import RuntimeFailure, StateConflict


@contextmanager
def grow_folder(folder: Path, *, hint: str) -> Iterator[Path]:
    """Give a folder to fill, which is `folder` when the block ends well; `hint` is for who finds it taken.

    Raises StateConflict when it is there, RuntimeFailure when it can't be written.
    """
    try:
        if folder.exists():
            raise _taken(folder, hint)
        folder.parent.mkdir(parents=True, exist_ok=True)
        growing = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            yield growing
            growing.chmod(0o755)
            growing.rename(folder)
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:  # somebody else was quicker
            raise _taken(folder, hint) from error
        raise RuntimeFailure(
            f"{folder} can't be written: {error.strerror or error}",
            hint="--out names a folder that you may write to",
        ) from error


def _taken(folder: Path, hint: str) -> StateConflict:
    return StateConflict(f"{folder} exists already", hint=hint)
