"""SHA256SUMS beside a population's files: notices a byte that the disk changed, whatever its file's length.

The format is that of `sha256sum --check`. It covers every file below the folder but itself. It
notices damage, not forgery: who can write the folder can write the sums.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.model.population import SUMS

_AGAIN = "generate the population again"


def write_sums(folder: Path) -> None:
    """Write the sums of a complete folder. Raises OSError."""
    # Never into the file that is there: it may be linked to another folder's.
    (folder / SUMS).unlink(missing_ok=True)
    (folder / SUMS).write_text(_sum_up(folder), encoding="utf-8")


def sums_hold(folder: Path) -> bool:
    """Whether every file is there as it was written, and none besides. Raises OSError."""
    return (folder / SUMS).read_bytes() == _sum_up(folder).encode()


def check_sums(folder: Path) -> None:
    """Hold every file that the sums name against them; what else lies in the folder is its owner's.

    Raises ContentError with the first file that is another. A population of an earlier version has no sums.
    """
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise ContentError(f"can't be read: {error}", path=str(folder / SUMS)) from error
    for line in lines:
        wanted, _, name = line.partition("  ")
        try:
            found = _hash(folder / name)
        except OSError as error:
            raise ContentError(
                f"can't be read: {error.strerror}", path=str(folder / name), hint=_AGAIN
            ) from error
        if found != wanted:
            raise ContentError(
                f"not what was written: its SHA-256 is another than in {SUMS}",
                path=str(folder / name),
                hint=_AGAIN,
            )


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sum_up(folder: Path) -> str:
    files = [each for each in sorted(folder.rglob("*")) if each.is_file() and each != folder / SUMS]
    return "".join(f"{_hash(each)}  {each.relative_to(folder).as_posix()}\n" for each in files)
