"""How much gets past the guard that shouldn't: other generators' records, and valid personal numbers.

`make test` looks at a modest count; SANDBOX_CAMPAIGN=full at ten times as many.
"""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mimesis.locales import Locale

from sandbox.population import Pack
from sandbox.population.guard.importing import import_records
from sandbox.population.guard.report import ImportReport
from tests.fakes.other_generators import (
    FAKER_LOCALES,
    HEADER,
    MIMESIS_LOCALES,
    SHAPES,
    faker_rows,
    mimesis_rows,
    valid_numbers,
)

Import = Callable[..., ImportReport]

COUNT = 1000 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 100

pytestmark = pytest.mark.campaign

KNOWN_BY_HEADING_ONLY = {
    "at.vnr", "ca.sin", "cl.rut", "gb.nhs", "hr.oib", "il.idnr", "in_.aadhaar", "jp.in_", "nl.bsn", "th.pin",
    "ua.rntrc",
}  # fmt: skip
"""Schemes that take a tenth of all numbers: a single one in a text isn't told from chance."""


@pytest.mark.parametrize("locale", FAKER_LOCALES)
def test_no_record_of_faker_passes(bring_rows: Import, locale: str) -> None:
    report = bring_rows(HEADER, faker_rows(locale, COUNT))
    assert (report.records, report.imported) == (COUNT, 0)


@pytest.mark.parametrize("locale", MIMESIS_LOCALES, ids=lambda locale: locale.value)
def test_no_record_of_mimesis_passes(bring_rows: Import, locale: Locale) -> None:
    report = bring_rows(HEADER, mimesis_rows(locale, COUNT))
    assert (report.records, report.imported) == (COUNT, 0)


def test_ids_mail_and_accounts_alone_do_not_pass_either(packs: Sequence[Pack], tmp_path: Path) -> None:
    rows = [row for locale in FAKER_LOCALES for row in faker_rows(locale, COUNT // 10)]
    for place, field in ((3, "national_id"), (5, "email"), (6, "iban")):
        path = tmp_path / f"{field}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[field], *([row[place]] for row in rows)])
        assert import_records(path, tmp_path / field, packs, asked={}).imported == 0


@pytest.mark.parametrize("scheme", SHAPES)
def test_no_valid_personal_number_passes(packs: Sequence[Pack], tmp_path: Path, scheme: str) -> None:
    numbers = valid_numbers(scheme, COUNT // 5)
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["national id", *numbers]) + "\n", encoding="utf-8")
    assert import_records(path, tmp_path / "mapped", packs, asked={}).imported == 0
    texts = [f"see {number}, thanks" for number in numbers]
    path.write_text("\n".join(["note", *(f'"{text}"' for text in texts)]) + "\n", encoding="utf-8")
    report = import_records(path, tmp_path / "searched", packs, asked={})
    if scheme not in KNOWN_BY_HEADING_ONLY:
        assert report.imported == 0
    path.write_text("\n".join(["x1", *numbers]) + "\n", encoding="utf-8")
    report = import_records(path, tmp_path / "unheaded", packs, asked={})
    if scheme not in KNOWN_BY_HEADING_ONLY or len(numbers) >= 20:
        assert report.imported == 0


def test_in_a_mixed_file_exactly_the_possible_persons_are_refused(bring_rows: Import) -> None:
    made_up = [
        ("Mari", "Tamm", "1980-01-08", "", f"+372201{row:05}", f"m{row}@ee.example", "", "", f"EEF{row:017}")
        for row in range(COUNT)
    ]
    real = [(*row, "") for locale in FAKER_LOCALES for row in faker_rows(locale, COUNT // 10)]
    mixed = [(row, False) for row in made_up] + [(row, True) for row in real]
    random.Random(1).shuffle(mixed)
    report = bring_rows((*HEADER, "functional_id"), [row for row, _ in mixed])
    assert (report.imported, report.refused) == (len(made_up), len(real))
    real_places = {place for place, (_, is_real) in enumerate(mixed, start=1) if is_real}
    named = {each.record for finding in report.findings for each in finding.examples}
    assert named
    assert named <= real_places
