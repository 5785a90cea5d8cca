"""Reads policies of points and packages, with file and line of a fault, and says which scenarios have one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pydantic import ConfigDict, Field

from sandbox.controls.citizens import Policy
from sandbox.errors import UsageError
from sandbox.model.block import Frozen
from sandbox.model.scenario import Scenario
from sandbox.population.dirt.eligibility import Fact
from sandbox.population.packs.reading import read_model

WANTED = ("proxy_means", "threshold", "packages")


class _Points(Frozen):
    points: int = Field(ge=0, le=10_000)
    fact: Fact
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)


class _Package(Frozen):
    size_from: int = Field(ge=1, le=1000)
    amount: Decimal = Field(ge=0, le=10**9, decimal_places=3, allow_inf_nan=False)


class _Policy(Frozen):
    proxy_means: tuple[_Points, ...] = Field(min_length=1)
    threshold: int = Field(ge=0, le=10**9)
    packages: tuple[_Package, ...] = Field(min_length=1)
    currency: str = ""


class _PolicyFile(Frozen):
    """Other parts of the file are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    policy: _Policy


def read_policy(path: Path, root: Path) -> Policy:
    """Read a policy file. Raises ContentError with file and line."""
    return Policy.model_validate(read_model(path, root, _PolicyFile).policy.model_dump())


def need_policy(scenario: Scenario) -> Path:
    """Give the scenario's own policy file. Raises UsageError when it has none that can be compared."""
    policy = scenario.policy.get("policy")
    missing = [name for name in WANTED if not isinstance(policy, dict) or policy.get(name) in (None, [])]
    if missing:
        raise UsageError(
            f"scenario {scenario.slug!r} has no policy that can be compared: its policy.yaml has no "
            f"{', '.join(f'policy.{name}' for name in missing)}",
            hint="what-if compares points for facts of a household (proxy_means), a threshold, and packages "
            "by household size",
        )
    return scenario.folder / "policy.yaml"
