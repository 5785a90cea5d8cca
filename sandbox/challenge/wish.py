"""How somebody wants a scenario challenged, and the refusal of one that can't be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import RequestRefused
from sandbox.model.challenge import ChallengeFault, Trial
from sandbox.model.language import ENGLISH, Language

Watch = Callable[[Trial], None]
"""Hears what came of each play."""


class ChallengeRefused(RequestRefused):
    """This scenario can't be challenged here."""

    reason = "challenge-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeWish:
    """How a scenario is to be challenged.

    Attributes:
        blocks: Those that may be struck; all when empty.
        draw: The integer from which points are drawn.
        most: The most points of one fault; None for one at each block.
        out: Where the report goes; None below the register of runs.
    """

    faults: Sequence[ChallengeFault]
    blocks: Sequence[str] = ()
    draw: int = 1
    most: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    out: Path | None = None
    command: str = ""
    language: Language = ENGLISH
    """Of the page."""
