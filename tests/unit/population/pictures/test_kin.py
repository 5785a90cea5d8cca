"""A household becomes a tree in which everybody stands once, beside and beneath their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import NotFound
from sandbox.population.pictures.kin import Branch, Member, grow, read_family
from tests.fakes.generated_population import Generated

SOMEBODY = st.none() | st.integers(0, 9)


def member(
    number: int, mother: int | None = None, father: int | None = None, spouse: int | None = None
) -> Member:
    return Member(
        number, "other", f"N{number}", "", "female", date(2000, 1, 1), 25, mother, father, spouse, None
    )


def walk(branch: Branch) -> Iterator[Branch]:
    yield branch
    for child in branch.children:
        yield from walk(child)


def test_three_generations_hang_from_the_eldest() -> None:
    # A head with a wife and two children, whose mother lives with them.
    members = [
        member(0, mother=4, spouse=1),
        member(1, spouse=0),
        member(2, 1, 0),
        member(3, 1, 0),
        member(4),
    ]
    (root,) = grow(members)
    assert root.person.number == 4
    (couple,) = root.children
    assert (couple.person.number, couple.spouse and couple.spouse.number) == (0, 1)
    assert [child.person.number for child in couple.children] == [2, 3]
    assert root.generations == 3


def test_whoever_is_no_kin_is_a_root() -> None:
    assert [root.person.number for root in grow([member(0), member(1), member(2, mother=99)])] == [0, 1, 2]


@given(st.lists(st.tuples(SOMEBODY, SOMEBODY, SOMEBODY), max_size=10))
def test_everybody_stands_once_whatever_the_kinship_says(kin: list[tuple[int | None, ...]]) -> None:
    members = [member(number, *each) for number, each in enumerate(kin)]
    standing = [one.number for root in grow(members) for one in root.everybody()]
    assert sorted(standing) == list(range(len(members)))


@pytest.mark.parametrize("code", ["zz", "ae"])
def test_every_household_of_a_population_is_told_whole(small: Callable[[str], Generated], code: str) -> None:
    population = small(code)
    for number, size in population.ask(
        "SELECT household_no, size FROM households ORDER BY size DESC LIMIT 8"
    ):
        family = read_family(population.folder, population.manifest, number)
        standing = [one for root in family.branches for one in root.everybody()]
        assert len(standing) == len(family.members) == size
        for root in family.branches:
            for branch in walk(root):
                couple = {branch.person.number, *([branch.spouse.number] if branch.spouse else [])}
                for child in branch.children:
                    assert couple & {child.person.mother, child.person.father}


def test_a_household_that_is_not_there_is_named_with_those_that_are(
    small: Callable[[str], Generated],
) -> None:
    population = small("zz")
    last = population.manifest.tables["households"].rows - 1
    with pytest.raises(NotFound, match=f"no household {last + 1}") as refused:
        read_family(population.folder, population.manifest, last + 1)
    assert f"to {last}" in refused.value.hint
