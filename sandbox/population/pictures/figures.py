"""What the pictures of a population show, as numbers, and what they say in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.model.population import Manifest
from sandbox.population.files.asking import quote_text, reading

BAND = 5
OLDEST = 100
"""The last band holds everybody of this age and older."""
LARGEST = 12
"""The last size holds every household that is larger still."""


@dataclass(frozen=True, slots=True)
class Band:
    """Living citizens of so many years, counted by sex."""

    from_age: int
    female: int
    male: int

    @property
    def label(self) -> str:
        """Write the ages: `0-4`, `100+`."""
        return f"{OLDEST}+" if self.from_age >= OLDEST else f"{self.from_age}–{self.from_age + BAND - 1}"


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Living citizens by age and sex on the population's reference date; every band, empty ones too."""

    bands: tuple[Band, ...]
    median_age: int
    date: str

    @property
    def female(self) -> int:
        """Count women and girls."""
        return sum(band.female for band in self.bands)

    @property
    def male(self) -> int:
        """Count men and boys."""
        return sum(band.male for band in self.bands)

    @property
    def finding(self) -> str:
        """Say what the picture shows."""
        everybody = self.female + self.male
        share = round(100 * self.female / everybody) if everybody else 0
        return (
            f"Half of the {everybody:,} living citizens are {self.median_age} or younger; "
            f"{share} % are women and girls"
        )


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many households have how many members; every size from 1 to the last, empty ones too."""

    counts: tuple[tuple[int, int], ...]
    persons: int

    @property
    def households(self) -> int:
        """Count households."""
        return sum(count for _, count in self.counts)

    @property
    def finding(self) -> str:
        """Say what the picture shows."""
        usual = max(self.counts, key=lambda each: each[1])[0]
        mean = self.persons / max(1, self.households)
        more = " or more" if usual == LARGEST else ""
        return (
            f"{self.households:,} households have {mean:.1f} members on average; "
            f"{usual}{more} is the most frequent size"
        )


def label_size(size: int) -> str:
    """Write a size: `4`, `12+`."""
    return f"{size}+" if size == LARGEST else str(size)


def count_ages(folder: Path, manifest: Manifest) -> Pyramid:
    """Count the living by age and sex. Raises ContentError when the tables can't be read."""
    _need(folder, manifest, "persons", "sex", "birth_date")
    living = "death_date IS NULL" if "death_date" in manifest.tables["persons"].columns else "true"
    with reading(folder, manifest) as connection:
        today = f"{quote_text(manifest.reference_date)}::DATE"
        connection.execute(
            f"CREATE VIEW ages AS SELECT sex, datesub('year', birth_date, {today}) AS age "  # noqa: S608
            f"FROM persons WHERE {living}"
        )
        found = connection.execute(
            f"SELECT least(age, {OLDEST}) // {BAND} * {BAND}, sex, count(*) FROM ages GROUP BY ALL"  # noqa: S608
        ).fetchall()
        (median,) = connection.execute("SELECT quantile_disc(age, 0.5) FROM ages").fetchall()[0]
    counted = {(age, sex): count for age, sex, count in found}
    return Pyramid(
        tuple(
            Band(age, counted.get((age, "female"), 0), counted.get((age, "male"), 0))
            for age in range(0, OLDEST + 1, BAND)
        ),
        median or 0,
        manifest.reference_date,
    )


def count_sizes(folder: Path, manifest: Manifest) -> Sizes:
    """Count households by their number of members. Raises ContentError when the tables can't be read."""
    _need(folder, manifest, "households", "size")
    with reading(folder, manifest) as connection:
        found = dict(
            connection.execute(
                f"SELECT least(size, {LARGEST})::INT, count(*) FROM households GROUP BY ALL"  # noqa: S608
            ).fetchall()
        )
        (persons,) = connection.execute("SELECT coalesce(sum(size), 0)::BIGINT FROM households").fetchall()[0]
    most = max(found, default=1)
    return Sizes(tuple((size, found.get(size, 0)) for size in range(1, most + 1)), persons)


def _need(folder: Path, manifest: Manifest, table: str, *columns: str) -> None:
    described = manifest.tables.get(table)
    missing = [column for column in columns if described is None or column not in described.columns]
    if missing:
        raise ContentError(
            f"there is no column {missing[0]} of table {table}, which the picture is drawn from",
            path=str(folder),
        )
