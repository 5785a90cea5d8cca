"""What a runtime can do about programs that are not ours: the port behind `--swap` and `sandbox compare`.

It finds and builds images, and measures. Whether one may start is not decided here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from sandbox.runtime import Progress
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignImage:
    """An image on the Engine. `volumes` are folders that it declares it writes to."""

    id: str
    volumes: Sequence[str] = ()


class Foreign(Protocol):
    """What `docker` does with a candidate's images, and with what runs of them."""

    def find(self, digest: str, progress: Progress) -> ForeignImage:
        """Find an image by digest; one named with its registry is fetched. Raises ImageUnavailable."""
        ...

    def build(self, folder: Path, progress: Progress) -> ForeignImage:
        """Build the Dockerfile of a folder without a network, unless it is built. Raises ImageUnavailable."""
        ...

    def digest_of(self, tag: str) -> str | None:
        """Say which image a tag means here and now; None when there is none."""
        ...

    def memory(self, sandbox: str) -> Mapping[str, int]:
        """Measure what every instance of a sandbox holds now, in bytes, page cache left out."""
        ...


def load_foreign(name: str, settings: Settings) -> Foreign | None:
    """Load what handles foreign images on the runtime `name`; None where none may run."""
    module = importlib.import_module(f"sandbox.runtimes.{name}")
    opened = getattr(module, "open_foreign", None)
    return None if opened is None else cast("Foreign", opened(settings))
