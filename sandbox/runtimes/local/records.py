"""What a sandbox's folder remembers: its specification, its site, its secrets.

Secrets lie in a file of their own, so that `spec.json` and `site.json` may be shown to
anyone. A file that is missing or cut short reads as None, never as an error: a sandbox
whose creation was killed must still be listed and discarded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import Remains, Site
from sandbox.runtimes.local.layout import SandboxFolder, write_whole

_SITE = TypeAdapter(Site)
_SPEC = TypeAdapter(SandboxSpec)
_Read = TypeVar("_Read")


class Secrets(BaseModel):
    """What nobody but the sandbox's owner may read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: str
    database: str


_SECRETS = TypeAdapter(Secrets)


def write_spec(folder: SandboxFolder, spec: SandboxSpec) -> None:
    """Remember what was asked for."""
    write_whole(folder.spec, spec.model_dump_json(indent=2))


def write_site(folder: SandboxFolder, site: Site) -> None:
    """Remember what was laid out; a folder with a site is a sandbox whose preparation was completed."""
    secrets = Secrets(root=site.secret, database=site.database.password)
    write_whole(folder.secret, secrets.model_dump_json())
    public = replace(site, secret="", database=replace(site.database, password=""))
    write_whole(folder.site, _SITE.dump_json(public, indent=2).decode())


def read_spec(folder: SandboxFolder) -> SandboxSpec | None:
    """Recall what was asked for."""
    return _read(folder.spec, _SPEC)


def read_site(folder: SandboxFolder) -> Site | None:
    """Recall what was laid out, secrets included."""
    site, secrets = _read(folder.site, _SITE), _read(folder.secret, _SECRETS)
    if site is None or secrets is None:
        return None
    return replace(site, secret=secrets.root, database=replace(site.database, password=secrets.database))


def read_remains(folder: SandboxFolder) -> Remains:
    """Say everything that the folder can still tell."""
    return Remains(name=folder.name, spec=read_spec(folder), site=read_site(folder))


def _read(path: Path, shape: TypeAdapter[_Read]) -> _Read | None:
    try:
        return shape.validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
