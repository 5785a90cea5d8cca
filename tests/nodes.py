"""Programs written for Node that tests talk to, installed from their lock files once and kept for all tests.

`tests/node/<name>/` holds package.json and package-lock.json, which pin names, versions and hashes, and no
registry's address. Refuses to run anything that a package brings for its installation. Without Node, npm or
a registry that answers, tests are skipped and say why; under SANDBOX_REQUIRE_NODE=1 that is a failure.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox.settings import Settings

LOCKED = Path(__file__).parent / "node"
INSTALL_SECONDS = 180.0
_SOON_SAID = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")
"""Where no registry answers, the tests go on without; npm by itself would try for minutes."""


@dataclass(frozen=True)
class Packages:
    """Installed packages: the Node to run, and the folder that holds `node_modules`."""

    node: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a script of ours needs to find them; only `require` looks there, `import` does not."""
        return {**os.environ, "NODE_PATH": str(self.folder / "node_modules")}

    def program(self, name: str) -> Path:
        """Give a command that a package brought."""
        return self.folder / "node_modules" / ".bin" / name


def install(name: str) -> Packages:
    """Give what `tests/node/<name>` pins; installed when nobody did it before, else as it lies there."""
    node, npm = _find("node"), _find("npm")
    locked = LOCKED / name
    files = [(locked / file).read_bytes() for file in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"\0".join(files)).hexdigest()[:16]
    shelf = Settings().home / "cache" / "node"
    folder = shelf / f"{name}-{digest}"
    if not folder.is_dir():
        shelf.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=shelf) as made:
            _install(npm, locked, Path(made) / "whole")
            try:
                (Path(made) / "whole").rename(folder)
            except OSError:
                assert folder.is_dir()  # another worker was faster
    return Packages(node, folder)


def _install(npm: str, locked: Path, folder: Path) -> None:
    shutil.copytree(locked, folder)
    try:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *_SOON_SAID],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _without(f"npm did not install {locked.name} within {INSTALL_SECONDS:g} s")
    if done.returncode != 0:
        _without(f"npm can't install {locked.name}: {' '.join(done.stderr.split())[:200]}")


def _find(program: str) -> str:
    return shutil.which(program) or _without(f"there is no {program} on this machine")


def _without(reason: str) -> NoReturn:
    if os.environ.get("SANDBOX_REQUIRE_NODE") == "1":
        pytest.fail(f"SANDBOX_REQUIRE_NODE=1, but {reason}")
    pytest.skip(reason)
