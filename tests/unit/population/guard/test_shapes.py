"""A column that was not understood is refused where much of it looks like phones or ids, and only there."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pytest
from faker import Faker
from mimesis import Generic

from sandbox.population import Pack, compile_pack
from sandbox.population.engine.people import Shard
from sandbox.population.engine.tables import SCHEMAS, draw_tables
from sandbox.population.guard.importing import SUSPECTED
from sandbox.population.guard.report import ImportReport
from sandbox.population.guard.shapes import recognise
from sandbox.population.proof.marks import Marks
from tests.fakes.other_generators import FAKER_LOCALES, MIMESIS_LOCALES

Import = Callable[..., ImportReport]

COUNT = 1000 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 100

pytestmark = pytest.mark.campaign


def suspected(report: ImportReport) -> set[str]:
    return {finding.column for finding in report.findings if finding.why in SUSPECTED}


def national_insurance(draw: random.Random) -> str:
    prefix = draw.choice(["AB", "CE", "JP", "TW", "ZX", "OA"])
    number, last = f"{draw.randrange(10**6):06}", draw.choice("ABCD")
    spaced = f"{prefix} {number[:2]} {number[2:4]} {number[4:]} {last}"
    return draw.choice([f"{prefix}{number}{last}", spaced, spaced.lower()])


def harmless() -> Mapping[str, Sequence[str]]:
    draw = random.Random(1)

    def many(write: Callable[[], str]) -> Sequence[str]:
        return [write() for _ in range(COUNT)]

    def digits(count: int) -> str:
        return f"{draw.randrange(10**count):0{count}}"

    return {
        "amounts": many(lambda: str(int(draw.lognormvariate(12, 3)))),
        "cents": many(lambda: str(draw.randrange(10**7, 10**8))),
        "thousands set apart": many(lambda: f"{int(draw.lognormvariate(14, 2)):,}".replace(",", " ")),
        "round millions": many(lambda: str(draw.randrange(10**6, 10**7) * 1000)),
        "decimals": many(lambda: f"{draw.uniform(-90, 90):.6f}"),
        "quantities": many(lambda: str(draw.randrange(1, 5000))),
        "years": many(lambda: str(draw.randrange(1900, 2030))),
        "terms": many(lambda: f"{draw.randrange(1990, 2025)}-{draw.randrange(1990, 2025)}"),
        "days": many(lambda: f"{draw.randrange(1, 29):02}.{draw.randrange(1, 13):02}.19{digits(2)}"),
        "postcodes de": many(lambda: digits(5)),
        "postcodes us": many(lambda: f"{digits(5)}-{digits(4)}"),
        "postcodes br": many(lambda: f"{digits(5)}-{digits(3)}"),
        "postcodes jp": many(lambda: f"{digits(3)}-{digits(4)}"),
        "postcodes gb": many(lambda: f"SW{digits(1)}A {digits(1)}AB"),
        "days in pairs": many(lambda: f"{draw.randrange(1, 29):02} {draw.randrange(1, 13):02} {digits(2)}"),
        "files": [f"2024/{number:06}" for number in range(COUNT)],
        "row numbers": [str(10**9 + number) for number in range(COUNT)],
        "padded numbers": [f"{number:09}" for number in range(COUNT)],
        "books": many(lambda: f"978-3-16-{digits(6)}-{digits(1)}"),
        "addresses of machines": many(lambda: f"10.{draw.randrange(256)}.{draw.randrange(256)}.7"),
        "given to nobody": many(lambda: f"ZZ {digits(2)} {digits(2)} {digits(2)} T"),
    }


# Digits of another script, six digits in pairs, what looks like years or postcodes, brackets around the code.
ODD_PHONES = ("bn_BD", "da_DK", "de_LU", "el_GR", "en_AU", "en_NZ", "es_CO", "fi_FI")


@pytest.mark.parametrize("locale", [*FAKER_LOCALES, *ODD_PHONES])
def test_phones_of_faker_are_refused_under_an_unknown_heading(bring_rows: Import, locale: str) -> None:
    fake = Faker(locale)
    fake.seed_instance(1)
    report = bring_rows(["x1"], [[fake.phone_number()] for _ in range(COUNT)])
    # Some have prefixes that nobody has, as the packs' have: among so many others they aren't cleared.
    assert report.imported == 0


@pytest.mark.parametrize(("theirs", "ours_refused"), [(60, 0), (240, 60)])
def test_our_own_phones_are_cleared_unless_nearly_all_others_are_somebodys(
    bring_rows: Import, theirs: int, ours_refused: int
) -> None:
    values = [*(f"(22) 555 {row:04}" for row in range(theirs)), *(f"+9139{row:08}" for row in range(60))]
    report = bring_rows(["x1"], [[value] for value in values])
    assert report.refused == theirs + ours_refused


@pytest.mark.parametrize("locale", MIMESIS_LOCALES, ids=lambda locale: locale.value)
def test_phones_of_mimesis_are_refused_under_an_unknown_heading(bring_rows: Import, locale: object) -> None:
    made = Generic(locale, seed=1)  # type: ignore[arg-type]
    assert bring_rows(["x1"], [[made.person.phone_number()] for _ in range(COUNT)]).imported == 0


def test_national_insurance_numbers_are_refused_under_an_unknown_heading(bring_rows: Import) -> None:
    draw = random.Random(1)
    report = bring_rows(["x1"], [[national_insurance(draw)] for _ in range(COUNT)])
    assert (report.imported, suspected(report)) == (0, {"x1"})


@pytest.mark.parametrize(
    ("phones", "others", "refused"), [(5, 20, 5), (4, 0, 0), (5, 21, 0), (20, 80, 20), (19, 81, 0)]
)
def test_a_fifth_of_the_column_and_five_are_enough(
    bring_rows: Import, phones: int, others: int, refused: int
) -> None:
    values = [*(f"(22) 555 {row:02} 19" for row in range(phones)), *(f"word {row}" for row in range(others))]
    report = bring_rows(["x1"], [[value] for value in values])
    assert report.refused == refused


def test_whoever_knows_better_maps_the_column(bring_rows: Import) -> None:
    rows = [*([f"(22) 555 {row:02} 19"] for row in range(10)), *([f"word {row}"] for row in range(10))]
    report = bring_rows(["serial"], rows)
    assert report.refused == 10
    assert any("--map serial=other" in caution for caution in report.cautions)
    assert "555" not in report.model_dump_json()


def test_a_mapped_column_is_not_refused_for_its_look(bring_rows: Import) -> None:
    rows = [*([f"(22) 555 {row:02} 19"] for row in range(10)), *([f"word {row}"] for row in range(10))]
    assert bring_rows(["serial"], rows, asked={"serial": "other"}).refused == 0


@pytest.mark.parametrize("kind", harmless())
def test_what_is_no_phone_does_not_look_like_one(kind: str) -> None:
    assert recognise(harmless()[kind]) is None


@pytest.mark.parametrize("code", ["zz", "rw", "ke", "ee", "de", "ua", "in", "ae"])
def test_no_column_of_our_own_looks_so(packs: Sequence[Pack], code: str) -> None:
    pack = next(each for each in packs if each.code == code)
    marks = Marks.of([pack])
    tables = draw_tables(compile_pack(pack), 7, Shard(0, 0), size=2000)
    for table in SCHEMAS:
        for name, column in zip(tables[table].schema.names, tables[table].columns, strict=True):
            texts = column.cast(pa.string()).drop_null().slice(0, 500)
            own = {marks.any_phone, marks.any_account, marks.national[code]}
            left = texts
            for pattern in own:
                left = left.filter(pa.compute.invert(pa.compute.match_substring_regex(left, pattern)))
            assert recognise(left.to_pylist()) is None, f"{table}.{name}"
