"""The reference image: built without a registry, named by its content, carried in one file.

Its tag is the hash of what went in, never a moving name. A built image says in its labels
which content it has, so that a host without any base image still recognises it.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, BuildError
from docker.models.images import Image

from sandbox.errors import ContentError, ImageUnavailable, RuntimeFailure
from sandbox.runtime import Progress, keep_silent
from sandbox.runtimes.docker import context
from sandbox.runtimes.docker.base import BUILD_COMMAND, Base, find_base, probe_target
from sandbox.runtimes.docker.engine import connect, said_by_engine
from sandbox.runtimes.docker.labels import BASE, CONTENT, REPOSITORY, STAGE
from sandbox.runtimes.docker.requirements import Pin, fill_wheelhouse, pinned_closure
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """An image on the Engine: its name, and the hash it is run by."""

    tag: str
    id: str


def build(
    settings: Settings,
    *,
    base: str | None = None,
    bootstrap: bool = False,
    progress: Progress = keep_silent,
    client: docker.DockerClient | None = None,
) -> ImageRef:
    """Build the reference image from this checkout or installation; what is here already is not built again.

    Args:
        settings: Says where the content and the cache of wheels are, and the usual base image.
        base: Base image to use instead, by name and tag or digest.
        bootstrap: Make the base image of Debian packages on this host.
        progress: Told one line per stage.
        client: Engine to use instead of the configured one.

    Raises:
        ImageUnavailable: No base image, or no packages, or the build failed (with its last lines).
    """
    engine = client or connect()
    with _one_builder(settings), said_by_engine("building the reference image"):
        ground = find_base(engine, settings, base=base, bootstrap=bootstrap, progress=progress)
        pins = pinned_closure(settings)
        content = context.read_content(settings, pins)
        tag = _tag("blocks", content.digest, ground)
        here = _find(engine, tag)
        if here is not None:
            return here
        packages = _build_packages(engine, settings, pins, ground, progress)
        progress("adding the blocks")
        return _build(
            engine,
            content.files,
            recipe=context.APPLICATION_FILE,
            tag=tag,
            arguments={"PACKAGES": packages.tag},
            labels={CONTENT: content.digest, BASE: ground.reference},
        )


def reference_image(settings: Settings, client: docker.DockerClient | None = None) -> ImageRef | None:
    """Find the built image of exactly this content on the Engine, whichever base it stands on."""
    engine = client or connect()
    content = context.read_content(settings, pinned_closure(settings)).digest
    with said_by_engine("looking for the reference image"):
        images = engine.images.list(name=REPOSITORY, filters={"label": f"{CONTENT}={content}"})
    # The configured base first, then by name: the same choice at every call.
    chosen = sorted(
        (image for image in images if image.tags),
        key=lambda image: (image.labels.get(BASE) != settings.base_image, image.tags[0]),
    )
    return _reference(chosen[0]) if chosen else None


def ensure_reference_image(
    settings: Settings, *, progress: Progress = keep_silent, client: docker.DockerClient | None = None
) -> ImageRef:
    """Find the reference image, or build it when a base image can be had here.

    Raises ImageUnavailable with the command to type.
    """
    engine = client or connect()
    found = reference_image(settings, engine)
    if found is not None:
        return found
    try:
        return build(settings, progress=progress, client=engine)
    except ImageUnavailable as error:
        raise ImageUnavailable(
            f"the reference image is not here and can't be built: {error}",
            hint=error.hint or f"{BUILD_COMMAND}, or bring it: sandbox images load FILE",
            log_tail=error.log_tail,
        ) from error


def save(settings: Settings, path: Path, *, client: docker.DockerClient | None = None) -> ImageRef:
    """Write the reference image to one file for a host without a network.

    Raises ImageUnavailable when it is not built yet.
    """
    engine = client or connect()
    found = reference_image(settings, engine)
    if found is None:
        raise ImageUnavailable("the reference image is not built yet", hint="sandbox images build")
    unfinished = path.with_name(f"{path.name}.part")
    with _written_to(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with said_by_engine(f"saving {found.tag}"), unfinished.open("wb") as file:
                for chunk in engine.images.get(found.tag).save(named=found.tag):
                    file.write(chunk)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return found


def load(path: Path, *, client: docker.DockerClient | None = None) -> ImageRef:
    """Bring the image of an archive that `save` wrote onto the Engine.

    Raises ContentError when the file is no such archive.
    """
    engine = client or connect()
    api: Any = engine.api
    try:
        with path.open("rb") as file:
            # Read to its end even when it tells of an error: a stream left half-read stays open.
            answers = list(api.load_image(file))
    except APIError as error:
        raise ContentError(f"no archive of images: {error.explanation}", path=str(path)) from error
    except OSError as error:
        raise ContentError(f"can't be read: {error.strerror or error}", path=str(path)) from error
    for answer in answers:
        _, _, loaded = str(answer.get("stream", "")).strip().partition("Loaded image: ")
        if loaded.startswith(f"{REPOSITORY}:"):
            return ImageRef(tag=loaded, id=str(engine.images.get(loaded).id))
    raise ContentError(
        "the archive holds no reference image", path=str(path), hint="make one with: sandbox images save FILE"
    )


@contextmanager
def _one_builder(settings: Settings) -> Iterator[None]:
    """Let a second command wait for the first one's image instead of making its own."""
    folder = settings.home / "cache"
    with _written_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "images.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    """Say what the disk refused, and where."""
    try:
        yield
    except OSError as error:
        raise RuntimeFailure(
            f"{folder} can't be written: {error.strerror or error}",
            hint="make room or choose another folder (SANDBOX_HOME holds the cache)",
        ) from error


def _build_packages(
    engine: docker.DockerClient, settings: Settings, pins: Sequence[Pin], ground: Base, progress: Progress
) -> ImageRef:
    """Build the layer of Python packages, which outlives most changes of our own code."""
    tag = _tag("packages", context.packages_digest(settings, pins), ground)
    here = _find(engine, tag)
    if here is not None:
        return here
    target = probe_target(engine, ground)
    progress(f"fetching Python packages for Python {target.python} on {target.machine}")
    wheels = sorted(fill_wheelhouse(settings, pins, target).iterdir())
    progress("installing Python packages into the image")
    recipe = (context.PACKAGES_FILE, context.dockerfile(settings, context.PACKAGES_FILE))
    built = _build(
        engine,
        chain([recipe], ((f"wheelhouse/{path.name}", path.read_bytes()) for path in wheels)),
        recipe=context.PACKAGES_FILE,
        tag=tag,
        arguments={"BASE": ground.identity},
        labels={BASE: ground.reference},
    )
    # The builder keeps the stage that held the wheels as a nameless image of 0.8 GB.
    engine.images.prune(filters={"dangling": True, "label": STAGE})
    return built


def _build(
    engine: docker.DockerClient,
    files: Iterable[tuple[str, bytes]],
    *,
    recipe: str,
    tag: str,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
) -> ImageRef:
    try:
        with tempfile.TemporaryFile() as archive:
            context.write_archive(archive, files)
            archive.seek(0)
            image, _ = engine.images.build(
                fileobj=archive,
                custom_context=True,
                dockerfile=recipe,
                tag=tag,
                buildargs=dict(arguments),
                labels=dict(labels),
                network_mode="none",
                rm=True,
                forcerm=True,
            )
    except BuildError as error:
        said = "".join(line.get("stream", "") for line in error.build_log)
        raise ImageUnavailable(f"building {tag} failed: {error.msg}", log_tail=said[-4000:]) from error
    return ImageRef(tag=tag, id=str(image.id))


def _tag(kind: str, content: str, ground: Base) -> str:
    identity = sha256(f"{content}\0{ground.identity}".encode()).hexdigest()
    repository, _, _ = REPOSITORY.rpartition("/")
    return f"{repository}/{kind}:{identity[:16]}"


def _find(engine: docker.DockerClient, tag: str) -> ImageRef | None:
    found = engine.images.list(name=tag)
    return ImageRef(tag=tag, id=str(found[0].id)) if found else None


def _reference(image: Image) -> ImageRef:
    return ImageRef(tag=image.tags[0], id=str(image.id))
