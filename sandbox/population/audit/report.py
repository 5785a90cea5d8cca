"""What an audit found: one line for each thing that was counted, and how it was counted."""

from __future__ import annotations

from sandbox.model.block import Frozen
from sandbox.model.population import Coincidences, FieldClass


class Check(Frozen):
    """One claim, held against the files."""

    name: str
    holds: bool
    counted: int
    """How many values (or tables) were looked at."""
    found: int
    """How many of them break the claim."""
    how: str
    """What exactly was done, in a sentence."""


class AuditReport(Frozen):
    """All checks of one population."""

    pack: str
    size: int
    seed: int
    holds: bool
    checks: tuple[Check, ...]
    fields: tuple[FieldClass, ...]
    statement: str
    coincidences: Coincidences
    notice: str
