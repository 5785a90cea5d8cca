"""The sandbox's own folder of data: the population linked from the cache, small files beside it.

Of a population with dirty registers the registers come along, and what is wrong in them doesn't.
Hard links cost nothing and outlive the cache; on another file system the files are copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sandbox.model.dirt import DIRT, REGISTERS
from sandbox.model.population import SUMS


def lay_data(target: Path, population: Path, files: Mapping[str, bytes]) -> Path:
    """Fill `target`, and give it."""
    target.mkdir(mode=0o700)
    for source in (*sorted(population.iterdir()), *sorted((population / REGISTERS).glob("*/*"))):
        if source.is_file() and source.name not in (DIRT, SUMS):
            place = target / source.relative_to(population)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _link(source, place)
    for name, content in files.items():
        (target / name).write_bytes(content)
    return target


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
