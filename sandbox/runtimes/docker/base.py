"""The base image: one that is here, one from a registry, or one made of Debian packages on this host.

Nothing is installed into it here; it only has to have a Python of 3.11 or newer that can
make virtual environments.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from sandbox.errors import ImageUnavailable
from sandbox.runtime import Progress
from sandbox.runtimes.docker.requirements import Target
from sandbox.settings import Settings

BOOTSTRAPPED = "civic-sandbox/base:bookworm"
BUILD_COMMAND = "sandbox images build --bootstrap"

_PROBE = (
    "import json, platform, sys;"
    "print(json.dumps([sys.version_info[:2], platform.machine(), platform.libc_ver()]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base image on the Engine; `identity` is the hash of its content."""

    reference: str
    identity: str


def find_base(
    client: docker.DockerClient, settings: Settings, *, base: str | None, bootstrap: bool, progress: Progress
) -> Base:
    """Give the base image that was asked for, or the first that can be had.

    Without a wish the order is: the configured one when it is here, one that was
    bootstrapped before, the configured one from its registry, a new one from Debian packages.

    Raises ImageUnavailable, with the command that helps.
    """
    if bootstrap:
        return _present(client, BOOTSTRAPPED) or _bootstrap(client, progress)
    if base is not None:
        return _present(client, base) or _pull(client, base, progress)
    found = _present(client, settings.base_image) or _present(client, BOOTSTRAPPED)
    if found is not None:
        return found
    try:
        return _pull(client, settings.base_image, progress)
    except ImageUnavailable as error:
        if shutil.which("mmdebstrap") is None:
            raise
        progress(f"{error}; making a base image of Debian packages instead")
        return _bootstrap(client, progress)


def probe_target(client: docker.DockerClient, base: Base) -> Target:
    """Ask the base image's own Python what wheels must fit. Runs it without a network."""
    try:
        answer = client.containers.run(
            base.identity,
            ["python3", "-c", _PROBE],
            entrypoint="",
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            remove=True,
        )
        version, machine, (library, release) = json.loads(answer)
    except (DockerException, ValueError) as error:
        raise ImageUnavailable(
            f"the base image {base.reference} can't run python3",
            hint="wanted: Debian with Python 3.11 or newer",
        ) from error
    if library != "glibc" or tuple(version) < (3, 11):
        found = f"Python {version[0]}.{version[1]} on {library or 'another C library'} {release}"
        raise ImageUnavailable(
            f"the base image {base.reference} has {found}; wanted Python 3.11 or newer on glibc",
            hint=f"choose another one, or {BUILD_COMMAND}",
        )
    return Target(
        python=f"{version[0]}.{version[1]}", machine=machine, glibc_minor=int(release.partition(".")[2])
    )


def _present(client: docker.DockerClient, reference: str) -> Base | None:
    try:
        return Base(reference=reference, identity=str(client.images.get(reference).id))
    except ImageNotFound:
        return None


def _pull(client: docker.DockerClient, reference: str, progress: Progress) -> Base:
    progress(f"fetching the base image {reference}")
    repository, separator, digest = reference.partition("@")
    name, colon, tag = repository.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    if not separator and not tagged:
        raise ImageUnavailable(
            f"the base image {reference!r} names no tag and no digest", hint="add one of them"
        )
    try:
        image = client.images.pull(repository if separator else name, tag=digest if separator else tag)
    except APIError as error:
        raise ImageUnavailable(
            f"the base image {reference} is not here and can't be fetched ({error.explanation})",
            hint=f"without a registry: {BUILD_COMMAND} (needs mmdebstrap: apt-get install mmdebstrap)",
        ) from error
    return Base(reference=reference, identity=str(image.id))


def _bootstrap(client: docker.DockerClient, progress: Progress) -> Base:
    program = shutil.which("mmdebstrap")
    if program is None:
        raise ImageUnavailable(
            "mmdebstrap, which makes a base image of Debian packages, is not installed",
            hint="apt-get install mmdebstrap, then repeat; or bring an image: sandbox images load FILE",
        )
    progress("making a base image of Debian packages")
    with tempfile.TemporaryDirectory(prefix="civic-sandbox-base-") as folder:
        archive = Path(folder) / "base.tar"
        done = subprocess.run(
            [
                program,
                "--quiet",
                "--variant=minbase",
                "--include=python3,python3-venv,ca-certificates",
                "bookworm",
                str(archive),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            tail = done.stderr.strip()[-4000:]
            raise ImageUnavailable(
                f"mmdebstrap could not make a base image: {(tail.splitlines() or ['no reason given'])[-1]}",
                hint="it needs a Debian mirror; or bring an image: sandbox images load FILE",
                log_tail=tail,
            )
        progress("importing the base image")
        repository, _, tag = BOOTSTRAPPED.partition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    return Base(reference=BOOTSTRAPPED, identity=str(client.images.get(BOOTSTRAPPED).id))
