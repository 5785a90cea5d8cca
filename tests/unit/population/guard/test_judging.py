"""What a careful data-protection officer would refuse is refused, and what nobody can bear passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sandbox.population.guard.report import ImportReport

Import = Callable[..., ImportReport]

EE = "ee"
OWN_ID = "80001016007"
FUNCTIONAL = "EEF00000012345678ABC"


def _rules(report: ImportReport) -> set[str]:
    return {finding.rule for finding in report.findings if finding.records}


@pytest.mark.parametrize(
    ("heading", "value", "rule"),
    [
        ("phone", "+372 5512 3456", "phone"),
        ("phone", "0037255123456", "phone"),
        ("phone", "55123456", "phone"),
        ("phone", "none but a.person@gmail.com", "mail"),
        ("email", "a.person@gmail.com", "mail"),
        ("email", "a@gmail.com, b@example.org", "mail"),
        ("email", "nobody", "mail"),
        ("iban", "EE38 2200 2210 2014 5685", "account"),
        ("account number", "0123456789", "account"),
        ("isikukood", "38001085718", "national-id"),
        ("national_id", "23456789", "national-id"),
        ("functional id", "12345", "functional-id"),
        ("note", "call me at +372 5512 3456 please", "phone"),
        ("note", "write to a.person@gmail.com.", "mail"),
        ("note", "pay to DE89 3704 0044 0532 0130 00 soon", "account"),
        ("note", "card 4111 1111 1111 1111", "card"),
        ("note", "his code is 38001085718", "personal-number"),
        ("note", "code: 131052-308T", "personal-number"),
        ("note", "RSSMRA85T10A562S", "personal-number"),
        ("note", "078-05-1121", "personal-number"),
        ("note", "=cmd|' /C calc'!A0", "formula"),
        ("address", "Pikk 1, tel +37255123456", "phone"),
        ("note", "+৩৭২ ৫৫১২ ৩৪৫৬", "phone"),
        ("note", "+372\u201355\u201312\u201334\u201356", "phone"),
        ("note", "+372\u00a05512\u00a03456", "phone"),
        ("note", "38001\u200b085718", "personal-number"),
        ("note", "٣٨٠٠١٠٨٥٧١٨", "personal-number"),
        ("note", "a.person\uff20gmail.com", "mail"),
        ("note", "\uff1dcmd|' /C calc'!A0", "formula"),
        ("phone", "\uff0b\uff13\uff17\uff12 5512 3456", "phone"),
        ("iban", "EE38\u00a02200\u00a02210\u00a02014\u00a05685", "account"),
    ],
)
def test_a_value_that_could_be_somebodys_is_refused(
    bring_rows: Import, heading: str, value: str, rule: str
) -> None:
    report = bring_rows([heading, "amount"], [[value, 5]])
    assert rule in _rules(report)
    assert report.refused == 1


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("phone", "+37220123456"),
        ("phone", "+37200"),
        ("email", "somebody@ee.example"),
        ("email", "somebody@example.org"),
        ("iban", "EE39 2200 2210 2014 5685"),
        ("functional id", FUNCTIONAL),
        ("note", "write to somebody@example.org"),
        ("note", "order 2024/17, 15 pieces"),
        ("note", "2026-01-31T12:00:00"),
        ("address", "Pikk 1, Tallinn"),
        ("address", "मकान १२, दिल्ली"),
        ("phone", "+३७२२०१२३४५६"),
    ],
)
def test_a_value_that_is_nobodys_passes(bring_rows: Import, heading: str, value: str) -> None:
    report = bring_rows([heading, "amount"], [[value, 5]])
    assert (report.findings, report.imported) == ((), 1)


def test_a_name_with_a_birth_date_needs_an_id_that_nobody_bears(bring_rows: Import) -> None:
    rows = [
        ["Mari", "Tamm", "1980-01-08", FUNCTIONAL],
        ["Mari", "Tamm", "1980-01-08", ""],
        ["Jaan", "", "", ""],
    ]
    report = bring_rows(["given name", "family name", "date of birth", "functional id"], rows)
    assert (report.imported, report.refused) == (2, 1)
    (finding,) = report.findings
    assert (finding.rule, [each.record for each in finding.examples]) == ("person", [2])


def test_mail_and_phone_made_up_do_not_make_a_person_made_up(bring_rows: Import) -> None:
    report = bring_rows(["name", "phone", "email"], [["Mari Tamm", "+37220123456", "m@example.org"]])
    assert _rules(report) == {"person"}


def test_a_form_that_another_scheme_knows_counts_only_for_who_says_the_pack(
    bring_rows: Import, tmp_path: Path
) -> None:
    # Eleven digits with a leading 0: no German tax id, but a Croatian number by its check digit.
    header, rows = ["name", "national id"], [["Ana Anić", "00000000019"], ["Jan Jansen", "00000000027"]]
    assert bring_rows(header, rows).imported == 0
    assert bring_rows(header, rows, pack="de").imported == 2


def test_a_plausible_form_is_no_proof(bring_rows: Import) -> None:
    header = ["name", "national id"]
    report = bring_rows(header, [["Wanjiku Kamau", "923456789"]], pack="ke")
    assert _rules(report) == {"person"}


def test_a_whole_column_of_weakly_checked_numbers_is_refused(bring_rows: Import) -> None:
    from stdnum.nl import bsn

    numbers = [str(number) for number in range(100000000, 100001000) if bsn.is_valid(str(number))]
    assert len(numbers) > 50
    report = bring_rows(["c1"], [[number] for number in numbers])
    assert report.imported == 0
    assert "nl.bsn" in report.findings[0].why


def test_row_numbers_and_money_are_no_personal_numbers(bring_rows: Import) -> None:
    report = bring_rows(["row", "amount"], [[100000000 + row, row * 1000] for row in range(2000)])
    assert report.refused == 0


def test_values_are_shown_nowhere(bring_rows: Import, out: Path) -> None:
    secret = ["Zebulon", "Quackenbush", "38001085718", "+37255123456", "zeb@quack.ee", "EE382200221020145685"]
    report = bring_rows(
        ["given name", "family name", "isikukood", "phone", "email", "iban"],
        [secret, ["", "", "", "", "", "EE392200221020145685"]],
    )
    assert (report.imported, report.refused) == (1, 1)
    kept = (out / "report.json").read_bytes() + (out / "records.parquet").read_bytes()
    for value in secret:
        assert value not in report.model_dump_json()
        assert value.encode() not in kept
    assert {each.masked for finding in report.findings for each in finding.examples} >= {
        "99999999999",
        "+99999999999",
        "xxx@xxxxx.xx",
    }
    assert pq.read_table(out / "records.parquet").num_rows == 1


def test_nothing_is_written_when_nothing_passes(bring_rows: Import, out: Path, tmp_path: Path) -> None:
    assert bring_rows(["email"], [["a@gmail.com"]]).imported == 0
    assert not out.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]
