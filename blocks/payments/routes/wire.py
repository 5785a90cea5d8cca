"""Values that both dialects have on the wire, with the lengths that GovStack gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from blockkit.money import to_minor

VISIBLE = r"^[^\x00-\x1f]*$"
"""No control characters; PostgreSQL can't even store NUL."""

PRINTED = r"^[!-~]+$"
"""What a header can hold without being read differently on its way."""


class Wire(BaseModel):
    """A message. A key nobody knows is refused: a misspelt option must not be ignored in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number was wanted")
    return value


MoneyAmount = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=10**12, allow_inf_nan=False)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
ProgrammeName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=VISIBLE)]
PeriodName = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=VISIBLE)]
Id12 = Annotated[str, StringConstraints(min_length=12, max_length=12, pattern=VISIBLE)]
Id16 = Annotated[str, StringConstraints(min_length=16, max_length=16, pattern=VISIBLE)]
Id20 = Annotated[str, StringConstraints(min_length=20, max_length=20, pattern=VISIBLE)]
Up12 = Annotated[str, StringConstraints(min_length=1, max_length=12, pattern=VISIBLE)]
Up16 = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=VISIBLE)]
Up20 = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=VISIBLE)]
Up50 = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=VISIBLE)]
Up100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=VISIBLE)]
Header10 = Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=PRINTED)]
Header20 = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=PRINTED)]
Header100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTED)]
Modality = Annotated[str, StringConstraints(min_length=2, max_length=2, pattern=VISIBLE)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=VISIBLE)]
Text50 = Annotated[str, StringConstraints(max_length=50, pattern=VISIBLE)]


class CreditInstruction(Wire):
    """One credit in the compliance dialect."""

    InstructionID: Id16
    PayeeFunctionalID: Id20
    Amount: MoneyAmount
    Currency: CurrencyCode
    Narration: Text50 | None = None

    @model_validator(mode="after")
    def _fits_the_currency(self) -> CreditInstruction:
        to_minor(self.Amount, self.Currency)
        return self


def echo(payload: Any, *names: str) -> str:
    """Give the request's id to repeat in a refusal; '' for what is none, or can't be written at all."""
    given = payload if isinstance(payload, dict) else {}
    found = next((given[name] for name in names if name in given), "")
    return found if isinstance(found, str) and len(found) <= 12 and found.isprintable() else ""


def explain(error: Exception) -> str:
    """Say what is wrong with a request, without repeating what was sent but the names in it."""
    if not isinstance(error, ValidationError):
        return str(error)[:200]
    fault = error.errors(include_input=False, include_url=False)[0]
    place = "/".join(str(part) for part in fault["loc"]) or "the body"
    # A name may hold what JSON can say and UTF-8 can't.
    return f"{place}: {fault['msg']}".encode("utf-8", "replace").decode()[:200]
