"""How dirty the registers of a population are: the level asked for, and what was planted where."""

from __future__ import annotations

from typing import Literal

from sandbox.model.block import Frozen

Dirt = Literal["none", "light", "field"]
"""`none` gives every block the same clean citizens; `datasets/recipes/dirt.yaml` has the other two."""

LEVELS: tuple[Dirt, ...] = ("none", "light", "field")

REGISTERS = "registers"
"""Folder in a population: `registers/<block>/<table>.parquet` is what that block is loaded from instead."""

TRUTH = "truth"
"""Folder in a population: `truth/<block>.parquet` says what is wrong in its register; never in a sandbox."""

DIRT = "dirt.json"
"""Beside the manifest of a population with dirty registers; never in a sandbox."""


class FaultCount(Frozen):
    """One kind of fault in one table of one register: the rate wanted, and what was planted."""

    table: str
    kind: str
    per_mille: int
    able: int
    """Rows that can have the fault."""
    planted: int
    """Rows that have it."""

    @property
    def share(self) -> float:
        """Planted share of the rows that can have the fault."""
        return self.planted / self.able if self.able else 0.0


class RegisterDirt(Frozen):
    """The dirty copy that one block is loaded from."""

    block: str
    rows: dict[str, int]
    digests: dict[str, str]
    faults: tuple[FaultCount, ...]


class DirtManifest(Frozen):
    """`dirt.json`: every register's faults, counted."""

    level: Dirt
    recipe_digest: str
    registers: tuple[RegisterDirt, ...]
