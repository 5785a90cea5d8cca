"""A household as a family tree: who is whose child, wife or husband among those who live together.

A household that holds no couple or no parents is a tree too: of single roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.errors import NotFound
from sandbox.model.population import Manifest
from sandbox.population.files.asking import reading


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the household; numbers of kin are of anybody, in the household or not."""

    number: int
    role: str
    name: str
    latin: str
    """The name in Latin letters; empty where it is the name itself."""
    sex: str
    born: date
    age: int
    mother: int | None
    father: int | None
    spouse: int | None
    died: date | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A person, whoever of the household they are married to, and their children with them."""

    person: Member
    spouse: Member | None
    children: tuple[Branch, ...]

    def everybody(self) -> Iterator[Member]:
        """Give each member once, from the eldest generation down."""
        yield self.person
        if self.spouse is not None:
            yield self.spouse
        for child in self.children:
            yield from child.everybody()

    @property
    def generations(self) -> int:
        """Count generations from here down."""
        return 1 + max((child.generations for child in self.children), default=0)


@dataclass(frozen=True, slots=True)
class Family:
    """One household."""

    number: int
    place: str
    members: tuple[Member, ...]
    branches: tuple[Branch, ...]

    @property
    def finding(self) -> str:
        """Say what the picture shows."""
        most = max((branch.generations for branch in self.branches), default=1)
        words = {1: "One generation lives", 2: "Two generations live", 3: "Three generations live"}
        persons = "1\u00a0person" if len(self.members) == 1 else f"{len(self.members)}\u00a0persons"
        live = words.get(most, f"{most} generations live")
        return f"{live} in household {self.number}: {persons}, {self.place}"


_NAMES = ("given_name", "other_names", "family_name")


def read_family(folder: Path, manifest: Manifest, number: int) -> Family:
    """Read one household. Raises NotFound when the population has none of this number."""
    columns = manifest.tables["persons"].columns
    with reading(folder, manifest) as connection:
        placed = connection.execute(
            "SELECT settlement || ', ' || district FROM households WHERE household_no = ?", [number]
        ).fetchall()
        if not placed:
            total = manifest.tables["households"].rows
            raise NotFound(
                f"there is no household {number} in this population",
                hint=f"it has {total:,}, numbered from 0 to {total - 1}",
            )
        until = "coalesce(death_date, ?::DATE)" if "death_date" in columns else "?::DATE"
        cursor = connection.execute(
            f"SELECT *, datesub('year', birth_date, {until}) AS age FROM persons "  # noqa: S608
            "WHERE household_no = ? ORDER BY person_no",
            [manifest.reference_date, number],
        )
        names = [described[0] for described in cursor.description or ()]
        members = tuple(_member(dict(zip(names, row, strict=True))) for row in cursor.fetchall())
    return Family(number, placed[0][0] or "", members, grow(members))


def grow(members: Sequence[Member]) -> tuple[Branch, ...]:
    """Put everybody into the tree exactly once, whatever their kinship says."""
    present = {member.number: member for member in members}
    placed: set[int] = set()

    def has_elders(member: Member) -> bool:
        return any(number in present for number in (member.mother, member.father))

    def branch(member: Member) -> Branch:
        placed.add(member.number)
        spouse = present.get(member.spouse) if member.spouse is not None else None
        if spouse is not None and spouse.number in placed:
            spouse = None
        if spouse is not None:
            placed.add(spouse.number)
        couple = {member.number} | ({spouse.number} if spouse else set())
        return Branch(member, spouse, tuple(branches(each for each in members if _is_child(each, couple))))

    def branches(found: Iterable[Member]) -> Iterator[Branch]:
        for member in found:
            if member.number not in placed:
                yield branch(member)

    def is_root(member: Member) -> bool:
        married = present.get(member.spouse) if member.spouse is not None else None
        return not has_elders(member) and (married is None or not has_elders(married))

    roots = list(branches(member for member in members if is_root(member)))
    # Whom no root leads to: kinship that runs in a circle, which only a damaged population holds.
    return tuple(roots + list(branches(members)))


def _is_child(member: Member, couple: set[int]) -> bool:
    return member.mother in couple or member.father in couple


def _member(row: dict[str, Any]) -> Member:
    name = join_names(row)
    latin = join_names(row, "_latin")
    return Member(
        number=row["person_no"],
        role=row["role"],
        name=name,
        latin="" if latin == name else latin,
        sex=row["sex"],
        born=row["birth_date"],
        age=row["age"],
        mother=row["mother_no"],
        father=row["father_no"],
        spouse=row["spouse_no"],
        died=row.get("death_date"),
    )


def join_names(row: dict[str, Any], suffix: str = "") -> str:
    """Put a person's names in the order in which they are said."""
    return " ".join(row[f"{name}{suffix}"] for name in _NAMES if row.get(f"{name}{suffix}"))
