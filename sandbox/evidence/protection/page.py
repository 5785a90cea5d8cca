"""Renders `dpo.html`: the run as a data-protection officer reads it, offline and without script.

It says what `inventory.json` holds and nothing more. Everything in it is escaped, and its content
security policy allows its own style by hash and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.evidence import wording
from sandbox.evidence.material import Material
from sandbox.evidence.printing import TEMPLATES as LOOK
from sandbox.evidence.protection.findings import Counted, FieldRead, ProtectionReport
from sandbox.evidence.protection.following import LONG, MOST_FOLLOWED
from sandbox.evidence.protection.real import list_real
from sandbox.model.population import FieldClass

TEMPLATES = Path(__file__).parent / "templates"
STRENGTHS: Mapping[str, str] = {
    "reserved": "In a range that a standard keeps from everybody",
    "impossible": "Of a form that no authority issues",
    "unallocated": "Allocated to nobody on the day they were looked up",
    "plausible": "No more than plausible: a real person may have such a value",
}
"""Classes of proof, the strongest first."""


def render_protection(
    material: Material,
    report: ProtectionReport,
    *,
    title: str,
    run: str,
    started: datetime | None,
    fingerprint: str,
) -> str:
    """Render the page of one run."""
    paths = (LOOK / "tokens.css", LOOK / "page.css", TEMPLATES / "dpo.css")
    style = "\n".join(path.read_text("utf-8") for path in paths)
    special = [each for each in report.sensitive if each.kind == "special"]
    values: dict[str, Any] = {
        "style": Markup(style),  # noqa: S704  our own files, no value in them
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "material": material,
        "report": report,
        "title": title,
        "run": run,
        "started": started,
        "fingerprint": fingerprint,
        "readers": len({row.reader for row in report.readings}),
        "fields": len({each.field for row in report.readings for each in row.fields}),
        "purposes": len({row.purpose for row in report.readings if row.purpose}),
        "never_by_programs": sum(
            len(fields) for row, fields in report.never_used if not row.reader_is_office
        ),
        "special": special,
        "special_fields": {field for each in special for field in each.fields},
        "without_person": [each for each in report.decisions if each.nobody.times],
        "unused_whole": [each for each in report.unused_rights if each.whole],
        "real": list_real(material),
        "strengths": _group_fields(material.manifest.fields),
        "long": LONG,
        "most_followed": MOST_FOLLOWED,
    }
    shown = frozenset(each.number for each in material.exchanges)
    return _environment(shown).get_template("dpo.html.j2").render(values)


def _group_fields(fields: Sequence[FieldClass]) -> list[tuple[str, list[FieldClass]]]:
    known = [*STRENGTHS, *sorted({each.strength for each in fields} - STRENGTHS.keys())]
    groups = [(kind, [each for each in fields if each.strength == kind]) for kind in known]
    return [(STRENGTHS.get(kind, kind), group) for kind, group in groups if group]


def _environment(shown: frozenset[int]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        {"moment": wording.say_moment, "number": wording.say_number, "shorten": wording.shorten}
    )
    environment.globals.update(
        {
            "count": wording.say_count,
            "on_page": lambda number: number in shown,
            "together": _count_together,
        }
    )
    return environment


def _finalize(value: Any) -> Any:
    return (
        wording.show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def _count_together(fields: Sequence[FieldRead]) -> Counted:
    """Count the exchanges of several fields once each."""
    numbers = tuple(sorted({number for each in fields for number in each.counted.numbers}))
    return Counted(max(len(numbers), max(each.counted.times for each in fields)), numbers)
