"""Writes the folder: `docker-compose.yml`, `secrets/`, `population/`, `.env`, `README.md`; whole or not.

Secrets are drawn here and go into files of mode 0600, never into the Compose file.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from ruamel.yaml import YAML

from sandbox.composer import Composer
from sandbox.composing.order import programs_of
from sandbox.errors import ContentError, SandboxError
from sandbox.lifecycle.instances import CONTROLS, MEDIATOR, Layout
from sandbox.lifecycle.secrets import Secrets
from sandbox.lifecycle.service import Running, Wish
from sandbox.model.block import Frozen
from sandbox.model.dirt import DIRT, TRUTH
from sandbox.model.population import SUMS, Manifest
from sandbox.model.sandbox import SandboxSpec
from sandbox.population.files.new_folder import new_folder

FILE = "docker-compose.yml"
ADOPTION = "sandbox.json"
_TEMPLATE = Path(__file__).parent / "templates" / "README.md"
_WIDEST = 4096
_UNSAFE = ("'", "\n", "\\", "${")
"""Nothing that the readers of files of variables take for more than itself."""


class Adoption(Frozen):
    """What a command of ours must know to play on a sandbox that Compose started: `secrets/sandbox.json`."""

    spec: SandboxSpec
    port: int
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    folder: Path
    image: str
    url: str
    services: tuple[str, ...]


def write_folder(
    composer: Composer, wish: Wish, manifest: Manifest, out: Path, *, image: str, port: int
) -> Export:
    """Write a sandbox as a folder for Compose. Raises StateConflict when `out` is there already."""
    issued = Secrets(secrets.token_hex(32))
    layout = Layout(
        spec=wish.spec,
        site=composer.site(wish.spec, (*sorted(wish.blocks), CONTROLS), port=port, secret=issued.root),
        secrets=issued,
        blocks=wish.blocks,
        candidates=wish.candidates,
    )
    hidden = issued.all(layout.names)
    programs = programs_of(layout, composer.first())
    composed = composer.compose(layout.site, programs, image=image, public=MEDIATOR, hidden=hidden)
    size = sum(path.stat().st_size for path in wish.population.rglob("*") if path.is_file())
    with new_folder(out, needed=size) as folder:
        folder.chmod(0o700)
        _write_citizens(folder / "population", wish)
        adoption = Adoption(spec=wish.spec, port=port, secret=issued.root).model_dump_json()
        _write_secrets(folder / "secrets", composed.secrets, issued, adoption)
        (folder / ".env").write_text(f"COMPOSE_PROJECT_NAME={wish.spec.name}\n", encoding="utf-8")
        with (folder / FILE).open("w", encoding="utf-8") as file:
            _yaml().dump(dict(composed.document), file)
        (folder / "README.md").write_text(_readme(wish, manifest, image, port), encoding="utf-8")
    return Export(
        folder=out, image=image, url=layout.site.public_url, services=tuple(composed.document["services"])
    )


def adopt_folder(composer: Composer, folder: Path) -> Running:
    """Find the sandbox of an exported folder; whether it runs is not looked at. Raises ContentError."""
    path = folder / "secrets" / ADOPTION
    try:
        told = Adoption.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ContentError(
            "no folder that `sandbox export compose` wrote, or not yours to read", path=str(folder)
        ) from error
    names = (*sorted(told.spec.blocks), CONTROLS)
    site = composer.site(told.spec, names, port=told.port, secret=told.secret)
    return Running(spec=told.spec, site=site, secrets=Secrets(told.secret))


def _write_citizens(folder: Path, wish: Wish) -> None:
    """Copy what blocks may read, readable by their user; what is wrong in dirty registers stays outside."""
    shutil.copytree(wish.population, folder, ignore=shutil.ignore_patterns(DIRT, TRUTH, SUMS))
    (folder / "wiring.json").write_text(wish.wiring.model_dump_json(), encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o444)


def _write_secrets(
    folder: Path, told: Mapping[str, Mapping[str, str]], issued: Secrets, adoption: str
) -> None:
    folder.mkdir(mode=0o700)
    files = {f"{name}.env": "".join(map(_line, variables.items())) for name, variables in told.items()}
    for name, text in {**files, "token": issued.token, ADOPTION: adoption}.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _line(variable: tuple[str, str]) -> str:
    name, text = variable
    if any(sign in text for sign in _UNSAFE):
        raise SandboxError(f"the variable {name} holds what a file of variables can't")
    return f"{name}='{text}'\n"


def _readme(wish: Wish, manifest: Manifest, image: str, port: int) -> str:
    ref = wish.spec.population
    clients = [client.application for client in wish.wiring.clients if client.proof == "sandbox"]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"{wish.spec.scenario} for Compose",
        scenario=wish.spec.scenario,
        blocks_count=len(wish.blocks),
        citizens=f"{ref.size:,} fictitious citizens (pack {ref.pack}, seed {ref.seed})",
        statement=manifest.statement,
        image=image,
        port=port,
        clients=", ".join(f"`{client}`" for client in clients),
        clock_start=wish.spec.clock_start.isoformat(),
    )


def _yaml() -> Any:
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # as docker-compose reads it: there, a bare `no` is false
    yaml.default_flow_style = False
    yaml.width = _WIDEST
    yaml.sort_base_mapping_type_on_output = False
    return yaml
