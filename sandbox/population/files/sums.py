"""SHA256SUMS beside a population's files: notices a byte that the disk changed, whatever its file's length.

The format is that of `sha256sum --check`. It covers every file below the folder but itself. It
notices damage, not forgery: who can write the folder can write the sums.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandbox.model.population import SUMS


def write_sums(folder: Path) -> None:
    """Write the sums of a complete folder. Raises OSError."""
    # Never into the file that is there: it may be linked to another folder's.
    (folder / SUMS).unlink(missing_ok=True)
    (folder / SUMS).write_text(_sum_up(folder), encoding="utf-8")


def sums_hold(folder: Path) -> bool:
    """Whether every file is there as it was written, and none besides. Raises OSError."""
    return (folder / SUMS).read_bytes() == _sum_up(folder).encode()


def _sum_up(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / SUMS:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    return "".join(lines)
