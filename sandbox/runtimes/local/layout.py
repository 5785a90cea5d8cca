"""Where the local runtime keeps everything, and what is said when the disk refuses.

    <home>/sandboxes/<name>/   one sandbox: spec.json site.json secret host.sock host.log logs/
    <home>/postgres/           the embedded PostgreSQL that the home's sandboxes share

Knows paths and modes only; reads and writes nothing but whole small files.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import RuntimeFailure

TRASH = ".trash-"
"""What a sandbox's folder is renamed to before it is removed: a name that no sandbox can have."""


@dataclass(frozen=True, slots=True)
class Home:
    """`SANDBOX_HOME` as the local runtime uses it."""

    root: Path

    @property
    def sandboxes(self) -> Path:
        """One folder per sandbox."""
        return self.root / "sandboxes"

    @property
    def postgres(self) -> Path:
        """The shared server's data, password, port, log and lock."""
        return self.root / "postgres"

    @property
    def kept(self) -> Path:
        """One small file for each loaded database that the server keeps."""
        return self.postgres / "kept"

    def folder(self, name: str) -> SandboxFolder:
        """Where the sandbox of that name is, whether it exists or not."""
        return SandboxFolder(self.sandboxes / name)

    def make(self) -> None:
        """Make the folders that every sandbox shares.

        Started by root, PostgreSQL runs as an unprivileged user who must pass through
        to its own data, so these two may be entered (not listed) by everyone then.
        """
        passable = 0o711 if os.geteuid() == 0 else 0o700
        with explained("prepare the home of the sandboxes", self.root):
            self.root.mkdir(mode=passable, parents=True, exist_ok=True)
            self.postgres.mkdir(mode=passable, exist_ok=True)
            self.sandboxes.mkdir(mode=0o700, exist_ok=True)

    def folders(self) -> list[SandboxFolder]:
        """Every sandbox that has a folder, by name."""
        return [SandboxFolder(path) for path in self._entries() if not path.name.startswith(TRASH)]

    def trash(self) -> list[Path]:
        """Folders whose removal was cut short."""
        return [path for path in self._entries() if path.name.startswith(TRASH)]

    def _entries(self) -> list[Path]:
        try:
            return sorted(self.sandboxes.iterdir())
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise RuntimeFailure(
                f"the sandboxes in {self.sandboxes} can't be listed: {error.strerror}",
                hint="run as the user who made them, or set SANDBOX_HOME to a folder of your own",
            ) from error


@dataclass(frozen=True, slots=True)
class SandboxFolder:
    """The folder that is one sandbox."""

    path: Path

    @property
    def name(self) -> str:
        """The sandbox's name."""
        return self.path.name

    @property
    def spec(self) -> Path:
        """What was asked for."""
        return self.path / "spec.json"

    @property
    def site(self) -> Path:
        """What was laid out, secrets left out."""
        return self.path / "site.json"

    @property
    def secret(self) -> Path:
        """The sandbox's root secret and its database administrator's password."""
        return self.path / "secret"

    @property
    def host_log(self) -> Path:
        """What the host process says outside of any instance."""
        return self.path / "host.log"

    def log(self, instance: str) -> Path:
        """The log of one instance."""
        return self.path / "logs" / f"{instance}.log"

    def identity(self) -> str:
        """Device and inode: tells this folder from a later one of the same name.

        Raises FileNotFoundError when there is none.
        """
        status = self.path.stat()
        return f"{status.st_dev}:{status.st_ino}"

    def discarded_name(self) -> Path:
        """A fresh path beside the folder to rename it to."""
        return self.path.with_name(f"{TRASH}{self.name}-{secrets.token_hex(4)}")


def write_whole(path: Path, text: str) -> None:
    """Write a file readable by its owner alone; a reader sees all of it or the one before."""
    staging = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


@contextmanager
def explained(doing: str, folder: Path) -> Iterator[None]:
    """Turn what the system says about the disk or a socket into a RuntimeFailure that names the folder."""
    try:
        yield
    except OSError as error:
        raise RuntimeFailure(_sentence(error, doing, folder), hint=_hint(error)) from error


def _sentence(error: OSError, doing: str, folder: Path) -> str:
    place = error.filename or folder
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"can't {doing}: no space is left on the disk of {folder}"
        case errno.EROFS:
            return f"can't {doing}: {folder} is on a read-only file system"
        case errno.EACCES | errno.EPERM:
            return f"can't {doing}: {place} may not be written by this user"
        case _:
            return f"can't {doing} in {folder}: {error.strerror or error}"


def _hint(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "make room, or set SANDBOX_HOME to a folder on another disk"
        case errno.EROFS | errno.EACCES | errno.EPERM | errno.ENOTDIR:
            return "set SANDBOX_HOME to a folder that this user may write"
        case errno.EMFILE | errno.ENFILE:
            return "raise the limit of open files (ulimit -n)"
        case _:
            return ""
