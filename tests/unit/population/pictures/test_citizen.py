"""A citizen's file says what each block loads about one person, as the blocks' own loaders do."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.errors import NotFound, UsageError
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.pictures.citizen import OWN, CitizenFile, open_file
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated

READERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "register": {"persons": ("individual_id", "given_name"), "households": ("size",)},
    "bank": {"accounts": ("account_number", "currency"), "nowhere": ("x",)},
}


def open_(population: Generated, **asked: Any) -> CitizenFile:
    return open_file(population.folder, population.manifest, READERS, **asked)


def seeded() -> list[str]:
    catalog = open_catalog(CONTENT_ROOT)
    described = [catalog.descriptor(slug) for slug in catalog.block_slugs()]
    return [each.slug for each in described if each.seed is not None and each.seed.loader is not None]


@pytest.mark.parametrize("slug", seeded())
def test_a_descriptor_says_what_its_loader_reads(
    slug: str,
    small: Callable[[str], Generated],
    make_database: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seed = open_catalog(CONTENT_ROOT).descriptor(slug).seed
    assert seed is not None
    assert seed.loader is not None
    loader = importlib.import_module(seed.loader)
    seen: dict[str, set[str]] = {}

    def read(file: Path, columns: list[str], *further: Any, **options: Any) -> Iterator[Any]:
        seen.setdefault(file.stem, set()).update(columns)
        return before(file, columns, *further, **options)

    if hasattr(loader, "read_batches"):
        before = loader.read_batches
        monkeypatch.setattr(loader, "read_batches", read)
    make_database(loader.load, small("zz").folder)
    assert {table: set(columns) for table, columns in seed.reads.items()} == seen


@pytest.mark.parametrize("slug", seeded())
def test_a_descriptor_names_tables_and_columns_that_there_are(slug: str) -> None:
    seed = open_catalog(CONTENT_ROOT).descriptor(slug).seed
    assert seed is not None
    for table, columns in seed.reads.items():
        assert set(columns) <= set(SCHEMAS[table].names)
        assert table in OWN


def test_rows_are_about_the_person_alone(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    (asked,) = population.ask(
        "SELECT person_no, individual_id, given_name, household_no FROM persons "
        "WHERE person_no IN (SELECT person_no FROM accounts) LIMIT 1 OFFSET 5"
    )
    file = open_(population, who=str(asked[0]))
    by_place = {(section.reader, section.table): section.rows for section in file.sections}
    assert by_place["register", "persons"] == ((asked[1], asked[2]),)
    assert by_place["register", "households"] == tuple(
        population.ask(f"SELECT size FROM households WHERE household_no = {asked[3]}")
    )
    assert set(by_place["bank", "accounts"]) == set(
        population.ask(f"SELECT account_number, currency FROM accounts WHERE person_no = {asked[0]}")
    )


def test_every_column_about_a_person_is_told_or_untold(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    file = open_(population, who="3")
    shown = [
        (section.table, column) for section in (*file.sections, *file.untold) for column in section.columns
    ]
    assert sorted(shown) == sorted(
        (table, column) for table in OWN for column in population.manifest.tables[table].columns
    )


@pytest.mark.parametrize("code", ["zz", "rw", "ae"])
def test_a_person_is_found_by_id_and_by_number(small: Callable[[str], Generated], code: str) -> None:
    population = small(code)
    for number, individual_id, functional_id in population.ask(
        "SELECT person_no, individual_id, functional_id FROM persons WHERE person_no % 1000 = 7"
    ):
        files = [open_(population, who=who) for who in (str(number), individual_id, functional_id) if who]
        assert {file.number for file in files} == {number}


def test_a_persona_is_found_by_its_slug(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    personas = population.ask("SELECT persona, person_no FROM persons WHERE persona IS NOT NULL LIMIT 3")
    assert [(slug, open_(population, persona=slug).number) for slug, _ in personas] == list(personas)


@pytest.mark.parametrize("who", ["", "nobody", "-1", "999999999", "9" * 40, "²", "'; DROP TABLE persons"])
def test_nobody_is_said_to_be_nobody(small: Callable[[str], Generated], who: str) -> None:
    with pytest.raises(NotFound, match="nobody"):
        open_(small("zz"), who=who)
    with pytest.raises(NotFound, match="no persona"):
        open_(small("zz"), persona=who)


def test_one_person_is_asked_for(small: Callable[[str], Generated]) -> None:
    for asked in ({}, {"who": "1", "persona": "x"}):
        with pytest.raises(UsageError, match="one person"):
            open_(small("zz"), **asked)
