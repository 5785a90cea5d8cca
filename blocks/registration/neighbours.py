"""What registration asks of other blocks, and what it takes for an answer.

Anything but the answers named here is a failure of the other side: Problem 502, nothing is
concluded from it about a person, and the caller may try again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from blockkit.peers import Peers
from blockkit.problems import Problem
from blocks.registration.sources import RegistryName

NO_RECORD = "no record found"
"""How the published contract says that a registry has no such record."""

PAYEE_REFUSED = "payee-refused"
MOST_LISTED = 10_000


class ConsentMissing(Exception):
    """The information mediator refused the call: the person has not agreed."""


class Verification(BaseModel):
    """Identity's answer."""

    match: bool
    mismatches: tuple[str, ...] = ()
    known: bool = True


class RecordTold(BaseModel):
    """A registry's record."""

    content: dict[str, Any]


class ListTold(BaseModel):
    """A registry's records."""

    count: int
    results: list[dict[str, Any]]


class AnswerTold(BaseModel):
    """Yes or no."""

    status: bool


class ExistsTold(BaseModel):
    """A registry's yes or no."""

    answer: AnswerTold


class CredentialTold(BaseModel):
    """A credential that identity issued."""

    id: str


class ReceiptTold(BaseModel):
    """Payments' receipt."""

    ResponseCode: str
    ResponseDescription: str = ""


Told = TypeVar("Told", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other blocks, through the information mediator."""

    peers: Peers

    def verify_identity(self, individual_id: str, claims: Mapping[str, Any]) -> Verification:
        """Compare claims with the register of identities. Raises ConsentMissing."""
        asked = {"individualId": individual_id, "claims": claims}
        answer = self.peers.call("identity", "POST", "/verifications", json=asked)
        _notice_refusal(answer)
        return _read("identity", answer, Verification)

    def read_record(self, registry: RegistryName, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """Read a record; None when the registry has none. Raises ConsentMissing."""
        answer = self._ask_registry(registry, "read", query=query)
        _notice_refusal(answer)
        if answer.status_code == 404 and _document(answer).get("detail") == NO_RECORD:
            return None
        return _read("digital-registries", answer, RecordTold).content

    def list_records(self, registry: RegistryName, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """List all records that fit. Raises Problem 502, also when there are more than one page holds."""
        answer = self.peers.call(
            "digital-registries",
            "GET",
            f"/data/{registry.code}/{registry.version}",
            params={"pageSize": MOST_LISTED, **{f"query.{name}": value for name, value in query.items()}},
        )
        told = _read("digital-registries", answer, ListTold)
        if len(told.results) < told.count:
            raise _failed("digital-registries", answer)
        return told.results

    def exists(self, registry: RegistryName, query: Mapping[str, Any]) -> bool:
        """Ask whether there is such a record."""
        answer = self._ask_registry(registry, "exists", query=query)
        return _read("digital-registries", answer, ExistsTold).answer.status

    def write_record(
        self, registry: RegistryName, query: Mapping[str, Any], content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Enter or change a record; gives it as it stands there, with its number."""
        answer = self._ask_registry(registry, "updateOrCreate", query=query, write=content)
        return _read("digital-registries", answer, RecordTold).content

    def publish(self, event_type: str, event: Mapping[str, Any], key: str) -> None:
        """Tell whoever subscribed; the same key again is the same event.

        Where there is no such event type, or no topic of ours, nobody was meant to hear of it.
        """
        answer = self.peers.call(
            "information-mediator",
            "POST",
            f"/pub/v1/{event_type}",
            json={"eventType": event_type, "event": event},
            headers={"Idempotency-Key": key},
        )
        if answer.status_code not in (201, 403, 404):
            raise _failed("information-mediator", answer)

    def issue_credential(
        self, request_id: str, individual_id: str, kind: str, claims: Mapping[str, Any], valid_days: int
    ) -> str:
        """Have identity issue a credential and give its id; the same request again gives the same one."""
        asked = {
            "requestId": request_id,
            "individualId": individual_id,
            "type": kind,
            "claims": claims,
            "validDays": valid_days,
        }
        answer = self.peers.call("identity", "POST", "/credentials", json=asked)
        return _read("identity", answer, CredentialTold, 200, 201).id

    def send_message(self, individual_id: str, subject: str, text: str) -> None:
        """Put a message into a person's inbox."""
        answer = self.peers.call(
            "messaging",
            "POST",
            f"/inbox/{individual_id}/messages",
            json={"channel": "app", "subject": subject, "text": text},
        )
        if answer.status_code not in (200, 201, 202):
            raise _failed("messaging", answer)

    def register_payee(self, request_id: str, source_bb: str, payee: Mapping[str, str]) -> None:
        """Register a payee. Raises Problem 409 when payments refuses this payee."""
        body = {"RequestID": request_id, "SourceBBID": source_bb, "Beneficiaries": [payee]}
        self._pay("/register-beneficiary", body, PAYEE_REFUSED)

    def validate_prepayment(
        self, batch_id: str, source_bb: str, instructions: Sequence[Mapping[str, Any]]
    ) -> None:
        """Have a batch validated. Raises Problem 409 when payments refuses it."""
        body = {
            "RequestID": batch_id,
            "SourceBBID": source_bb,
            "BatchID": batch_id,
            "CreditInstructions": instructions,
        }
        self._pay("/prepayment-validation", body, "batch-refused")

    def pay_bulk(
        self,
        batch_id: str,
        source_bb: str,
        instructions: Sequence[Mapping[str, Any]],
        *,
        programme: str,
        period: str,
    ) -> None:
        """Have a batch paid, once per payee, programme and period. Raises Problem 409 when it is refused."""
        body = {
            "RequestID": batch_id,
            "SourceBBID": source_bb,
            "BatchID": batch_id,
            "CreditInstructions": instructions,
            "Programme": programme,
            "Period": period,
        }
        self._pay("/bulk-payment", body, "batch-refused")

    def _ask_registry(
        self, registry: RegistryName, operation: str, **parts: Mapping[str, Any]
    ) -> httpx2.Response:
        return self.peers.call(
            "digital-registries",
            "POST",
            f"/data/{registry.code}/{registry.version}/{operation}",
            json={name: {"content": content} for name, content in parts.items()},
        )

    def _pay(self, path: str, body: Mapping[str, Any], refusal: str) -> None:
        answer = self.peers.call("payments", "POST", path, json=body)
        if answer.status_code == 400 and _document(answer).get("ResponseCode") == "01":
            described = str(_document(answer).get("ResponseDescription", ""))[:200]
            raise Problem(409, refusal, f"payments refused: {described}")
        if _read("payments", answer, ReceiptTold).ResponseCode != "00":
            raise _failed("payments", answer)


def _notice_refusal(answer: httpx2.Response) -> None:
    if answer.status_code == 403 and str(_document(answer).get("type")).endswith("/consent-missing"):
        raise ConsentMissing


def _read(block: str, answer: httpx2.Response, form: type[Told], *statuses: int) -> Told:
    if answer.status_code not in (statuses or (200,)):
        raise _failed(block, answer)
    try:
        return form.model_validate_json(answer.content)
    except ValidationError:
        raise _failed(block, answer) from None


def _document(answer: httpx2.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _failed(block: str, answer: httpx2.Response) -> Problem:
    return Problem(
        502,
        "neighbour-failed",
        f"{block} answered {answer.status_code} and nothing that helps; nothing was changed, try again",
        block=block,
    )
