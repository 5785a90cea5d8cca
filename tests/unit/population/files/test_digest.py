from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from sandbox.population.files.digest import TableDigest, combine

SCHEMA = pa.schema({"name": pa.string(), "count": pa.int16(), "day": pa.date32(), "flag": pa.bool_()})
ROWS = [
    {"name": "Åse", "count": 1, "day": None, "flag": True},
    {"name": None, "count": None, "day": None, "flag": False},
    {"name": "", "count": -3, "day": None, "flag": None},
    {"name": "Bo", "count": 0, "day": None, "flag": False},
]


def digest(rows: list[dict[str, object]], *, cut: int = 0) -> str:
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    total = TableDigest(SCHEMA)
    for part in (batch.slice(0, cut), batch.slice(cut)):
        total.update(part)
    return total.hexdigest()


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_how_rows_are_cut_into_batches_makes_no_difference(cut: int) -> None:
    assert digest(ROWS, cut=cut) == digest(ROWS)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(0, "name", "Åsa"), (1, "name", ""), (1, "count", 0), (2, "flag", False), (3, "count", 1)],
)
def test_any_other_value_makes_another_digest(row: int, column: str, value: object) -> None:
    changed = [dict(each) for each in ROWS]
    changed[row][column] = value
    assert digest(changed) != digest(ROWS)


def test_text_can_t_move_from_one_row_to_the_next_unnoticed() -> None:
    rows = [{"name": first, "count": 1, "day": None, "flag": True} for first in ("ab", "c")]
    moved = [{**rows[0], "name": "a"}, {**rows[1], "name": "bc"}]
    assert digest(rows) != digest(moved)


def test_what_lies_under_an_absent_text_makes_no_difference() -> None:
    schema = pa.schema({"name": pa.string()})
    offsets = np.array([0, 2, 5, 6], dtype=np.int32)
    hidden = pa.StringArray.from_buffers(
        3, pa.py_buffer(offsets), pa.py_buffer(b"abXXXc"), pa.py_buffer(b"\x05")
    )
    digests = set()
    for column in (hidden, pa.array(["ab", None, "c"]), pa.array(["ab", None, "c"]).dictionary_encode()):
        total = TableDigest(schema)
        total.update(pa.RecordBatch.from_arrays([column], names=["name"]))
        digests.add(total.hexdigest())
    assert hidden.to_pylist() == ["ab", None, "c"]
    assert len(digests) == 1


def test_the_order_in_which_tables_are_named_makes_no_difference() -> None:
    assert combine({"a": "1", "b": "2"}) == combine({"b": "2", "a": "1"})
    assert combine({"a": "1", "b": "2"}) != combine({"a": "2", "b": "1"})
