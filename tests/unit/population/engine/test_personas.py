"""Personas: the same people in every population of a pack, and each is what the catalogue says."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sandbox.errors import ContentError
from sandbox.population import load_pack
from sandbox.population.engine.compiled import CompiledPack, compile_pack
from sandbox.population.engine.people import Shard
from sandbox.population.engine.tables import SCHEMAS, draw_tables
from sandbox.population.packs.folder import FOLDER
from sandbox.population.packs.personas import read_personas
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated

CODES = sorted(path.parent.name for path in (CONTENT_ROOT / FOLDER).glob("*/profile.yaml"))
CATALOGUE = read_personas(CONTENT_ROOT)
SLUGS = [member.slug for household in CATALOGUE for member in household.members]

WANTED = (
    *("twin-elder", "twin-younger", "no-family-name", "aged-104", "deceased-but-enrolled", "two-phones"),
    *("one-phone-5", "refugee-without-id", "withdrawn-consent", "closed-account", "born-29-february"),
    *("name-in-another-script", "name-of-sixty", "namesake-one", "namesake-two"),
)


def of_personas(table: str, batch: pa.RecordBatch) -> list[dict[str, object]]:
    """Keep the rows that are about personas."""
    owner = {
        "households": "household_no",
        "addresses": "household_no",
        "parcels": "parcel_no",
        "civil_events": "event_no",
        "contacts": "contact_no",
        "accounts": "account_id",
    }.get(table, "person_no")
    each = {"civil_events": 4, "contacts": 4, "accounts": 2}.get(table, 1)
    count = len(CATALOGUE) if owner in ("household_no", "parcel_no") else len(SLUGS)
    return list(batch.filter(pc.less(batch.column(owner), count * each)).to_pylist())


@pytest.fixture(scope="module", params=CODES)
def compiled(request: pytest.FixtureRequest) -> CompiledPack:
    return compile_pack(load_pack(CONTENT_ROOT, request.param))


def test_every_case_of_the_design_is_there() -> None:
    assert set(WANTED) <= set(SLUGS)


def test_neither_seed_nor_size_change_anything_about_them(compiled: CompiledPack) -> None:
    first, second, small = (
        draw_tables(compiled, seed, Shard(0, 0), size=size)
        for seed, size in ((1, 10_000), (2**62, 10_000), (3, len(SLUGS)))
    )
    assert first["persons"].column("persona").to_pylist()[: len(SLUGS)] == SLUGS
    about = set(SCHEMAS) - {"administrative_units", "organisations", "products", "licences"}
    for table in about:
        mine = of_personas(table, first[table])
        assert mine == of_personas(table, second[table])
        assert mine == of_personas(table, small[table])


def test_a_population_smaller_than_all_of_them_holds_the_first(compiled: CompiledPack) -> None:
    few = draw_tables(compiled, 5, Shard(0, 0), size=4)["persons"]
    assert few.column("persona").to_pylist() == SLUGS[:4]


def test_nobody_else_has_their_numbers(compiled: CompiledPack) -> None:
    for seed in (1, 2, 3):
        drawn = draw_tables(compiled, seed, Shard(0, 0), size=10**6, tables=("persons", "accounts"))
        for column in ("individual_id", "functional_id", "phone", "email"):
            values = drawn["persons"].column(column).to_pylist()
            theirs = {value for value in values[: len(SLUGS)] if value is not None}
            assert not theirs & set(values[len(SLUGS) :])
        numbers = drawn["accounts"].column("account_number").to_pylist()
        assert len(set(numbers)) == len(numbers)


def persona(population: Generated, slug: str, columns: str) -> tuple[object, ...]:
    (row,) = population.ask(f"select {columns} from persons where persona = '{slug}'")
    return tuple(row)


def test_twins_share_birth_and_mother_and_no_id(population: Generated) -> None:
    elder, younger = (
        persona(population, slug, "birth_date, mother_no, family_name")
        for slug in ("twin-elder", "twin-younger")
    )
    assert elder == younger
    assert persona(population, "twin-elder", "given_name") != persona(
        population, "twin-younger", "given_name"
    )


def test_somebody_has_no_family_name(population: Generated) -> None:
    names = "family_name, family_name_latin, birth_name, other_names"
    assert persona(population, "no-family-name", names) == (None, None, None, None)


def test_somebody_is_104(population: Generated) -> None:
    age = "date_diff('year', birth_date, getvariable('reference')) - 1"
    assert persona(population, "aged-104", age) == (104,)


def test_the_deceased_is_in_every_register_and_has_a_death(population: Generated) -> None:
    died, number, spouse = persona(population, "deceased-but-enrolled", "death_date, person_no, spouse_no")
    events = population.ask(f"select kind, event_date from civil_events where person_no = {number}")
    assert ("death", died) in events
    assert persona(population, "widow-unreported", "spouse_no, person_no") == (number, spouse)
    assert population.count(f"select count(*) from accounts where person_no = {number}") == 1
    assert population.count("select count(*) from persons where death_date is not null") == 1


def test_somebody_has_two_telephones(population: Generated) -> None:
    (number,) = persona(population, "two-phones", "person_no")
    kinds = population.ask(f"select kind, preferred from contacts where person_no = {number} order by 1, 2")
    assert kinds == [("email", False), ("phone", False), ("phone", True)]


def test_a_provisional_id_is_none_that_a_recipe_gives(population: Generated) -> None:
    assert persona(population, "refugee-without-id", "individual_id") == ("PROVISIONAL-000013",)


def test_a_consent_is_withdrawn(population: Generated) -> None:
    (number,) = persona(population, "withdrawn-consent", "person_no")
    sql = f"select count(*) from consents where person_no = {number} and withdrawn_on is not null"
    assert population.count(sql) == 1


def test_an_account_is_closed(population: Generated) -> None:
    (number,) = persona(population, "closed-account", "person_no")
    assert population.ask(f"select status from accounts where person_no = {number}") == [("closed",)]


def test_names_are_as_long_and_as_foreign_as_said(population: Generated) -> None:
    assert persona(population, "name-of-sixty", "length(given_name)") == (60,)
    given, latin = persona(population, "name-in-another-script", "given_name, given_name_latin")
    assert (given, latin) == ("Ευδοκία", "Evdokia")


def test_a_birthday_is_in_leap_years_only(population: Generated) -> None:
    assert persona(population, "born-29-february", "strftime(birth_date, '%m-%d')") == ("02-29",)


def test_namesakes_share_everything_but_their_numbers(population: Generated) -> None:
    columns = "given_name, family_name, other_names, birth_date, sex"
    assert persona(population, "namesake-one", columns) == persona(population, "namesake-two", columns)


def test_the_page_about_personas_is_the_catalogue() -> None:
    page = (CONTENT_ROOT / "docs/reference/personas.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    assert lines == [
        f"| `{member.slug}` | {number} | {member.role} | {member.about} |"
        for number, household in enumerate(CATALOGUE)
        for member in household.members
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        ("slug: twin-younger", "slug: twin-elder", "'twin-elder' is there twice"),
        ("phone: one-phone-1", "phone: somebody", "nobody is called 'somebody'"),
        ("role: head", "role: child", "a household is a head"),
        ("mother: 0", "mother: 2", "parents come before their children"),
        ("slug: aged-104", "sulg: aged-104", "unknown key"),
    ],
)
def test_a_fault_in_the_catalogue_is_said_with_its_file(
    content: Path, found: str, wanted: str, said: str
) -> None:
    path = content / "datasets/personas/catalogue.yaml"
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, wanted, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=said) as refused:
        load_pack(content, "zz")
    assert "catalogue.yaml" in str(refused.value)


def test_a_pack_whose_day_is_before_theirs_is_refused(content: Path) -> None:
    path = content / "datasets/countries/zz/profile.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("reference_date: 2026-01-01", "reference_date: 2020-01-01"), encoding="utf-8"
    )
    with pytest.raises(ContentError, match="after the pack's reference date"):
        compile_pack(load_pack(content, "zz"))
