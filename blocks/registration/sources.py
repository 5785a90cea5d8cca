"""Where a value of a result comes from: form, household's facts, entry in the register, application itself.

A source is `form/<field>`, `household/<fact>`, `record/<field>` (what the result's register entered, its
number among it; only after that), one of the words of WORDS, or `{value: ...}` for what
is always the same. Nothing is calculated and nothing is put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import StringConstraints

from blockkit.money import to_major
from blockkit.records import Row
from blocks.registration.policy import Frozen

WORDS = (
    *("individualId", "applicationId", "service", "today", "amount", "currency"),
    *("fee", "feeCurrency", "feeReceipt", "feeDueOn", "feeLate", "validUntil"),
)


class RegistryName(Frozen):
    """A registry of the digital registries."""

    code: str
    version: str


class Fixed(Frozen):
    """What is the same for everybody."""

    value: bool | int | str


Source = (
    Annotated[
        str,
        StringConstraints(pattern=rf"^((form|household|record)/[A-Za-z0-9_]+|{'|'.join(WORDS)})$"),
    ]
    | Fixed
)


def field_of(source: Source) -> str:
    """Name the field of the form that a source reads; '' when it reads something else."""
    return source.removeprefix("form/") if isinstance(source, str) and source.startswith("form/") else ""


def read_source(source: Source, row: Row, application_id: str, today: date) -> Any:
    """Give the value; None for what the applicant left out."""
    if isinstance(source, Fixed):
        return source.value
    place, _, name = source.partition("/")
    match place:
        case "form" | "household" | "record":
            return row[place].get(name)
        case "individualId":
            return row["individual_id"]
        case "applicationId":
            return application_id
        case "today":
            return today.isoformat()
        case "amount":
            return None if row["amount"] is None else to_major(row["amount"], row["currency"])
        case "fee":
            return None if row["fee"] is None else to_major(row["fee"], row["fee_currency"])
        case "feeCurrency":
            return row["fee_currency"] or None
        case "feeReceipt":
            return row["fee_receipt"] or None
        case "feeLate":
            return None if row["fee_late"] is None else to_major(row["fee_late"], row["fee_currency"])
        case "feeDueOn":
            return row["fee_due_on"].isoformat() if row["fee_due_on"] else None
        case "validUntil":
            return row["valid_until"].isoformat() if row["valid_until"] else None
        case _:
            return row[place]


def fill(sources: Mapping[str, Source], row: Row, application_id: str, today: date) -> dict[str, Any]:
    """Fill in all of them; what has no value is left out."""
    filled = {name: read_source(each, row, application_id, today) for name, each in sources.items()}
    return {name: value for name, value in filled.items() if value is not None}
