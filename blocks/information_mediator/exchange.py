"""One exchange as it becomes known, and as the message log keeps it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from blocks.information_mediator.wiring import Right, Topic

Kind = Literal["call", "callback", "public", "control"]


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One line of the log without its place in the chain. Filled in while the request is served.

    Attributes:
        refused: Why the mediator did not forward the call; empty when it did.
        fields: Personal fields that were present in the bodies, by pointer.
        correlation: What ties it to the message that somebody awaits.
    """

    id: str
    at: datetime
    today: str
    kind: Kind
    client: str
    method: str
    path: str
    service: str = ""
    block: str = ""
    operation_id: str = ""
    summary: str = ""
    status: int = 0
    refused: str = ""
    fault: str = ""
    milliseconds: float = 0.0
    individual: str = ""
    purpose: str = ""
    legal_basis: str = ""
    retention: str = ""
    recipient: str = ""
    consent: str = ""
    fields: tuple[str, ...] = ()
    request: Any = None
    response: Any = None
    correlation: str = ""

    def allow(self, right: Right | Topic) -> None:
        """Note why the call was allowed."""
        self.purpose = right.purpose
        self.legal_basis = right.legal_basis
        self.retention = right.retention
        self.recipient = right.recipient
        self.consent = (right.consent or "") if isinstance(right, Right) else ""

    def content(self) -> dict[str, Any]:
        """Give the line's content as JSON values."""
        content = {name: getattr(self, name) for name in _NAMES}
        content["at"] = self.at.isoformat()
        content["milliseconds"] = round(self.milliseconds, 3)
        content["fields"] = list(self.fields)
        return content


_NAMES = tuple(field.name for field in fields(Exchange))


class Refusal(Exception):
    """The mediator itself refuses or can't serve; `kind` is the last part of the problem's `type`."""

    def __init__(self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = headers
