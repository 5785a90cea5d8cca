"""What one block is loaded from: the population, with its own register in place of the clean tables.

A loader sees one folder and never learns whether its register is dirty.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.model.dirt import REGISTERS


@contextmanager
def as_register(data: Path, block: str) -> Iterator[Path]:
    """Give the folder that `block` is loaded from; without a register of its own that is `data`."""
    own = data / REGISTERS / block
    if not own.is_dir():
        yield data
        return
    with tempfile.TemporaryDirectory() as folder:
        view = Path(folder)
        for path in (*data.iterdir(), *own.iterdir()):
            if path.is_file():
                (view / path.name).unlink(missing_ok=True)
                (view / path.name).symlink_to(path)
        yield view
