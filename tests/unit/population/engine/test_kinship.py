"""Who is related to whom, over a population of each pack."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.population.engine.kinship import rank_within
from tests.fakes.generated_population import Generated


@pytest.mark.parametrize(
    ("parent", "sex", "youngest", "oldest"), [("mother_no", "female", 15, 47), ("father_no", "male", 15, 90)]
)
def test_parents_are_of_the_right_age_and_sex(
    population: Generated, parent: str, sex: str, youngest: int, oldest: int
) -> None:
    ((linked, right),) = population.ask(
        f"""select count(*), count(*) filter (
                p.sex = '{sex}'
                and p.birth_date + interval {youngest} year <= c.birth_date
                and p.birth_date + interval {oldest} year >= c.birth_date)
            from persons c join persons p on p.person_no = c.{parent}"""
    )
    assert linked > 5000
    assert right == linked


@pytest.mark.parametrize("reference", ["mother_no", "father_no", "spouse_no"])
def test_every_relative_exists(population: Generated, reference: str) -> None:
    sql = f"select count(*) from persons where {reference} not in (select person_no from persons)"
    assert population.count(sql) == 0


def test_spouses_name_each_other_and_live_together(population: Generated) -> None:
    ((married, mutual),) = population.ask(
        """select count(*), count(*) filter (
                b.spouse_no = a.person_no and a.household_no = b.household_no and a.sex <> b.sex)
            from persons a join persons b on b.person_no = a.spouse_no"""
    )
    assert married > 3000
    assert mutual == married


def test_nobody_marries_a_parent_or_a_sibling(population: Generated) -> None:
    sql = """select count(*) from persons a join persons b on b.person_no = a.spouse_no
        where a.mother_no = b.mother_no or a.father_no = b.father_no
            or a.mother_no = b.person_no or a.father_no = b.person_no"""
    assert population.count(sql) == 0


def test_no_mother_has_more_children_than_the_pack_allows_at_home_or_six(population: Generated) -> None:
    ((most,),) = population.ask(
        "select max(children) from"
        " (select count(*) as children from persons where mother_no is not null group by mother_no)"
    )
    assert most <= max(6, population.pack.profile.households.children_at_most)


def test_births_of_one_mother_in_one_household_are_a_year_apart(population: Generated) -> None:
    sql = """select count(*) from persons a join persons b using (mother_no, household_no)
        where a.person_no < b.person_no and a.persona is null and abs(a.birth_date - b.birth_date) < 365
            and a.role = 'child' and b.role = 'child'"""
    assert population.count(sql) == 0


def test_adults_have_parents_in_other_households(population: Generated) -> None:
    sql = """select count(*) from persons c join persons m on m.person_no = c.mother_no
        where c.household_no <> m.household_no"""
    assert population.count(sql) > 1000


def test_names_pass_on_as_the_country_does_it(population: Generated) -> None:
    ((children, same),) = population.ask(
        """select count(*), count(*) filter (f.family_name = c.family_name)
            from persons c join persons f on f.person_no = c.father_no
            where f.role = 'head' and c.role <> 'spouse'"""
    )
    ((couples, shared),) = population.ask(
        """select count(*), count(*) filter (h.family_name = s.family_name)
            from persons s join persons h on h.person_no = s.spouse_no where s.role = 'spouse'"""
    )
    if population.pack.profile.names.rule == "inherited":
        assert (same, shared) == (children, couples)
    else:
        assert same < children // 10
        assert shared < couples // 10


@pytest.mark.parametrize("far", [0, 2**60, -(2**60)])
def test_entries_of_a_group_are_numbered_in_order_however_large_its_number(far: int) -> None:
    assert rank_within(np.array([7, 3, 7, 7, 3], dtype=np.int64) + far).tolist() == [0, 0, 1, 2, 1]
