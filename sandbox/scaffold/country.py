"""Begins a country pack: a copy of one that works, under another name, with its sources to be replaced.

The folder appears whole or not at all. Refuses to overwrite a pack, and a name that no pack can have.
"""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.population.packs.folder import FOLDER, list_files, load_pack
from sandbox.scaffold.folder import grow_folder


def scaffold_country(content: Path, code: str, *, country: str, like: str, out: Path | None = None) -> Path:
    """Write the folder `<code>` among the content's packs, or below `out`, and give its path.

    Raises UsageError for a code or a model that can't be used, StateConflict when the pack is
    there, RuntimeFailure when the folder can't be written.
    """
    if not re.fullmatch(r"[a-z]{2}", code):
        raise UsageError(
            f"{code!r} can't be a pack's name", hint="two small letters, as in ISO 3166-1: xx, for example"
        )
    if not country.strip() or not country.isprintable() or len(country) > 60:
        raise UsageError(f"{country!r} can't be a country's name", hint="one line of 1 to 60 characters")
    folder = (content / FOLDER if out is None else out) / code
    with grow_folder(folder, hint="change what is in it, or choose other letters") as growing:
        model = load_pack(content, like).folder
        _fill(growing, model, code=code, country=country.strip(), like=like)
    return folder


def _fill(folder: Path, model: Path, *, code: str, country: str, like: str) -> None:
    copied = [file for file in list_files(model) if file != "SOURCES.md"]
    for file in copied:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model / file, folder / file)
    profile = (model / "profile.yaml").read_text(encoding="utf-8")
    # What the model says of itself in its first comment isn't true of the copy.
    profile = re.sub(
        r"\A(#.*\n)+", f"# {country}. Begun as a copy of pack {like}; nothing here is sourced yet.\n", profile
    )
    quoted = "'" + country.replace("'", "''") + "'"
    profile = re.sub(r"^country: .*$", lambda _: f"country: {quoted}", profile, count=1, flags=re.MULTILINE)
    profile = re.sub(
        r"^functional_id_prefix: .*$", f"functional_id_prefix: {code.upper()}F", profile, flags=re.MULTILINE
    )
    profile = re.sub(r"^email_domain: .*$", f"email_domain: {code}.example", profile, flags=re.MULTILINE)
    (folder / "profile.yaml").write_text(profile, encoding="utf-8")
    lines = "\n".join(f"| `{file}` | copied from pack `{like}` | its licence there |" for file in copied)
    template = files("sandbox.scaffold").joinpath("templates/SOURCES.md").read_text(encoding="utf-8")
    (folder / "SOURCES.md").write_text(
        template.format(code=code, country=country, like=like, files=lines), encoding="utf-8"
    )
