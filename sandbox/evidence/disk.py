"""Files that must be kept: whole or not at all, and what a disk refuses said in words, not in a traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_report_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a report into a folder, which is made. Raises DiskRefused."""
    with say_what_the_disk_refused("the report", folder):
        for name, content in files.items():
            write_whole(folder / name, content)
