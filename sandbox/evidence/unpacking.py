"""Takes a bundle that came from elsewhere into a folder of our own, before anybody reads it.

A bundle is a folder, or a zip of one. Refused by name: paths that lead out, links, devices, a name
that comes twice, encryption, and sizes that no bundle has. What is read afterwards is the copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sandbox.errors import NotFound, RequestRefused
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.keys import fingerprint_of, read_public_key
from sandbox.evidence.seal import ENVELOPE, PUBLIC_KEY, verify_bundle

MOST_FILES = 2_000
MOST_BYTES = 2_000_000_000
_CHUNK = 1 << 20
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class BundleRefused(RequestRefused):
    """A bundle is not as it was signed, or is none."""

    reason = "bundle-refused"


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose every file is as it was signed."""

    folder: Path
    fingerprint: str
    """Of the key that signed; who that is, is for the reader to know."""
    run: dict[str, Any]
    """`run.json`."""


def open_bundle(path: Path, scratch: Path, *, fingerprint: str | None = None) -> Opened:
    """Copy a bundle into `scratch` and check its signature and every file.

    Raises:
        NotFound: There is no bundle at `path`.
        BundleRefused: It is not as it was signed, or could do harm.
    """
    if path.is_dir():
        members = _walk_folder(path)
    elif path.is_file():
        members = _walk_zip(path)
    else:
        raise NotFound(
            f"there is no bundle in {path}", hint="name the folder that index.html lies in, or a zip of it"
        )
    with say_what_the_disk_refused("the bundle's copy", scratch):
        _copy(members, scratch)
    folder = _find_root(scratch, path)
    problems = verify_bundle(folder, fingerprint=fingerprint)
    if problems:
        raise BundleRefused(
            f"{path} is not as it was signed: {'; '.join(problems[:5])}",
            hint="get it again from whoever made it; nothing was started",
        )
    try:
        run = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError) as error:
        raise BundleRefused(f"{path} holds no run.json that can be read: {error}") from None
    if not isinstance(run, dict):
        raise BundleRefused(f"{path} holds a run.json that is no object")
    signer = fingerprint_of(read_public_key((folder / PUBLIC_KEY).read_bytes()))
    return Opened(folder, signer, run)


Member = tuple[str, int, IO[bytes]]


def _walk_folder(path: Path) -> Iterator[Member]:
    for folder, folders, files in os.walk(path, followlinks=False):
        for name in sorted([*folders, *files]):
            each = Path(folder) / name
            shown = each.relative_to(path).as_posix()
            mode = each.lstat().st_mode
            if stat.S_ISDIR(mode):
                continue
            if not stat.S_ISREG(mode):
                kind = "a link" if stat.S_ISLNK(mode) else "neither a file nor a folder"
                raise BundleRefused(f"{shown!r} is {kind}; a bundle holds files only")
            # A file that was swapped for a link since is not followed.
            descriptor = os.open(each, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                yield _check_name(shown), each.stat().st_size, file


def _walk_zip(path: Path) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist()]
            twice = (
                sorted({name for name in names if names.count(name) > 1}) if len(names) <= MOST_FILES else []
            )
            if twice:
                raise BundleRefused(f"{twice[0]!r} is in the zip more than once")
            for info in archive.infolist():
                _refuse_strange(info)
                if not info.is_dir():
                    with archive.open(info) as file:
                        yield _check_name(info.filename), info.file_size, file
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise BundleRefused(f"{path} is no zip that can be read: {error}") from None


def _refuse_strange(info: zipfile.ZipInfo) -> None:
    _check_name(info.filename.rstrip("/") if info.is_dir() else info.filename)
    if info.flag_bits & 0x1:
        raise BundleRefused(f"{info.filename!r} is encrypted")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BundleRefused(f"{info.filename!r} is a link or a device; a bundle holds files only")


def _check_name(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or "/".join(parts) != name or not all(_PART.fullmatch(part) for part in parts):
        raise BundleRefused(
            f"{name!r} can't be a file of a bundle: it leads elsewhere, or no bundle names a file so"
        )
    return name


def _copy(members: Iterator[Member], scratch: Path) -> None:
    room = MOST_BYTES
    for count, (name, size, file) in enumerate(members, start=1):
        if count > MOST_FILES:
            raise BundleRefused(f"the bundle holds more than {MOST_FILES:,} files")
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as kept:
            # What a header says of a size is not believed.
            while room >= 0 and (chunk := file.read(_CHUNK)):
                room -= len(chunk)
                kept.write(chunk)
        if room < 0 or size > MOST_BYTES:
            shutil.rmtree(scratch, ignore_errors=True)
            raise BundleRefused(f"the bundle is larger than {MOST_BYTES // 1_000_000:,} MB")


def _find_root(scratch: Path, path: Path) -> Path:
    """The bundle's own folder: the top, or the one folder at the top that a zip of a folder has."""
    if (scratch / ENVELOPE).is_file():
        return scratch
    inner = [each for each in scratch.iterdir() if each.is_dir()] if scratch.is_dir() else []
    if len(inner) == 1 and len(list(scratch.iterdir())) == 1 and (inner[0] / ENVELOPE).is_file():
        return inner[0]
    raise NotFound(
        f"there is no signed bundle in {path}: {ENVELOPE} is missing",
        hint="name the folder that index.html lies in, or a zip of it",
    )
