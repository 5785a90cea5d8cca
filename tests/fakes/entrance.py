"""An Engine that was attacked or was not, with images that are here or are not: nothing runs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.candidates.passes import keep_report, write_report
from sandbox.candidates.swaps import Entrance
from sandbox.errors import ImageUnavailable
from sandbox.foreign import ForeignImage
from sandbox.model.attack import Claim
from sandbox.prover import EngineFacts
from sandbox.runtime import Progress, keep_silent

ENGINE = EngineFacts(id="engine", version="28.0", kernel="6.1", isolation="abc")
HERE = f"sha256:{'a' * 64}"
MISSING = f"sha256:{'b' * 64}"
BUILT = f"sha256:{'c' * 64}"


class QuietProver:
    """Says which Engine it is."""

    def engine(self) -> EngineFacts:
        return ENGINE

    def image(self) -> str:
        return HERE

    def run_inside(self, *_: Any) -> str:
        raise NotImplementedError

    def addresses(self, sandbox: str) -> dict[str, list[str]]:
        raise NotImplementedError

    def gateways(self, sandbox: str) -> list[str]:
        raise NotImplementedError

    def neighbours(self, sandbox: str, listening: str) -> AbstractContextManager[Any]:
        raise NotImplementedError


class Shelf:
    """Images by what they are called. `asked` tells for what was looked."""

    def __init__(self, volumes: tuple[str, ...] = ()) -> None:
        self.asked: list[str] = []
        self._volumes = volumes

    def find(self, digest: str, progress: Progress) -> ForeignImage:
        progress("looking")
        self.asked.append(digest)
        if digest.endswith(MISSING):
            raise ImageUnavailable(f"the image {digest} can't be had")
        return ForeignImage(id=HERE, volumes=self._volumes)

    def build(self, folder: Path, progress: Progress) -> ForeignImage:
        progress("building")
        self.asked.append(str(folder))
        return ForeignImage(id=BUILT)

    def digest_of(self, tag: str) -> str | None:
        return HERE if tag == "vendor/payments:1.0" else None

    def memory(self, sandbox: str) -> dict[str, int]:
        raise NotImplementedError


def entrance(home: Path, *, attacked: bool = True, images: Shelf | None = None) -> Entrance:
    """An entrance to the fake Engine, its isolation proven unless said otherwise."""
    if attacked:
        pass_attack(home, ENGINE)
    return Entrance(
        runtime="docker",
        prover=QuietProver(),
        images=images or Shelf(),
        home=home,
        progress=keep_silent,
    )


def pass_attack(home: Path, engine: EngineFacts) -> None:
    """Keep a report by which everything held."""
    claim = Claim(area="networks", claim="Nothing arrives.", held=True, found="0 packets")
    keep_report(home, write_report(engine, [claim], datetime(2026, 11, 27, tzinfo=UTC), 1.0))
