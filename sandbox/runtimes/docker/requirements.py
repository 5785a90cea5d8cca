"""Which Python packages the image needs, pinned and hashed, as wheels on the host's disk.

The list is the closure of this distribution's own requirements without those that only
the command line uses. Versions and hashes come from `constraints.txt` and nowhere else;
the host's platform does not matter, only the image's.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sandbox.errors import ImageUnavailable
from sandbox.settings import Settings

DISTRIBUTION = "civic-sandbox"
STAYS_ON_THE_HOST = frozenset(
    {
        "docker",
        "faker",
        "openpyxl",
        "phonenumbers",
        "psutil",
        "python-stdnum",
        "rich",
        "schemathesis",
        "schwifty",
        "typer",
    }
)
"""Requirements of the command line and the generator: nothing inside a sandbox may import them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What wheels must fit: the Python, processor and C library of the base image."""

    python: str
    machine: str
    glibc_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One pinned requirement with its hashes, and for which targets it holds."""

    requirement: str
    marker: str

    def fits(self, target: Target) -> bool:
        """Whether the pin is meant for the image; a fork of the resolution may be for another Python."""
        if not self.marker:
            return True
        return Marker(self.marker).evaluate(
            {
                "extra": "",
                "implementation_name": "cpython",
                "implementation_version": f"{target.python}.0",
                "os_name": "posix",
                "platform_machine": target.machine,
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_system": "Linux",
                "platform_version": "",
                "python_full_version": f"{target.python}.0",
                "python_version": target.python,
                "sys_platform": "linux",
            }
        )


def pinned_closure(settings: Settings) -> tuple[Pin, ...]:
    """List the pins of everything the image may need, for whatever target, sorted by name.

    Markers of single requirements are not weighed here, so that every host finds the same
    list and with it the same image, whichever Python the host itself has.
    """
    pins = _read_pins(_constraints_file(settings))
    wanted: dict[str, set[str]] = {}
    unvisited = [
        found for found in _requirements_of(DISTRIBUTION, frozenset()) if found[0] not in STAYS_ON_THE_HOST
    ]
    while unvisited:
        name, extras = unvisited.pop()
        if name not in pins or (name in wanted and extras <= wanted[name]):
            continue
        wanted.setdefault(name, set()).update(extras)
        unvisited.extend(_requirements_of(name, extras))
    return tuple(pin for name in sorted(wanted) for pin in pins[name])


def fill_wheelhouse(settings: Settings, pins: Sequence[Pin], target: Target) -> Path:
    """Download the wheels for `target` unless they are here already; give their folder.

    Raises ImageUnavailable when the host can't fetch one.
    """
    text = "".join(f"{pin.requirement}\n" for pin in pins if pin.fits(target))
    name = sha256(f"{target}\n{text}".encode()).hexdigest()[:16]
    folder = settings.home / "cache" / "wheelhouse" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder.parent))
    try:
        (staging / "requirements.txt").write_text(text, encoding="utf-8")
        _download(staging, target)
        # mkdtemp's 0700 would travel into the image, where another user installs.
        staging.chmod(0o755)
        if not folder.exists():
            staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _download(folder: Path, target: Target) -> None:
    platforms = [f"manylinux_2_{minor}_{target.machine}" for minor in range(target.glibc_minor, 16, -1)]
    platforms.append(f"manylinux2014_{target.machine}")  # pip widens it to the older names itself
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "--implementation=cp", f"--python-version={target.python}"]
    command += [f"--platform={platform}" for platform in platforms]
    command += ["--dest", str(folder), "--requirement", str(folder / "requirements.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise ImageUnavailable(
            f"the packages for the image can't be fetched: {''.join(last)}",
            hint="packages are fetched on this host by pip; check its index, or bring the image: "
            "sandbox images load FILE",
            log_tail=done.stderr[-4000:],
        )


def _constraints_file(settings: Settings) -> Path:
    """Find it at the root of a clone, or where the wheel put it."""
    for path in (settings.content / "constraints.txt", settings.content / "compose" / "constraints.txt"):
        if path.is_file():
            return path
    raise ImageUnavailable(
        f"there is no constraints.txt in {settings.content}, so the image's packages are unknown",
        hint="install the whole distribution, or bring the image: sandbox images load FILE",
    )


def _read_pins(path: Path) -> Mapping[str, Sequence[Pin]]:
    """Map each name to its pins; there are several where the resolution forks by Python or platform."""
    pins: dict[str, list[Pin]] = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        entry = line.partition("#")[0]
        pinned, *hashes = entry.split("--hash=")
        version, _, marker = pinned.partition(";")
        if "==" not in version:
            continue
        requirement = " ".join([version.strip(), *(f"--hash={digest.strip()}" for digest in hashes)])
        pin = Pin(requirement=requirement, marker=marker.strip())
        pins.setdefault(canonicalize_name(version.partition("==")[0].strip()), []).append(pin)
    return pins


def _requirements_of(distribution: str, extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    try:
        lines = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return []  # a backport that this host's Python does without
    found: list[tuple[str, frozenset[str]]] = []
    for requirement in map(Requirement, lines):
        marker = str(requirement.marker or "")
        if "extra" in marker and not any(f'extra == "{extra}"' in marker for extra in extras):
            continue
        found.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found
