"""What a user meets who looks at citizens: tables that fit, files that are whole, refusals with a way on."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from sandbox.cli.main import main

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def typing(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Type]:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("SANDBOX_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["data", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("path", ["show", "person", "query", "export"])
def test_every_command_explains_itself_and_speaks_json(path: str, typing: Type) -> None:
    code, told, _ = typing(path, "--help")
    assert code == 0
    assert "--json" in told
    assert len(told.partition("\n\n")[2].splitlines()[0].strip()) > 20


@pytest.mark.parametrize(
    "command", [("show",), ("person", "3"), ("query", "SELECT 1"), ("export", "--out", "x"), ("matches",)]
)
def test_a_population_with_one_changed_byte_is_refused_by_every_command(
    typing: Type, tmp_path: Path, command: tuple[str, ...]
) -> None:
    people = tmp_path / "people"
    assert typing("generate", "--size", "50", "--out", people)[0] == 0
    path = people / "persons.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    code, _, said = typing(*command, people)
    assert code == 2
    assert "persons.parquet: not what was written" in said.replace("\n", " ")


def test_a_population_fits_80_columns_and_is_plain_text_when_piped(typing: Type) -> None:
    code, told, _ = typing("show", "--size", "300")
    assert code == 0
    assert "\x1b" not in told
    assert max(cell_len(line) for line in told.splitlines()) <= 80
    assert "Fictitious data" in told.splitlines()[0]


def test_what_is_shown_is_what_json_says(typing: Type) -> None:
    _, told, _ = typing("show", "--size", "300")
    value = json.loads(typing("show", "--size", "300", "--json")[1])
    bands = [line.split() for line in told.splitlines() if "–" in line or "100+" in line]
    found = [(int(words[0]), int(words[-1])) for words in bands]
    assert found == [(each["female"], each["male"]) for each in reversed(value["age_pyramid"]["bands"])]
    assert value["age_pyramid"]["finding"] in told
    assert value["household_sizes"]["finding"] in told


def test_a_family_is_shown_with_every_member(typing: Type) -> None:
    code, told, _ = typing("show", "--size", "300", "--household", "12")
    assert code == 0
    members = json.loads(typing("show", "--size", "300", "--household", "12", "--json")[1])["members"]
    assert members
    for member in members:
        assert f"no. {member['person_no']} " in told
        assert member["name"] in told


def test_pictures_go_into_a_folder_or_one_file_and_replace_none(typing: Type, tmp_path: Path) -> None:
    folder, file = tmp_path / "pictures", tmp_path / "all.svg"
    code, told, _ = typing("show", "--size", "300", "--svg", folder)
    assert code == 0
    assert [Path(line).name for line in told.splitlines()[-2:]] == ["age-pyramid.svg", "household-sizes.svg"]
    assert typing("show", "--size", "300", "--svg", file)[0] == 0
    assert typing("show", "--size", "300", "--household", "3", "--svg", folder)[0] == 0
    written = [*folder.iterdir(), file]
    assert len(written) == 4
    for path in written:
        assert ET.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")
    before = [path.read_bytes() for path in written]
    for target in (folder, file):
        code, _, told = typing("show", "--size", "300", "--svg", target)
        assert (code, "exists already" in told) == (3, True)
    assert [path.read_bytes() for path in written] == before


def test_a_person_is_shown_as_blocks_know_them(typing: Type) -> None:
    code, told, _ = typing("person", "7", "--size", "300")
    assert code == 0
    value = json.loads(typing("person", "7", "--size", "300", "--json")[1])
    assert set(value["blocks"]) >= {"identity", "digital-registries", "messaging", "payments"}
    assert value["blocks"]["identity"]["persons"][0]["individual_id"] == value["individual_id"]
    for block in value["blocks"]:
        assert f"{block} loads from" in told
    assert "no block loads from employment" in typing("person", "7", "--size", "300", "--all")[1]


def test_a_query_answers_in_three_ways(typing: Type) -> None:
    sql = "SELECT person_no, phone, sum(monthly_income) AS pay FROM persons GROUP BY ALL ORDER BY 1"
    shown = typing("query", sql, "--size", "300", "--rows", "3")
    assert len(shown[1].splitlines()) == 4
    assert "the first 3 rows are shown" in shown[2]
    values = json.loads(typing("query", sql, "--size", "300", "--json")[1])
    rows = list(csv.DictReader(io.StringIO(typing("query", sql, "--size", "300", "--csv")[1])))
    assert len(values) == len(rows) == 300
    assert [row["phone"] for row in rows] == [value["phone"] or "" for value in values]
    assert [int(row["pay"]) for row in rows] == [value["pay"] for value in values]
    assert typing("query", "SELECT 1 WHERE false", "--size", "300", "--json")[1] == "[]\n"
    assert typing("query", "SELECT 'NaN'::DOUBLE AS x", "--size", "300", "--json")[1].split() == [
        *("[", '{"x":', "null}", "]")
    ]


def test_a_query_marks_formulas_in_csv(typing: Type) -> None:
    told = typing("query", "SELECT '=1+1' AS a, '+250781234567' AS b", "--size", "300", "--csv")[1]
    assert told == "a,b\n'=1+1,+250781234567\n"


def test_a_reader_that_goes_away_ends_a_query_quietly(home: Path) -> None:
    typed = [sys.executable, "-m", "sandbox", "data", "query", "--size", "300", "--csv"]
    with subprocess.Popen(
        [*typed, "SELECT a.given_name FROM persons a, persons b, persons c"],
        env={**os.environ, "SANDBOX_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read().decode()
        assert process.wait(timeout=60) == 0, told
    assert "Traceback" not in told
    assert "Exception" not in told


def test_a_folder_that_was_generated_is_read(typing: Type, tmp_path: Path) -> None:
    assert typing("generate", "--size", "300", "--out", tmp_path / "people")[0] == 0
    for arguments in (["show"], ["person", "7"], ["query", "SELECT 1"]):
        assert typing(*arguments, tmp_path / "people")[0] == 0
    assert typing("export", tmp_path / "people", "--format", "sql", "--out", tmp_path / "people.sql")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["show", "{empty}"], 2, "no population here"),
        (["show", "{spoiled}"], 2, "not a population's manifest"),
        (["show", "{empty}", "--pack", "zz"], 2, "both the folder"),
        (["show", "--size", "0"], 2, "population size 0 can't be used"),
        (["show", "--pack", "xx"], 2, "no country pack"),
        (["show", "--size", "300", "--household", "100000"], 3, "there is no household 100000"),
        (["person", "--size", "300"], 2, "one person is asked for"),
        (["person", "nobody", "--size", "300"], 3, "there is nobody"),
        (["person", "--persona", "nobody", "--size", "300"], 3, "no persona"),
        (["person", "1", "{empty}", "--persona", "x"], 2, "are given"),
        (["query", "SELECT", "--size", "300"], 2, "SELECT clause without"),
        (["query", "SELECT 1", "--csv", "--json"], 2, "--csv and --json"),
        (["export", "--size", "300", "--out", "{spoiled}"], 3, "exists already"),
        (["export", "--size", "300", "--out", "{empty}/x", "--format", "doc"], 2, "there is no format 'doc'"),
        (
            ["export", "--size", "300", "--out", "{empty}/x", "--format", "sql", "--bom"],
            2,
            "--bom is for CSV",
        ),
        (["export", "--size", "300", "--out", "{empty}/x", "--table", "cats"], 2, "no table 'cats'"),
        (["export", "--size", "300", "--out", "/proc/no/x"], 4, "can't be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    typing: Type, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    empty, spoiled = tmp_path / "empty", tmp_path / "spoiled"
    empty.mkdir()
    spoiled.mkdir()
    (spoiled / "manifest.json").write_text("{}")
    typed = [each.format(empty=empty, spoiled=spoiled) for each in arguments]
    found: Any = typing(*typed)
    assert found[0] == code, found
    assert told in found[1] + found[2]
    assert "Traceback" not in found[2]
    assert list(empty.iterdir()) == []


def test_a_value_cannot_steer_the_terminal_and_numbers_stand_at_the_right(typing: Type) -> None:
    told = typing("query", "SELECT 'a' || chr(27) || '[2J' AS text, 12345 AS \"[b]n[/b]\"", "--size", "300")[
        1
    ]
    headings, row = told.splitlines()
    assert headings == "text        [b]n[/b]"
    assert row == r"a\u001b[2J     12345"
