"""One command at a time per sandbox: a lock that the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.errors import RuntimeFailure, StateConflict

_LOOKING_ENDS_WITHIN = 0.25
_TRIES_EVERY = 0.01


@contextmanager
def hold_sandbox(home: Path, name: str) -> Iterator[None]:
    """Hold the sandbox `name`. Raises StateConflict when another command is working on it."""
    folder = home / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _lock_patiently(folder / name)
    except BlockingIOError:
        raise StateConflict(
            f"another command is working on sandbox {name!r}", hint="wait for it, or look with `sandbox ls`"
        ) from None
    except OSError as error:
        raise RuntimeFailure(
            f"can't write to {folder}: {error.strerror}",
            hint="SANDBOX_HOME names a folder that you may write to",
        ) from error
    try:
        yield
    finally:
        (folder / name).unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def take_turn(folder: Path, work: str) -> Iterator[bool]:
    """Hold a piece of work that one process should do for all: True when it is ours to do.

    Otherwise wait until whoever does it has ended, one way or the other, and give False.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / work
    try:
        descriptor = _lock(path)
    except BlockingIOError:
        with suppress(FileNotFoundError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def sweep_locks(home: Path) -> None:
    """Remove the files that killed commands left; a lock that is held stays."""
    folder = home / "locks"
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            descriptor = _lock(path)
        except OSError:
            continue  # held, or not ours to remove
        path.unlink(missing_ok=True)
        os.close(descriptor)


def is_held(home: Path, name: str) -> bool:
    """Whether some command is working on the sandbox right now."""
    try:
        with (home / "locks" / name).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock_patiently(path: Path) -> int:
    """Lock, though somebody may be looking: `is_held` and `sweep_locks` have the lock for a moment."""
    until = time.monotonic() + _LOOKING_ENDS_WITHIN
    while True:
        try:
            return _lock(path)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(_TRIES_EVERY)


def _lock(path: Path) -> int:
    """Lock the file that stands at `path`; the one we opened may have been removed meanwhile."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
