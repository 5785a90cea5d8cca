"""Images that are not ours: found by digest, or built from a folder without a network.

Nothing of them is started here, but for the `RUN` steps of a build. Tags are never followed: they
are told as the digest that they mean now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, BuildError, ImageNotFound
from docker.models.images import Image
from docker.utils.build import exclude_paths

from sandbox.errors import ContentError, ImageUnavailable
from sandbox.foreign import ForeignImage
from sandbox.runtime import Progress
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.engine import said_by_engine
from sandbox.runtimes.docker.labels import INSTANCE, REPOSITORY, owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings

LARGEST_CONTEXT = 500_000_000
_NAMED = re.compile(r"(?P<name>[^@]+)@sha256:[0-9a-f]{64}")


class DockerForeign:
    """Foreign images on one Engine."""

    def __init__(self, client: docker.DockerClient, settings: Settings) -> None:
        self._client = client
        self._owner = owner_of(settings.home)

    def find(self, digest: str, progress: Progress) -> ForeignImage:
        """Find an image that is here, else fetch it when its name says from where."""
        with said_by_engine(f"looking for the image {digest}"):
            try:
                return _described(self._client.images.get(digest))
            except ImageNotFound:
                named = _NAMED.fullmatch(digest)
            except APIError as error:
                raise _unavailable(digest, str(error.explanation)) from error
            if named is None:
                raise _unavailable(digest, "it is not on this Engine, and has no name to be fetched by")
            progress(f"fetching {digest}")
            try:
                return _described(self._client.images.pull(digest))
            except (APIError, ImageNotFound) as error:
                raise _unavailable(digest, str(error.explanation)) from error

    def build(self, folder: Path, progress: Progress) -> ForeignImage:
        """Build a folder; the tag is the hash of what is in it, so that the same is built once."""
        tag = f"{REPOSITORY.rpartition('/')[0]}/candidates:{_hash_of(folder)}"
        with said_by_engine(f"building {folder}"):
            here = self._client.images.list(name=tag)
            if here:
                return _described(here[0])
            progress(f"building {folder.name}")
            try:
                image, _ = self._client.images.build(
                    path=str(folder), tag=tag, network_mode="none", rm=True, forcerm=True, pull=False
                )
            except BuildError as error:
                said = "".join(str(line.get("stream", "")) for line in error.build_log)
                raise ImageUnavailable(
                    f"the Dockerfile in {folder} can't be built: {error.msg}",
                    hint="a build has no network here: bring what it needs, or name a built image by digest",
                    log_tail=said[-4000:],
                ) from error
        return _described(image)

    def digest_of(self, tag: str) -> str | None:
        """Give the registry's digest of a tag, or the Engine's own for an image that was built here."""
        with said_by_engine(f"looking for the image {tag}"):
            try:
                image = self._client.images.get(tag)
            except (ImageNotFound, APIError):
                return None
        digests: list[str] = image.attrs.get("RepoDigests") or []
        return digests[0] if digests else str(image.id)

    def memory(self, sandbox: str) -> Mapping[str, int]:
        """Ask the Engine about every instance that runs; what is gone meanwhile is left out."""
        chosen = Place(self._owner, sandbox).filter(parts.INSTANCE_ROLE)
        found = {}
        with said_by_engine(f"measuring sandbox {sandbox!r}"):
            for each in self._client.api.containers(filters=chosen):
                told = self._client.api.stats(each["Id"], stream=False, one_shot=True)["memory_stats"]
                if "usage" in told:
                    details = told.get("stats") or {}
                    cache = details.get("inactive_file", details.get("total_inactive_file", 0))
                    found[each["Labels"][INSTANCE]] = int(told["usage"]) - int(cache)
        return found


def _described(image: Image) -> ForeignImage:
    config: dict[str, Any] = image.attrs.get("Config") or {}
    return ForeignImage(id=str(image.id), volumes=sorted(config.get("Volumes") or ()))


def _unavailable(digest: str, why: str) -> ImageUnavailable:
    return ImageUnavailable(
        f"the image {digest} can't be had: {why}",
        hint="bring it with `docker load` or `docker pull`; `docker images --digests` lists what is here",
    )


def _hash_of(folder: Path) -> str:
    ignored = folder / ".dockerignore"
    patterns = ignored.read_text(encoding="utf-8").splitlines() if ignored.is_file() else []
    total, size = sha256(), 0
    for name in sorted(exclude_paths(str(folder), [line for line in patterns if line.strip()])):
        path = folder / name
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            size += path.stat().st_size
            if size > LARGEST_CONTEXT:
                raise ContentError(
                    f"is larger than {LARGEST_CONTEXT:,} bytes", path=str(folder), hint="use a .dockerignore"
                )
            content = path.read_bytes()
        else:
            continue
        executable = path.lstat().st_mode & 0o111
        total.update(f"{name}\0{executable}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:16]
