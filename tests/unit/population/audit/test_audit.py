"""An audit holds for what was generated, and finds each way in which files can differ from the promise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.errors import ContentError
from sandbox.model.population import PopulationRef
from sandbox.population import Pack, generate, load_pack
from sandbox.population.audit import AuditReport, audit
from sandbox.settings import CONTENT_ROOT


def _load(code: str) -> Pack:
    return load_pack(CONTENT_ROOT, code)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited") / "ee"
    generate(_load("ee"), PopulationRef(pack="ee", size=400, seed=5), folder)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def _failed(report: AuditReport) -> set[str]:
    return {check.name for check in report.checks if not check.holds}


@pytest.fixture
def spoil(copy: Path) -> Callable[..., set[str]]:
    """Put a value into row 7 of a column, and say which checks fail then."""

    def put(table: str, column: str, value: Any) -> set[str]:
        path = copy / f"{table}.parquet"
        rows = pq.read_table(path)
        values = rows.column(column).to_pylist()
        values[7] = value
        place = rows.schema.get_field_index(column)
        pq.write_table(
            rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type)),
            path,
        )
        report = audit(copy, _load)
        assert report.holds == (not _failed(report))
        return _failed(report)

    return put


@pytest.mark.parametrize("code", ["zz", "rw", "ke", "ee", "de", "ua", "in", "ae"])
def test_a_generated_population_holds(code: str, tmp_path: Path) -> None:
    folder = tmp_path / code
    manifest = generate(_load(code), PopulationRef(pack=code, size=300, seed=3), folder)
    report = audit(folder, _load)
    assert _failed(report) == set()
    assert report.holds
    assert report.coincidences == manifest.coincidences
    assert report.notice == manifest.notice
    valid = next(check for check in report.checks if check.name == "valid phones")
    kinds = pq.read_table(folder / "contacts.parquet").column("kind").to_pylist()
    phones = sum(
        len(pq.read_table(folder / f"{table}.parquet").column("phone").drop_null())
        for table in ("persons", "organisations")
    )
    assert valid.counted == phones + kinds.count("phone")
    assert "all one by one" in valid.how


def test_a_valid_phone_is_found(spoil: Callable[..., set[str]]) -> None:
    assert {"valid phones", "phones of the pack's form", "persons.parquet"} <= spoil(
        "persons", "phone", "+37255123456"
    )


def test_a_bank_that_exists_is_found(spoil: Callable[..., set[str]]) -> None:
    assert {"known banks", "accounts of the pack's form"} <= spoil(
        "accounts", "account_number", "EE382200221020145685"
    )


def test_wrong_check_digits_are_found(spoil: Callable[..., set[str]], made: Path) -> None:
    number = pq.read_table(made / "accounts.parquet").column("account_number")[7].as_py()
    wrong = f"EE{(int(number[2:4]) + 1) % 97:02}{number[4:]}"
    assert "right IBAN check digits" in spoil("accounts", "account_number", wrong)


def test_an_id_of_a_living_person_is_found(spoil: Callable[..., set[str]]) -> None:
    assert {"ids of living persons", "ids with the pack's mark"} <= spoil(
        "persons", "individual_id", "38001085718"
    )


def test_a_domain_that_can_be_registered_is_found(spoil: Callable[..., set[str]]) -> None:
    assert "mail at domains that can be registered" in spoil("persons", "email", "a@example.ee")


def test_an_address_in_other_text_is_found(spoil: Callable[..., set[str]]) -> None:
    assert "mail and web addresses in other text" in spoil("households", "address", "see www.tallinn.ee")


def test_a_duplicate_is_counted(spoil: Callable[..., set[str]], made: Path) -> None:
    last = pq.read_table(made / "accounts.parquet").column("account_number")[-1].as_py()
    assert "duplicates of accounts.account_number" in spoil("accounts", "account_number", last)


def test_a_flipped_byte_is_noticed(copy: Path) -> None:
    path = copy / "persons.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert {"persons.parquet", "digest of the population"} <= _failed(audit(copy, _load))


@pytest.mark.parametrize("kept", [0, 100, -20])
def test_a_truncated_file_is_named(copy: Path, kept: int) -> None:
    path = copy / "accounts.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    report = audit(copy, _load)
    assert "accounts.parquet" in _failed(report)
    assert "persons.parquet" not in _failed(report)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "households.parquet").unlink()
    assert "households.parquet" in _failed(audit(copy, _load))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no population here"):
        audit(tmp_path, _load)


def test_another_version_of_the_pack_is_said(copy: Path) -> None:
    manifest = copy / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"pack_digest": "', '"pack_digest": "0'), encoding="utf-8")
    assert "pack ee" in _failed(audit(copy, _load))
