"""The inventory for other programs: `inventory.json` with everything, `inventory.csv` with one row a field.

No personal value is in either, only names of fields, counts and the lines they were counted from.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from sandbox.evidence.lines import to_document
from sandbox.evidence.material import Material
from sandbox.evidence.protection.findings import ProtectionReport
from sandbox.evidence.protection.real import list_real

COLUMNS = (
    "reader",
    "source",
    "field",
    "people",
    "exchanges",
    "categories",
    "purpose",
    "legal_basis",
    "consent",
    "retention",
    "recipient",
    "never_used",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json(material: Material, report: ProtectionReport, *, run: str) -> bytes:
    """Write everything that was found."""
    manifest = material.manifest
    document: dict[str, Any] = {
        "run": run,
        "scenario": material.spec.scenario,
        "sandbox": material.spec.name,
        "population": {
            "country": manifest.country,
            "digest": manifest.digest,
            "statement": manifest.statement,
            "notice": manifest.notice,
            "fields": manifest.fields,
            "coincidences": manifest.coincidences,
        },
        "real": [
            {name: value for name, value in asdict(each).items() if name != "in_words"}
            for each in list_real(material)
        ],
        **asdict(report),
    }
    return to_document(document)


def write_csv(report: ProtectionReport) -> bytes:
    """Write one row for each field that one reader had from one source for one purpose."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in report.readings:
        for each in row.fields:
            cells = (
                row.reader,
                row.source,
                each.field,
                str(each.people),
                str(each.counted.times),
                "; ".join(each.categories),
                row.purpose,
                row.legal_basis,
                "; ".join(row.consents),
                row.retention,
                row.recipient,
                "yes" if each.never_used else "no" if each.followed else "not followed",
            )
            writer.writerow([_plain(cell) for cell in cells])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _plain(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
