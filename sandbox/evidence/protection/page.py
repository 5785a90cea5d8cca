"""Renders `dpo.html`: the run as a data-protection officer reads it, offline and without script.

It says what `inventory.json` holds and nothing more. Everything in it is escaped, and its content
security policy allows its own style by hash and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from sandbox.evidence.folding import ANYONE, say_end
from sandbox.evidence.material import Material
from sandbox.evidence.printing import in_english, make_environment, name_data
from sandbox.evidence.protection.findings import Counted, FieldRead, ProtectionReport
from sandbox.evidence.protection.following import LONG, MOST_FOLLOWED
from sandbox.evidence.protection.real import list_real
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.model.population import FieldClass

TEMPLATES = Path(__file__).parent / "templates"
STRENGTHS = {
    "reserved": noted("In a range that a standard keeps from everybody"),
    "impossible": noted("Of a form that no authority issues"),
    "unallocated": noted("Allocated to nobody on the day they were looked up"),
    "plausible": noted("No more than plausible: a real person may have such a value"),
}
"""Classes of proof, the strongest first."""
CATEGORIES = frozenset(
    {
        noted("Health and disability"),
        noted("Ethnic origin"),
        noted("Religion or belief"),
        noted("Political opinion or trade union"),
        noted("Biometric or genetic data"),
        noted("Sex life or orientation"),
        noted("Criminal offences"),
        noted("Children"),
        noted("National identification number"),
        noted("Poverty and need"),
        noted("Bank or mobile-money account"),
        noted("Special category: GDPR article 9(1), Convention 108+ article 6"),
        noted("GDPR article 10, Convention 108+ article 6"),
        noted(
            "People who merit specific protection: GDPR recital 38, Convention on the Rights of the Child "
            "article 16"
        ),
        noted("Specific conditions may apply: GDPR article 87 and national law"),
        noted("No special category in law, and harmful to people when it is known"),
        noted("No special category in law, and open to fraud when it is known"),
    }
)
"""What the list of categories says, as far as the catalogue knows it; lawyers may correct the list."""


def render_protection(
    material: Material,
    report: ProtectionReport,
    *,
    title: str,
    run: str,
    started: datetime | None,
    fingerprint: str,
    index: str = "index.html",
    speech: Speech = ENGLISH,
) -> str:
    """Render the page of one run; `index` is the page beside it in the same language."""
    special = [each for each in report.sensitive if each.kind == "special"]
    values: dict[str, Any] = {
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
        "real": list_real(material, speech),
        "strengths": _group_fields(material.manifest.fields, speech),
        "long": LONG,
        "most_followed": MOST_FOLLOWED,
    }
    shown = frozenset(each.number for each in material.exchanges)
    environment = _environment(shown, index, speech)
    return environment.get_template("dpo.html.j2").render(values)


def _group_fields(fields: Sequence[FieldClass], speech: Speech) -> list[tuple[str, list[FieldClass]]]:
    known = [*STRENGTHS, *sorted({each.strength for each in fields} - STRENGTHS.keys())]
    groups = [(kind, [each for each in fields if each.strength == kind]) for kind in known]
    return [
        (speech.look_up(STRENGTHS[kind]) if kind in STRENGTHS else kind, group)
        for kind, group in groups
        if group
    ]


def _environment(shown: frozenset[int], index: str, speech: Speech) -> Environment:
    environment = make_environment(speech, TEMPLATES, styles=[TEMPLATES / "dpo.css"])

    def say_category(text: str) -> str | Markup:
        return speech.look_up(text) if text in CATEGORIES else in_english(text, speech)

    environment.filters["named"] = name_data
    environment.globals.update(
        {
            "index": index,
            "category": say_category,
            "end": lambda name: say_end(name, speech) if name == ANYONE else name_data(name),
            "on_page": lambda number: number in shown,
            "together": _count_together,
        }
    )
    return environment


def _count_together(fields: Sequence[FieldRead]) -> Counted:
    """Count the exchanges of several fields once each."""
    numbers = tuple(sorted({number for each in fields for number in each.counted.numbers}))
    return Counted(max(len(numbers), max(each.counted.times for each in fields)), numbers)
