"""Reads a candidate's folder: its `block.yaml`, and what must lie beside it.

What would loosen isolation can't be said: such a key is refused by name, with its line and the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandbox.catalog.documents import Yaml, read_yaml
from sandbox.catalog.validate import read_as
from sandbox.errors import ContentError
from sandbox.model.candidate import CandidateDescriptor

FILE = "block.yaml"
RECIPE = "Dockerfile"

_HOST = "a candidate gets nothing of this host; what it needs goes into its image"
_RIGHTS = "every candidate runs without rights, as user 10001, on a read-only root"
_NETWORK = "a candidate reaches the information mediator and what it brought along under `services`"
NEVER: Mapping[str, str] = {
    **dict.fromkeys(("binds", "volumes", "volumes_from", "mounts", "devices", "device_requests"), _HOST),
    **dict.fromkeys(("pid", "ipc", "uts", "userns", "userns_mode", "cgroup", "cgroup_parent"), _HOST),
    **dict.fromkeys(("privileged", "user", "cap_add", "capabilities", "security_opt", "sysctls"), _RIGHTS),
    **dict.fromkeys(("ulimits", "group_add", "read_only", "init", "runtime", "shm_size"), _RIGHTS),
    **dict.fromkeys(("network", "networks", "network_mode", "ports", "expose", "dns", "links"), _NETWORK),
    **dict.fromkeys(("extra_hosts", "hostname", "domainname"), _NETWORK),
    "tmpfs": "name folders under `writable`: each is memory, 64 MiB, and nothing there can be run",
    "rights": "a candidate has the rights of the reference block in whose place it stands",
    "public": "the pages a browser may open are those of the reference block",
    "module": "a candidate is an image: name `image` by digest, or `build: .`",
    "entrypoint": "a candidate is started as its image says",
    "restart": "a candidate that ends has ended, and the run says so",
}
NEVER_IN_A_PART: Mapping[str, str] = {**NEVER, "command": "what it brings along is started as its image says"}


def read_candidate(folder: Path) -> CandidateDescriptor:
    """Read a folder. Raises ContentError with file and line."""
    path = folder / FILE
    if not path.is_file():
        raise ContentError(
            "a candidate's folder needs a block.yaml, and has none",
            path=str(folder),
            hint="it says name, slug, summary, and `image:` by digest or `build: .`",
        )
    yaml = read_yaml(path, folder.parent)
    _refuse_what_loosens(yaml)
    descriptor = read_as(CandidateDescriptor, yaml)
    if descriptor.build is not None and not (folder / RECIPE).is_file():
        raise yaml.error("'build' needs a Dockerfile beside it, and there is none", ("build",))
    if descriptor.build is not None:
        _refuse_fetching(folder / RECIPE)
    if descriptor.seed is not None and not _lies_in(folder, descriptor.seed.calls):
        raise yaml.error(f"there is no file {descriptor.seed.calls!r} in this folder", ("seed", "calls"))
    return descriptor


def _refuse_what_loosens(yaml: Yaml) -> None:
    places: list[tuple[tuple[str | int, ...], object]] = [((), yaml.data)]
    services = yaml.data.get("services")
    if isinstance(services, Mapping):
        places += [(("services", name), part) for name, part in services.items()]
    for pointer, part in places:
        never = NEVER_IN_A_PART if pointer else NEVER
        for key in part if isinstance(part, Mapping) else ():
            if key in never:
                raise yaml.error(f"{key!r} can't be asked for", (*pointer, key), hint=never[key])


def _refuse_fetching(recipe: Path) -> None:
    """Refuse `ADD`: the Engine would fetch an address in its own name, from the host's network."""
    words: list[str] = []
    first = 0
    for number, line in enumerate(recipe.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        text = line.strip()
        if text.startswith("#"):
            continue
        first = first or number
        goes_on = text.endswith(("\\", "`"))
        words.append(text[:-1] if goes_on else text)
        if goes_on:
            continue
        instruction = "".join(words).upper().split()[:2]
        if "ADD" in (instruction if instruction[:1] == ["ONBUILD"] else instruction[:1]):
            raise ContentError(
                "ADD can't be used in a candidate's Dockerfile: it fetches addresses from the host's network",
                path=str(recipe),
                line=first,
                hint="use COPY",
            )
        words, first = [], 0


def _lies_in(folder: Path, name: str) -> bool:
    path = (folder / name).resolve()
    return path.is_file() and path.is_relative_to(folder.resolve())
