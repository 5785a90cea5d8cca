"""Imports a file: judges every record, writes those that pass, and tells of the others without their values.

Refused records are written nowhere. The folder appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import ContentError
from sandbox.population.files.new_folder import new_folder
from sandbox.population.guard.fields import map_columns
from sandbox.population.guard.judging import Judge
from sandbox.population.guard.opening import open_source
from sandbox.population.guard.provenance import prove_own_table
from sandbox.population.guard.refusals import Refusal
from sandbox.population.guard.report import EXAMPLES, Example, Finding, ImportReport, MappedColumn, mask
from sandbox.population.guard.shapes import NATIONAL_IDS, PHONES
from sandbox.population.guard.source import Source
from sandbox.population.packs.folder import Pack
from sandbox.population.proof.marks import Marks

RECORDS = "records.parquet"
REPORT = "report.json"

SUSPECTED = frozenset(shape.why for shape in (PHONES, *NATIONAL_IDS))

Progress = Callable[[int], None]


@dataclass(slots=True)
class _Tally:
    """Counts refusals, and keeps the first few of each with their shape."""

    fields: Mapping[str, str | None]
    records: int = 0
    refused: int = 0
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str, str], list[Example]] = field(default_factory=dict)

    def add(self, rows: int, refusals: Sequence[Refusal]) -> np.ndarray:
        """Count one batch and say which of its records pass."""
        refused = np.zeros(rows, dtype=np.bool_)
        for each in refusals:
            refused |= each.records
            key = (each.column, each.rule, each.why)
            self.counts[key] = self.counts.get(key, 0) + int(each.records.sum())
            shown = self.examples.setdefault(key, [])
            for place in np.flatnonzero(each.records)[: EXAMPLES - len(shown)].tolist():
                shown.append(
                    Example(record=self.records + place + 1, masked=mask(each.texts[place].as_py() or ""))
                )
        self.records += rows
        self.refused += int(refused.sum())
        return ~refused

    def findings(self) -> tuple[Finding, ...]:
        """Give all reasons, in order of columns."""
        order = list(self.fields)
        return tuple(
            Finding(
                column=column,
                field=self.fields[column] or "not understood",
                rule=rule,
                why=why,
                records=self.counts[column, rule, why],
                examples=tuple(self.examples[column, rule, why]),
            )
            for column, rule, why in sorted(self.counts, key=lambda key: (order.index(key[0]), key[1:]))
        )


def preview_columns(path: Path, asked: Mapping[str, str]) -> tuple[Source, tuple[MappedColumn, ...]]:
    """Open a file and say how its columns are understood. Raises what `open_source` and `map_columns` do."""
    source = open_source(path)
    return source, map_columns(source.columns, asked)


def import_records(
    path: Path,
    out: Path,
    packs: Sequence[Pack],
    *,
    pack: str | None = None,
    asked: Mapping[str, str],
    progress: Progress | None = None,
) -> ImportReport:
    """Import what passes into the new folder `out`; when nothing does, no folder is made.

    Raises ContentError for a file that can't be read to its end, StateConflict when `out` is taken,
    RuntimeFailure when it can't be written.
    """
    source, columns = preview_columns(path, asked)
    provenance = prove_own_table(path, packs)
    judge = Judge(Marks.of(packs), pack, columns)
    tally = _Tally({each.column: each.field for each in columns})
    try:
        with new_folder(out, needed=path.stat().st_size) as folder:
            with pq.ParquetWriter(folder / RECORDS, source.schema, compression="zstd") as writer:
                for batch in source.batches():
                    passing = tally.add(batch.num_rows, () if provenance else judge.judge(batch))
                    writer.write_batch(batch.filter(pa.array(passing)))
                    if progress is not None:
                        progress(tally.records)
            if not tally.records:
                raise ContentError("the file has a header and no records", path=str(path))
            report = _report(path, source, pack, columns, tally, provenance)
            (folder / REPORT).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
            if not report.imported:
                raise _NothingPasses(report)
    except _NothingPasses as nothing:
        return nothing.report
    return report


class _NothingPasses(Exception):
    """Leaves the new folder behind unmade."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


def _report(
    path: Path,
    source: Source,
    pack: str | None,
    columns: tuple[MappedColumn, ...],
    tally: _Tally,
    provenance: str,
) -> ImportReport:
    cautions = []
    if not provenance and any(each.field is None for each in columns):
        cautions.append(
            "columns that were not understood were searched for phones, mail, accounts, cards and personal "
            "numbers; names in them are not recognised: say --map COLUMN=FIELD where they hold some"
        )
    suspected = {finding.column for finding in tally.findings() if finding.why in SUSPECTED}
    cautions += [
        f"{column!r} was refused for its look: if it holds neither phones nor ids, say --map {column}=other; "
        "then numbers without a country code or a check digit are found no more, unless it is full of them"
        for column in sorted(suspected)
    ]
    if pack is not None:
        cautions.append(f"ids and phones were read as those of pack {pack}, as --pack says")
    return ImportReport(
        file=path.name,
        format=source.format,
        read_as=source.read_as,
        pack=pack,
        columns=columns,
        records=tally.records,
        imported=tally.records - tally.refused,
        refused=tally.refused,
        findings=tally.findings(),
        provenance=provenance,
        cautions=tuple(cautions),
    )
