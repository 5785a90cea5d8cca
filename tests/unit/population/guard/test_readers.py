"""Files as people send them are read; files that are no table end in one clear error."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.errors import ContentError, NotFound, SandboxError, UsageError
from sandbox.population import Pack
from sandbox.population.guard.importing import import_records
from sandbox.population.guard.opening import open_source
from sandbox.population.guard.report import ImportReport

Import = Callable[..., ImportReport]


def _read(path: Path) -> list[dict[str, str]]:
    return [row for batch in open_source(path).batches() for row in batch.to_pylist()]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def to(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return to


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("köht;n\nPärnu;1\n".encode(), "UTF-8, delimited by semicolon"),
        ("\ufeffköht,n\nPärnu,1\n".encode(), "UTF-8 with a byte order mark, delimited by comma"),
        ("köht\tn\nPärnu\t1\n".encode("latin-1"), "Windows-1252 (Latin-1)"),
        ("köht|n\r\nPärnu|1\r\n".encode("cp1252"), "Windows-1252 (Latin-1)"),
        ("köht,n\rPärnu,1\r".encode(), "UTF-8, delimited by comma"),
    ],
)
def test_csv_in_the_encodings_people_use(write: Callable[..., Path], content: bytes, said: str) -> None:
    path = write("a.csv", content)
    assert said in open_source(path).read_as
    assert _read(path) == [{"köht": "Pärnu", "n": "1"}]


def test_quoted_cells_may_hold_delimiters_and_line_breaks(write: Callable[..., Path]) -> None:
    assert _read(write("a.csv", b'a,b\n"1,5","x\ny"\n')) == [{"a": "1,5", "b": "x\ny"}]


def test_json_lines_with_other_keys_in_each_line(write: Callable[..., Path]) -> None:
    path = write("a.jsonl", b'{"a": 1, "b": "x"}\n\n{"b": null, "c": {"d": [1]}}\n')
    assert _read(path) == [
        {"a": "1", "b": "x", "c": None},
        {"a": None, "b": None, "c": '{"d": [1]}'},
    ]


def test_formulas_of_a_workbook_are_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["code", "sum"], ['="3800108" & "5718"', 5], [7.0, None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert _read(tmp_path / "a.xlsx") == [
        {"code": '="3800108" & "5718"', "sum": "5"},
        {"code": "7", "sum": None},
    ]


def test_parquet_keeps_its_types(bring: Import, out: Path, tmp_path: Path) -> None:
    table = pa.table(
        {"n": [1, 2], "at": pa.array([0, 1], pa.date32()), "kind": pa.array(["a", "b"]).dictionary_encode()}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert bring(tmp_path / "a.parquet").imported == 2
    assert pq.read_table(out / "records.parquet").schema.types == table.schema.types


WIDE = ",".join(f"c{number}" for number in range(10_001)).encode()

BAD = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n\n", "first line is"),
    "header.csv": (b"a,b\n", "no records"),
    "twice.csv": (b"a,b,a\n1,2,3\n", "two columns are called 'a'"),
    "unnamed.csv": (b"a,,c\n1,2,3\n", "column 2 has no name"),
    "ragged.csv": (b"a,b\n1,2\n1,2,3\n", "found 3 cells, wanted 2"),
    "short.csv": (b"a,b\n1\n", "found 1 cells, wanted 2"),
    "nul.csv": (b"a,b\n1,\x002\n", "NUL bytes"),
    "utf16.csv": ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    "rubbish.csv": (b"a\n\xff\xfe\x81\x8d\n", "neither UTF-8 nor"),
    "quote.csv": (b'a,b\n"1,2\n3,4\n', "found 1 cells"),
    "parquet.csv": (b"PAR1rubbish", "not the text"),
    "wide.csv": (WIDE + b"\n", "10,001 columns"),
    "line.csv": (b"a,b\n1," + b"x" * (2**20 + 10) + b"\n", "longer than 1 MiB"),
    "one-line.csv": (b"x" * (3 * 2**20), "longer than 1 MiB"),
    "rubbish.parquet": (b"\x93\x11 rubbish" * 20, "damaged"),
    "rubbish.xlsx": (b"\x93\x11 rubbish" * 20, "damaged"),
    "zip.xlsx": (b"PK\x03\x04" + b"\x00" * 50, "damaged"),
    "list.jsonl": (b"[1, 2]\n", "no object"),
    "broken.jsonl": (b'{"a": 1}\n{"a": \n', "not JSON"),
    "deep.jsonl": (b"[" * 100_000 + b"\n", "not JSON"),
    "keys.jsonl": (b"{}\n", "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_clear_error_and_leaves_nothing(
    bring: Import, write: Callable[..., Path], out: Path, name: str
) -> None:
    content, said = BAD[name]
    path = write(name, content)
    with pytest.raises(ContentError) as caught:
        bring(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert [each.name for each in path.parent.iterdir()] == [name]


def test_a_ragged_row_is_named_by_line_and_not_shown(bring: Import, write: Callable[..., Path]) -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(2, 900))
    with pytest.raises(ContentError) as caught:
        bring(write("a.csv", b"a,b\n" + rows + b"Zebulon,Quackenbush,3\n"))
    assert caught.value.line == 900
    assert "Zebulon" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_too_many_columns_are_refused_before_anything_else_is_read(write: Callable[..., Path]) -> None:
    with pytest.raises(ContentError, match="10,001 columns"):
        open_source(write("a.csv", WIDE + b"\n\x00 no text at all \xff\x81"))


def test_nested_columns_of_parquet_are_refused(bring: Import, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [[1]]}), tmp_path / "a.parquet")
    with pytest.raises(ContentError, match="can't look into"):
        bring(tmp_path / "a.parquet")


def test_a_truncated_parquet_file_is_named(bring: Import, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(5000))}), path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ContentError, match="truncated"):
        bring(path)


@pytest.mark.parametrize(
    ("name", "error"), [("none.csv", NotFound), ("none.docx", UsageError), (".", UsageError)]
)
def test_what_is_no_file_of_records(
    bring: Import, tmp_path: Path, name: str, error: type[SandboxError]
) -> None:
    with pytest.raises(error):
        bring(tmp_path / name)


def test_a_large_block_of_json_lines_is_read_in_batches(write: Callable[..., Path]) -> None:
    content = "\n".join(json.dumps({"n": number}) for number in range(40_000)).encode()
    source = open_source(write("a.ndjson", content))
    sizes = [batch.num_rows for batch in source.batches()]
    assert sum(sizes) == 40_000
    assert max(sizes) <= 16_384


def test_whoever_interrupts_leaves_nothing_half_written(packs: Sequence[Pack], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n\n" + "1\n" * 100, encoding="utf-8")

    def interrupt(records: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_records(path, tmp_path / "out", packs, asked={}, progress=interrupt)
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
