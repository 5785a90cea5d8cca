"""What holds for the rows of any population."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache
from math import sqrt

import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.population import Pack, load_pack
from sandbox.population.engine.compiled import CompiledPack, compile_pack
from sandbox.population.engine.people import Shard
from sandbox.population.engine.tables import NULLABLE, SCHEMAS, draw_tables
from sandbox.population.files.parts import plan_shards
from sandbox.population.packs.folder import FOLDER
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import SIZE, Generated

CODES = sorted(path.parent.name for path in (CONTENT_ROOT / FOLDER).glob("*/profile.yaml"))


@lru_cache
def load(code: str) -> Pack:
    return load_pack(CONTENT_ROOT, code)


FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"

PERSONS = ("mother_no", "father_no", "spouse_no", "partner_no", "director_no")
"""Columns that name another person, who may be past the end."""

ZZ = compile_pack(load_pack(CONTENT_ROOT, "zz"))


def draw_all(
    compiled: CompiledPack, seed: int, size: int, tables: Collection[str] = tuple(SCHEMAS)
) -> dict[str, pa.Table]:
    shards = plan_shards(compiled, seed, size)
    drawn = [draw_tables(compiled, seed, shard, size=size, tables=tables) for shard in shards]
    return {table: pa.Table.from_batches([batches[table] for batches in drawn]) for table in tables}


@pytest.fixture(scope="module")
def drawn_together(compiled: CompiledPack) -> dict[str, pa.RecordBatch]:
    """All tables of one population, drawn at once."""
    return draw_tables(compiled, 1, Shard(0, 0), size=3000)


def test_size_counts_persons(population: Generated) -> None:
    assert population.ask("select count(*), min(person_no), max(person_no) from persons") == [
        (SIZE, 0, SIZE - 1)
    ]


@pytest.mark.parametrize("column", ["person_no", "individual_id", "functional_id", "email"])
def test_no_two_persons_share(population: Generated, column: str) -> None:
    assert population.count(f"select count({column}) - count(distinct {column}) from persons") == 0


def test_a_phone_is_shared_by_the_one_household_that_is_known_for_it_only(population: Generated) -> None:
    shared = population.ask(
        "select count(*), min(persona), max(persona) from persons where phone is not null"
        " group by phone having count(*) > 1"
    )
    assert shared == [(5, "one-phone-1", "one-phone-5")]


def test_no_two_contacts_share_a_value_but_for_the_shared_phone(population: Generated) -> None:
    assert population.count("select count(value) - count(distinct value) from contacts") == 4


@pytest.mark.parametrize("column", ["account_id", "account_number"])
def test_no_two_accounts_share(population: Generated, column: str) -> None:
    assert population.count(f"select count(*) - count(distinct {column}) from accounts") == 0


@pytest.mark.parametrize("table", SCHEMAS)
def test_only_columns_that_are_said_to_may_be_missing(population: Generated, table: str) -> None:
    required = [name for name in SCHEMAS[table].names if name not in NULLABLE.get(table, ())]
    missing = " or ".join(f"{name} is null" for name in required)
    assert population.count(f"select count(*) from {table} where {missing}") == 0


def test_functional_ids_are_twenty_characters_of_the_allowed_alphabet(population: Generated) -> None:
    assert (
        population.count(
            "select count(*) from persons where not regexp_full_match(functional_id, '[A-Z0-9]{20}')"
        )
        == 0
    )


def test_ids_have_the_pack_s_shape(population: Generated) -> None:
    shape = {"zz": "ZZ[0-9]{10}", "rw": "9[0-9]{4}[78][0-9]{7}000"}[population.pack.code]
    sql = f"select count(*) from persons where not regexp_full_match(individual_id, '{shape}')"
    sql += " and persona is distinct from 'refugee-without-id'"
    assert population.count(sql) == 0


def test_no_phone_is_valid_anywhere(population: Generated) -> None:
    numbers = [
        row[0] for row in population.ask("select phone from persons where phone is not null limit 2000")
    ]
    assert len(numbers) == 2000
    assert [number for number in numbers if is_valid_phone(number)] == []


def is_valid_phone(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        # No country has the calling code, or nothing of that length is a number at all.
        return False


def test_every_phone_prefix_of_the_pack_is_refused_by_the_numbering_plan(pack: Pack) -> None:
    recipe = pack.profile.phone
    for prefix in recipe.prefixes:
        for rest in range(0, 10**recipe.digits, 10**recipe.digits // 50):
            assert not is_valid_phone(f"{recipe.country_code}{prefix}{rest:0{recipe.digits}}")


def test_mail_reaches_nobody(population: Generated) -> None:
    assert (
        population.count(
            "select count(*) from persons where email is not null and email not like '%.example'"
        )
        == 0
    )


def test_every_household_has_one_adult_head_with_an_account(population: Generated) -> None:
    households = population.count("select count(*) from households")
    closed = population.count("select count(*) from persons where persona = 'closed-account'")
    heads = population.count(
        "select count(*) from households h join persons p on p.person_no = h.head_no"
        " join accounts a on a.account_id = p.person_no * 2 and a.status = 'open'"
        " where p.role = 'head' and p.household_no = h.household_no"
        " and p.birth_date <= getvariable('reference') - interval 18 year"
    )
    assert heads == households - closed
    assert population.count("select count(*) from persons where role = 'head'") == households


def test_accounts_are_at_the_pack_s_institutions(population: Generated) -> None:
    profile = population.pack.profile
    found = set(population.ask("select distinct institution, kind, currency from accounts"))
    assert found == {(each.code, each.kind, profile.currency) for each in profile.institutions}


def test_whoever_keeps_money_on_a_phone_has_one(population: Generated) -> None:
    sql = """select count(*) from accounts join persons using (person_no)
        where kind = 'mobile-money' and phone is null"""
    assert population.count(sql) == 0


def test_household_figures_equal_a_recount_of_its_persons(population: Generated) -> None:
    def younger(years: int) -> str:
        return f"count(*) filter (birth_date > getvariable('reference') - interval {years} year)"

    recount = f"""
        select household_no, count(*) as size, {younger(5)} as under_5, {younger(18)} as under_18,
            count(*) - {younger(65)} as elderly, count(*) filter (disability) as disabled,
            count(*) filter (
                employed and birth_date <= getvariable('reference') - interval 18 year) as employed_adults,
            sum(monthly_income) as income
        from persons group by household_no order by household_no"""
    stated = """
        select household_no, size, children_under_5, children_under_18, elderly, disabled, employed_adults,
            monthly_income from households order by household_no"""
    assert population.ask(stated) == population.ask(recount)


def test_the_mean_household_is_as_large_as_the_pack_says(population: Generated) -> None:
    wanted = population.pack.profile.households.mean_size_per_mille / 1000
    ((mean,),) = population.ask("select avg(size) from households where household_no < 4096")
    assert mean == pytest.approx(wanted, rel=0.02)


def test_a_means_test_splits_households_unevenly_but_not_trivially(population: Generated) -> None:
    ((share,),) = population.ask(
        "select avg((10 * children_under_18 + 20 * (elderly > 0)::int + 20 * disabled"
        " + 30 * (children_under_5 > 0)::int - 25 * employed_adults > 5)::int) from households"
    )
    assert 0.3 < share < 0.7


@pytest.mark.parametrize("name", ["given_name", "family_name"])
@pytest.mark.parametrize("trait", ["h.monthly_income / h.size < median", "p.disability", "h.urban"])
def test_names_say_nothing_about_income_health_or_place(population: Generated, name: str, trait: str) -> None:
    """Compare heads, whose households are independent, by name: no share is 5 standard errors away."""
    groups = population.ask(
        f"""with overall as (select median(monthly_income / size) as median from households),
            heads as (select {name} as name, ({trait})::int as trait
                from households h join persons p on p.person_no = h.head_no, overall)
        select avg(trait), count(*), (select avg(trait) from heads)
        from heads group by name having count(*) >= 60"""
    )
    assert len(groups) >= 10
    for share, count, whole in groups:
        assert abs(share - whole) < 5 * sqrt(whole * (1 - whole) / count)


def test_brothers_and_sisters_at_home_have_names_of_their_own(population: Generated) -> None:
    repeated = population.count("select count(*) - count(distinct (household_no, given_name)) from persons")
    assert repeated <= SIZE // 1000


def test_a_shard_drawn_alone_equals_its_part_of_the_whole(
    population: Generated, compiled: CompiledPack
) -> None:
    shards = list(plan_shards(compiled, 1, SIZE))
    assert len(shards) > 1
    alone = draw_tables(compiled, 1, shards[1], size=SIZE)
    for table, schema in SCHEMAS.items():
        whole = pq.read_table(population.folder / f"{table}.parquet")
        rows = pa.Table.from_batches([alone[table]]).cast(schema)
        assert whole.slice(whole.num_rows - rows.num_rows).equals(rows)
        # What comes before is the first shard's.
        assert rows.num_rows < whole.num_rows


@settings(max_examples=50 if FULL else 10, deadline=None)
@given(
    code=st.sampled_from(CODES),
    seed=st.integers(0, 2**63 - 1),
    size=st.integers(1, 300),
    more=st.integers(1, 300),
)
def test_a_population_is_the_beginning_of_a_larger_one(code: str, seed: int, size: int, more: int) -> None:
    compiled = compile_pack(load(code))
    small, large = draw_all(compiled, seed, size), draw_all(compiled, seed, size + more)
    assert small["persons"].num_rows == size
    # The household that the cut goes through describes who is left; it is tested by itself.
    whole = {"households": small["households"].num_rows - 1}
    for table in SCHEMAS:
        references = [name for name in SCHEMAS[table].names if name in PERSONS]
        rows = whole.get(table, small[table].num_rows)
        mine, theirs = (each[table].slice(0, rows) for each in (small, large))
        if mine.equals(theirs):
            continue
        for row, larger in zip(mine.to_pylist(), theirs.to_pylist(), strict=True):
            cut = {name: None for name in references if larger[name] is not None and larger[name] >= size}
            assert row == {**larger, **cut}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), size=st.integers(1, 400))
def test_a_household_that_is_cut_describes_who_is_left(seed: int, size: int) -> None:
    drawn = draw_all(ZZ, seed, size, ("persons", "households"))
    household = drawn["households"].to_pylist()[-1]
    left = [p for p in drawn["persons"].to_pylist() if p["household_no"] == household["household_no"]]
    assert left[0]["role"] == "head"
    assert household["head_no"] == left[0]["person_no"]
    assert household["size"] == len(left)
    assert household["monthly_income"] == sum(p["monthly_income"] for p in left)
    assert household["disabled"] == sum(p["disability"] for p in left)


@pytest.mark.parametrize("table", SCHEMAS)
def test_a_table_drawn_alone_has_the_rows_it_has_among_all(
    compiled: CompiledPack, drawn_together: dict[str, pa.RecordBatch], table: str
) -> None:
    alone = draw_tables(compiled, 1, Shard(0, 0), size=3000, tables=(table,))
    assert list(alone) == [table]
    assert alone[table].equals(drawn_together[table])


def test_another_seed_gives_other_people(compiled: CompiledPack) -> None:
    first, second = (draw_tables(compiled, seed, Shard(0, 0), size=500)["persons"] for seed in (1, 2))
    first, second = (each.slice(len(compiled.personas)) for each in (first, second))
    assert not set(first["functional_id"].to_pylist()) & set(second["functional_id"].to_pylist())
    assert first["given_name"] != second["given_name"]
    assert first["birth_date"] != second["birth_date"]
