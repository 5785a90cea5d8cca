"""What the guard says of a file: how it was read, what was refused and why, with masked values only."""

from __future__ import annotations

from pydantic import Field

from sandbox.model.block import Frozen

EXAMPLES = 10
"""So many records are named for each reason; all are counted."""


class Example(Frozen):
    """One refused value: where it stands, and its shape. The value itself is never kept."""

    record: int
    """Counted from 1, without the header."""
    masked: str


class Finding(Frozen):
    """One reason for which records of one column were refused."""

    column: str
    field: str
    rule: str
    why: str
    records: int
    examples: tuple[Example, ...]


class MappedColumn(Frozen):
    """How one column was understood; `field` is None when it was not."""

    column: str
    field: str | None
    by: str


class ImportReport(Frozen):
    """`report.json` beside the imported records."""

    file: str
    format: str
    read_as: str
    pack: str | None
    columns: tuple[MappedColumn, ...]
    records: int
    imported: int
    refused: int
    findings: tuple[Finding, ...]
    provenance: str = ""
    """Set when the file was proven to be a population of this sandbox by making it again."""
    cautions: tuple[str, ...] = Field(default=())


def mask(value: str) -> str:
    """Keep the shape of a value and nothing else: 9 for a digit, x for a letter."""
    shape = "".join("9" if sign.isdigit() else "x" if sign.isalpha() else sign for sign in value[:40])
    shape = "".join(sign if sign.isprintable() else "?" for sign in shape)
    return shape if len(value) <= 40 else f"{shape}… ({len(value)} characters)"
