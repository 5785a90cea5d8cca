"""Accounts, organisations, employment, land, products, licences and consents agree with the people."""

from __future__ import annotations

import pytest

from tests.fakes.generated_population import Generated

REFERENCE = "getvariable('reference')"
DAYS = [
    ("accounts", "opened_on"),
    ("organisations", "founded_on"),
    ("employment", "started_on"),
    ("licences", "issued_on"),
    ("consents", "given_on"),
    ("consents", "withdrawn_on"),
]
REFERENCES = [
    ("accounts", "person_no", "persons", "person_no"),
    ("contacts", "person_no", "persons", "person_no"),
    ("consents", "person_no", "persons", "person_no"),
    ("employment", "person_no", "persons", "person_no"),
    ("employment", "organisation_no", "organisations", "organisation_no"),
    ("organisations", "director_no", "persons", "person_no"),
    ("organisations", "unit_no", "administrative_units", "unit_no"),
    ("parcels", "owner_no", "persons", "person_no"),
    ("parcels", "parcel_no", "households", "household_no"),
    ("parcels", "unit_no", "administrative_units", "unit_no"),
    ("products", "organisation_no", "organisations", "organisation_no"),
    ("licences", "organisation_no", "organisations", "organisation_no"),
    ("households", "unit_no", "administrative_units", "unit_no"),
    ("addresses", "household_no", "households", "household_no"),
    ("civil_events", "unit_no", "administrative_units", "unit_no"),
    ("administrative_units", "parent_no", "administrative_units", "unit_no"),
]


@pytest.mark.parametrize(("table", "column"), DAYS)
def test_no_day_is_after_the_reference_date(population: Generated, table: str, column: str) -> None:
    assert population.count(f"select count(*) from {table} where {column} > {REFERENCE}") == 0


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_whatever_is_referred_to_exists(
    population: Generated, table: str, column: str, other: str, key: str
) -> None:
    sql = f"select count(*) from {table} where {column} not in (select {key} from {other})"
    assert population.count(f"select count({column}) from {table}") > 0
    assert population.count(sql) == 0


def test_disability_is_a_lot_of_difficulty_with_something(population: Generated) -> None:
    worst = "greatest(seeing, hearing, walking, remembering, self_care, communicating)"
    least = "least(seeing, hearing, walking, remembering, self_care, communicating)"
    assert population.count(f"select count(*) from persons where disability <> ({worst} >= 3)") == 0
    assert population.ask(f"select min({least}), max({worst}) from persons") == [(1, 4)]


def test_exactly_the_employed_have_an_employment_with_their_pay(population: Generated) -> None:
    sql = """select count(*) from persons p full join employment e
        on e.person_no = p.person_no and e.monthly_pay = p.monthly_income
        where p.employed is distinct from (e.person_no is not null)"""
    assert population.count(sql) == 0


def test_nobody_began_before_14_or_before_the_organisation(population: Generated) -> None:
    sql = """select count(*) from employment join persons using (person_no)
        join organisations using (organisation_no)
        where started_on < birth_date + interval 14 year or started_on < founded_on"""
    assert population.count(sql) == 0


def test_the_first_organisations_are_the_largest(population: Generated) -> None:
    staff = dict(population.ask("select organisation_no, count(*) from employment group by 1"))
    assert staff[0] > 5 * staff[90] > 0


def test_organisations_of_a_later_shard_employ_nobody_of_an_earlier_one(population: Generated) -> None:
    sql = """select count(*) from employment join persons using (person_no)
        where organisation_no // 100 > household_no // 4096"""
    assert population.count(sql) == 0


def test_every_maker_of_electrical_equipment_has_products_and_a_registration(population: Generated) -> None:
    makers = population.count("select count(*) from organisations where sector = 'electrical-equipment'")
    assert makers >= 10
    assert population.count("select count(distinct organisation_no) from products") == makers
    registered = "select count(*) from licences where kind = 'producer-registration'"
    assert population.count(registered) == makers


def test_a_licence_is_expired_exactly_when_its_day_has_passed(population: Generated) -> None:
    sql = f"""select count(*) from licences
        where status <> 'revoked' and (status = 'expired') <> (expires_on < {REFERENCE})"""
    assert population.count(sql) == 0


def test_land_belongs_to_heads_and_lies_where_they_live(population: Generated) -> None:
    sql = """select count(*) from parcels join households on household_no = parcel_no
        where owner_no <> head_no or parcels.unit_no <> households.unit_no"""
    assert population.count(sql) == 0


def test_only_adults_consent_and_nobody_withdraws_before(population: Generated) -> None:
    sql = """select count(*) from consents join persons using (person_no)
        where given_on < birth_date + interval 18 year or withdrawn_on < given_on"""
    assert population.count(sql) == 0


def test_the_address_of_a_household_is_its_address(population: Generated) -> None:
    sql = """select count(*) from addresses join households using (household_no)
        where line <> address or addresses.unit_no <> households.unit_no"""
    assert population.count(sql) == 0


def test_contacts_say_what_persons_say(population: Generated) -> None:
    for kind in ("phone", "email"):
        known = population.count(f"select count({kind}) from persons")
        same = population.count(
            "select count(*) from contacts join persons using (person_no)"
            f" where kind = '{kind}' and value = {kind}"
        )
        assert same == known > 0


def test_one_contact_of_each_person_is_preferred(population: Generated) -> None:
    sql = """select count(*) from
        (select person_no from contacts group by 1 having count(*) filter (preferred) <> 1)"""
    assert population.count(sql) == 0
