"""The sandbox's own folder of data: the population linked from the cache, small files beside it.

Hard links cost nothing and outlive the cache; on another file system the files are copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def lay_data(target: Path, population: Path, files: Mapping[str, bytes]) -> Path:
    """Fill `target`, and give it."""
    target.mkdir(mode=0o700)
    for source in sorted(population.iterdir()):
        if source.is_file():
            _link(source, target / source.name)
    for name, content in files.items():
        (target / name).write_bytes(content)
    return target


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
