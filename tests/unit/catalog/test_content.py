"""A block's data files are held against its schema: each mistake with its line and what was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.catalog.check import check_catalog

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "checks": {
            "type": "array",
            "items": {
                "oneOf": [
                    {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}
                    for kind in ("identity", "unique")
                ]
            },
        },
    },
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "blocks/office"
    (folder / "services").mkdir(parents=True)
    (tmp_path / "sandbox/controls").mkdir(parents=True)
    contract = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n"
    (tmp_path / "sandbox/controls/openapi.yaml").write_text(contract)
    (folder / "openapi.yaml").write_text(contract)
    (folder / "block.yaml").write_text(
        "name: Office\nslug: office\nsummary: An office.\nmodule: blocks.office\n"
        "content:\n- {files: services/*.yaml, schema: service.schema.json}\n"
    )
    (folder / "service.schema.json").write_text(json.dumps(SCHEMA))
    return tmp_path


def told(root: Path, text: str) -> list[str]:
    (root / "blocks/office/services/a.yaml").write_text(text)
    return [f"{error} {error.hint}".strip() for error in check_catalog(root, {"office"})]


def test_a_file_that_fits_is_not_mentioned(root: Path) -> None:
    assert told(root, "name: A\nchecks:\n- {kind: unique}\n") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: A\nchekcs: []\n", "did you mean 'checks'"),
        ("checks: []\n", "'name' is a required property"),
        ("name: A\nchecks:\n- {kind: uniqe}\n", "did you mean 'unique'"),
        ("name: 7\n", "7 is not of type 'string'"),
    ],
)
def test_a_mistake_is_told_with_its_line(root: Path, text: str, words: str) -> None:
    (mistake,) = told(root, text)
    assert words in mistake
    assert "services/a.yaml:" in mistake


def test_a_schema_that_cannot_be_read_is_a_mistake_of_the_descriptor(root: Path) -> None:
    (root / "blocks/office/service.schema.json").write_text("{")
    (mistake,) = told(root, "name: A\n")
    assert "block.yaml:6" in mistake
