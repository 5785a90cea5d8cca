"""`sandbox data audit` and `data import` as they are typed: tables, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.cli.main import main
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.settings import CONTENT_ROOT


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people") / "ee"
    generate(load_pack(CONTENT_ROOT, "ee"), PopulationRef(pack="ee", size=300, seed=2), folder)
    return folder


def test_an_audit_is_a_table_and_a_notice(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "audit", str(people)]) == 0
    said = capsys.readouterr().out
    assert "every check holds" in said
    assert "What can't be excluded:" in said


def test_an_audit_of_a_population_that_is_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    assert main(["data", "audit", "--pack", "zz", "--size", "200", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["pack"], report["size"], report["holds"]) == ("zz", 200, True)
    assert {"name_and_birth_date", "assumptions"} <= set(report["coincidences"])


def test_a_failed_check_is_exit_code_1(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    copy = Path(shutil.copytree(people, tmp_path / "copy"))
    (copy / "accounts.parquet").write_bytes(b"PAR1")
    assert main(["data", "audit", str(copy)]) == 1
    said = capsys.readouterr().out
    assert "FAILED  accounts.parquet" in said
    assert "Traceback" not in said


def test_an_audit_of_nothing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "audit", str(tmp_path)]) == 2
    assert "no population here" in capsys.readouterr().err


def test_a_preview_shows_the_mapping_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("Vorname;Zyx\nJan;1\n", encoding="utf-8")
    assert main(["data", "import", "a.csv", "--preview", "--map", "Zyx=other"]) == 0
    said = capsys.readouterr().out
    assert "given_name" in said
    assert "--map" in said
    assert main(["data", "import", "a.csv", "--preview", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"][1]["field"] is None
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_an_import_of_own_citizens(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["data", "import", str(people / "persons.parquet"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.endswith(f"{out}\n")
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["imported"] == 300
    assert main(["data", "import", str(people / "persons.parquet"), "--out", str(out)]) == 3


def test_a_refusal_is_exit_code_1_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("email\na@gmail.com\nb@example.org\n", encoding="utf-8")
    assert main(["data", "import", "a.csv"]) == 1
    said = capsys.readouterr().out
    assert "record 1: x@xxxxx.xxx" in said
    assert "gmail" not in said
    assert "1 of 2 records imported, 1 refused" in said
    assert (tmp_path / "a-imported" / "records.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none.csv"], 3),
        (["."], 2),
        (["a.csv", "--map", "b=phone"], 2),
        (["a.csv", "--map", "a=telephone"], 2),
        (["a.csv", "--map", "a"], 2),
        (["a.csv", "--pack", "qq"], 2),
        (["bad.csv"], 2),
        (["bad.parquet"], 2),
        (["a.csv", "--out", "."], 3),
    ],
)
def test_what_was_typed_wrong_is_one_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01\x02")
    (tmp_path / "bad.parquet").write_bytes(b"\x00\x01\x02")
    assert main(["data", "import", *arguments]) == code
    said = capsys.readouterr()
    assert said.err.strip()
    assert "Traceback" not in said.err + said.out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "bad.csv", "bad.parquet"]
