"""A copy of what is real, for whoever may ask for it: whole, or not there.

Secrets, keys and databases are never copied. `what.json` says what each item is, why it is kept and
how long, and holds the lines of the register of runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.errors import RuntimeFailure
from sandbox.evidence.lines import to_document
from sandbox.evidence.register import Entry
from sandbox.population.files.growing import growing
from sandbox.privacy.items import Item

WHAT = "what.json"


def export(items: Sequence[Item], entries: Sequence[Entry], out: Path) -> None:
    """Copy items into a new folder. Raises StateConflict when it exists, RuntimeFailure on a full disk."""
    with growing(out, folder=True) as place:
        for item in items:
            target = place / item.kind.folder / item.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if item.path.is_dir() and not item.path.is_symlink():
                _copy_folder(item.path, target)
            else:
                shutil.copy2(item.path, target, follow_symlinks=False)
        runs = {item.name for item in items if item.kind.name == "evidence"}
        lines = [entry for entry in entries if entry.run in runs]
        document = {"items": [describe(item) for item in items], "register": lines}
        (place / WHAT).write_bytes(to_document(document))


def _copy_folder(source: Path, target: Path) -> None:
    try:
        shutil.copytree(source, target, symlinks=True)
    except shutil.Error as error:
        path, _, why = error.args[0][0]
        raise RuntimeFailure(
            f"{path} can't be copied: {why}", hint="make room, and run it again as the user who owns it"
        ) from error


def describe(item: Item) -> dict[str, Any]:
    """Give an item as a value, with why it is kept."""
    return {
        "kind": item.kind.name,
        "name": item.name,
        "place": item.path.name if item.kind.folder == "" else f"{item.kind.folder}/{item.name}",
        "stored_bytes": item.stored_bytes,
        "changed": item.changed.isoformat(timespec="seconds"),
        "people": list(item.people),
        "real": item.kind.real,
        "purpose": item.kind.purpose,
        "retention": item.kind.retention,
        "erasable": item.kind.erasable,
    }
