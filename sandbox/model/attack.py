"""What an attack on a sandbox's own isolation found: claims, whether they held, and what was seen."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sandbox.model.block import Frozen

Area = Literal["counterproof", "networks", "databases", "secrets", "escalation", "bombs"]


class Claim(Frozen):
    """One thing that must hold. A counterproof shows that the test could have seen the opposite."""

    area: Area
    claim: str
    held: bool
    found: str


class AttackReport(Frozen):
    """One attack, on one Engine, with one version of the code that isolates."""

    engine: str
    engine_version: str
    kernel: str
    product_version: str
    isolation: str
    at: datetime
    seconds: float
    claims: tuple[Claim, ...]

    @property
    def passed(self) -> bool:
        """Whether every claim held."""
        return bool(self.claims) and all(each.held for each in self.claims)
