"""The published definition's envelope: each answer is 200 with `response` and `errors`, one of them empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.records import Connection
from blocks.identity.clients import ClientRefused
from blocks.identity.wallets import Refused

Wanted = TypeVar("Wanted", bound=BaseModel)
Response = Mapping[str, Any]


def answer(kit: Kit, document: Any, act: Callable[[Connection, Any], Response]) -> dict[str, Any]:
    """Open the envelope, act inside one transaction, and put what came of it into another."""
    response: Response | None = None
    errors: list[dict[str, str]] = []
    try:
        if not isinstance(document, dict) or not isinstance(document.get("request"), dict):
            raise Refused("invalid_request", "the body has no 'request'")
        if not isinstance(document.get("requestTime"), str):
            raise Refused("invalid_input", "the body has no 'requestTime'")
        with kit.records.transaction() as db:
            response = act(db, document["request"])
    except (ClientRefused, Refused) as refusal:
        errors.append({"errorCode": refusal.code, "errorMessage": str(refusal)})
    return {
        "responseTime": kit.clock.machine().isoformat(timespec="milliseconds"),
        "response": response,
        "errors": errors,
    }


def read(form: type[Wanted], request: Any, code: str = "invalid_request") -> Wanted:
    """Hold a request against its form. Raises Refused."""
    try:
        return form.model_validate(request)
    except ValidationError as error:
        fault = error.errors()[0]
        place = "/".join(str(part) for part in fault["loc"])
        raise Refused(code, f"{place or 'request'}: {fault['msg']}") from None
