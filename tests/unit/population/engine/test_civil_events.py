"""Births, marriages, divorces and deaths agree with ages and kinship."""

from __future__ import annotations

import pytest

from tests.fakes.generated_population import Generated

REFERENCE = "getvariable('reference')"


def test_everybody_is_born_once_on_their_birth_date(population: Generated) -> None:
    sql = """select count(*) from persons p full join (select * from civil_events where kind = 'birth') e
        on e.event_no = p.person_no * 4 and e.person_no = p.person_no and e.event_date = p.birth_date
            and e.mother_no is not distinct from p.mother_no and e.father_no is not distinct from p.father_no
        where p.person_no is null or e.event_no is null"""
    assert population.count(sql) == 0


@pytest.mark.parametrize("column", ["event_date", "registered_on", "subject_birth_date"])
def test_nothing_happens_after_the_reference_date(population: Generated, column: str) -> None:
    assert population.count(f"select count(*) from civil_events where {column} > {REFERENCE}") == 0


def test_nothing_is_registered_before_it_happened(population: Generated) -> None:
    assert population.count("select count(*) from civil_events where registered_on < event_date") == 0


def test_a_small_share_of_births_is_unreported(population: Generated) -> None:
    ((share,),) = population.ask(
        "select avg((registered_on is null)::int) from civil_events where kind = 'birth'"
    )
    assert 0.02 < share < 0.05


def test_every_couple_has_one_marriage_at_18_or_later(population: Generated) -> None:
    couples = population.count("select count(*) from persons where spouse_no > person_no")
    ((marriages, of_age),) = population.ask(
        """select count(*), count(*) filter (
                a.birth_date + interval 18 year <= event_date
                and b.birth_date + interval 18 year <= event_date
                and a.spouse_no = b.person_no)
            from civil_events e join persons a using (person_no) join persons b on b.person_no = e.partner_no
            where kind = 'marriage'"""
    )
    assert marriages == of_age == couples


def test_whoever_is_parted_was_married_before_and_lives_without_a_spouse(population: Generated) -> None:
    ((parted, right),) = population.ask(
        """with ended as (select event_no // 4 as owner, * from civil_events where kind = 'divorce'
                or kind = 'death' and person_no is null)
            select count(*), count(*) filter (
                p.spouse_no is null and m.kind = 'marriage' and m.event_date < e.event_date
                and p.birth_date + interval 18 year <= m.event_date)
            from ended e join persons p on p.person_no = e.owner
            left join civil_events m on m.event_no = e.owner * 4 + 1"""
    )
    assert parted > 300
    assert right == parted


def test_only_heads_divorce(population: Generated) -> None:
    sql = """select count(*) from civil_events e join persons p using (person_no)
        where e.kind = 'divorce' and p.role <> 'head'"""
    assert population.count(sql) == 0


def test_a_late_spouse_was_of_age_and_lived_until_nine_months_before_the_youngest_birth(
    population: Generated,
) -> None:
    ((deaths, right),) = population.ask(
        """with children as (select mother_no as parent, birth_date from persons where mother_no is not null
                union all select father_no, birth_date from persons where father_no is not null),
            youngest as (select parent, max(birth_date) as born from children group by parent)
        select count(*), count(*) filter (
            e.subject_birth_date + interval 18 year <= m.event_date
            and (y.born is null or e.event_date >= y.born - 270))
        from civil_events e join civil_events m on m.event_no = e.partner_no * 4 + 1
        left join youngest y on y.parent = e.partner_no
        where e.kind = 'death' and e.person_no is null"""
    )
    assert deaths > 200
    assert right == deaths


def test_nobody_has_two_of_a_kind(population: Generated) -> None:
    assert population.count("select count(*) - count(distinct event_no) from civil_events") == 0
