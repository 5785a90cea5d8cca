"""Remembers parsed YAML by content, because parsing it is what reading a catalogue costs.

An entry is keyed by the bytes it came from, so it can't be stale; a damaged or unwritable
one is passed over. Only documents that proved valid are worth keeping, and validity is
judged again each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.catalog.blocks import Reader
from sandbox.catalog.documents import Yaml, decode_yaml, parse_yaml, read_bytes, shown_path

FORMAT = b"1"
"""Part of the key: change it when `documents` reads the same text differently."""


def open_reader(folder: Path | None) -> Reader:
    """Give a function that reads YAML files, each once, and keeps what it parsed in `folder`."""
    known: dict[Path, Yaml] = {}

    def read(path: Path, root: Path) -> Yaml:
        if path not in known:
            known[path] = _read(path, root, folder)
        return known[path]

    return read


def _read(path: Path, root: Path, folder: Path | None) -> Yaml:
    shown = shown_path(path, root)
    content = read_bytes(path, shown)
    if folder is None:
        return parse_yaml(decode_yaml(content, shown), shown)
    key = hashlib.sha256(FORMAT + content).hexdigest()
    entry = folder / f"{key}.json"
    kept = _load(entry, shown)
    if kept is None:
        kept = parse_yaml(decode_yaml(content, shown), shown)
        _keep(entry, kept)
    return kept


def _load(entry: Path, shown: str) -> Yaml | None:
    try:
        kept: Any = json.loads(entry.read_bytes())
        return Yaml(shown, kept["data"], {tuple(pointer): line for pointer, line in kept["lines"]})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(entry: Path, yaml: Yaml) -> None:
    lines = [[list(pointer), line] for pointer, line in yaml.lines.items()]
    half = entry.with_suffix(f".{os.getpid()}")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps({"data": yaml.data, "lines": lines}), encoding="utf-8")
        half.replace(entry)
    except OSError:
        # A cache that can't be written is slow, not wrong.
        with suppress(OSError):
            half.unlink()
