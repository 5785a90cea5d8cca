"""Values that several operations have on the wire."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, ConfigDict, StringConstraints

VISIBLE = r"^[^\x00-\x1f]*$"
"""No control characters; PostgreSQL can't even store NUL."""

Authorization = Annotated[str | None, Header()]
IndividualId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
ServiceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=64)]
FormId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
DocumentKind = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
CaseId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]+$", max_length=64)]
"""Of an application or a task."""
BatchId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{12}$")]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Receipt = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=100)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400, pattern=VISIBLE)]


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
