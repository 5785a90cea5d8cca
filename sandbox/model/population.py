"""A population by name: pack, size and seed, and what its manifest says."""

from __future__ import annotations

from pydantic import Field, ValidationError

from sandbox.errors import UsageError
from sandbox.model.block import Frozen
from sandbox.model.dirt import LEVELS, Dirt

LARGEST_POPULATION = 100_000_000
SUMS = "SHA256SUMS"
"""Of all files of a population; stays beside them, for a sandbox is not given all of them."""


class PopulationRef(Frozen):
    """Which citizens, by the first three; `dirt` is what the blocks' registers make of them."""

    pack: str = Field(default="zz", pattern=r"^[a-z]{2}$")
    size: int = Field(default=1000, ge=1, le=LARGEST_POPULATION)
    seed: int = Field(default=1, ge=0, lt=2**63)
    dirt: Dirt = "none"


def ask_for(*, pack: str, size: int, seed: int, dirt: str = "none") -> PopulationRef:
    """Name a population by what somebody typed. Raises UsageError that says what can't be used."""
    if dirt not in LEVELS:
        raise UsageError(f"no level of dirt is called {dirt!r}", hint=f"choose one of: {', '.join(LEVELS)}")
    try:
        return PopulationRef.model_validate({"pack": pack, "size": size, "seed": seed, "dirt": dirt})
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"population {first['loc'][0]} {first['input']!r} can't be used: {first['msg'].lower()}",
            hint=f"size is 1 to {LARGEST_POPULATION}, seed 0 or more; `sandbox data packs` lists the packs",
        ) from None


class FieldClass(Frozen):
    """How far one column is proven fictitious: reserved, impossible, unallocated on a date, or plausible."""

    table: str
    column: str
    strength: str
    evidence: str
    checked_on: str


class TableManifest(Frozen):
    """One Parquet file of a population."""

    rows: int
    columns: tuple[str, ...]
    digest: str = ""
    """SHA-256 over the values, the same on every machine."""
    stored_bytes: int = 0
    """Length of the Parquet file as it was written here."""


class Coincidences(Frozen):
    """How many pairs of a citizen and a real resident are expected to be alike by chance."""

    residents: int
    """Of the country, by the pack's `ages.csv`; 0 when the country is made up."""
    name_and_birth_date: float
    """Pairs with the same given name, family name and birth date."""
    name_birth_date_and_district: float
    """Those of them who live in the same district too."""
    formula: str
    assumptions: tuple[str, ...]


class Manifest(Frozen):
    """`manifest.json` beside the Parquet files."""

    pack: str
    country: str
    currency: str
    pack_digest: str
    size: int
    seed: int
    reference_date: str
    digest: str
    tables: dict[str, TableManifest]
    fields: tuple[FieldClass, ...]
    statement: str
    """How far nobody is real, in one sentence."""
    coincidences: Coincidences | None = None
    """None in a manifest of an earlier version."""
    notice: str = ""
    """For a data-protection officer: what is made up, what can't be excluded, what to do."""
