"""Files that enter a sandbox's volumes from this host, through containers that do not run yet.

Sent as an archive, so that an Engine on another machine works too. A symbolic link is sent
as the file that it points to: the population comes from a cache. What is wrong in a
population's dirty registers is not sent.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from docker.models.containers import Container
from docker.types import Mount

from sandbox.model.dirt import DIRT, TRUTH
from sandbox.model.population import SUMS
from sandbox.runtimes.docker.hardening import USER

_UID, _GID = (int(part) for part in USER.split(":"))


def volume_mount(name: str, target: str, labels: Mapping[str, str], *, read_only: bool) -> Mount:
    """Mount a volume; one that is not there yet is created with `labels`, never without."""
    return Mount(
        target=target, source=name, type="volume", read_only=read_only, labels=dict(labels), no_copy=False
    )


def copy_folder(
    container: Container, folder: Path, files: Mapping[str, bytes], target: str, below: str = ""
) -> None:
    """Copy `folder`, and `files` beside it, to `target`; readable by everybody and writable by nobody.

    With `below`, to a new folder of that name in it.
    """

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid, entry.gid, entry.uname, entry.gname = _UID, _GID, "", ""
        entry.mode = 0o555 if entry.isdir() else 0o444
        return entry

    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w", dereference=True) as archive:
            if below:
                top = tarfile.TarInfo(below)
                top.type = tarfile.DIRTYPE
                archive.addfile(plain(top))
            for path in sorted(folder.iterdir()):
                if path.name in (DIRT, TRUTH, SUMS):
                    continue
                archive.add(path, arcname=f"{below}/{path.name}".lstrip("/"), filter=plain)
            for name, content in files.items():
                entry = tarfile.TarInfo(f"{below}/{name}".lstrip("/"))
                entry.size = len(content)
                archive.addfile(plain(entry), io.BytesIO(content))
        file.seek(0)
        container.put_archive(target, file)


def write_secret(container: Container, target: str, name: str, secret: str) -> None:
    """Write one file that the instances' user alone may read."""
    content = secret.encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o400, _UID, _GID
        archive.addfile(entry, io.BytesIO(content))
    container.put_archive(target, file.getvalue())
