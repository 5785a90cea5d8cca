"""The shapes that publishers and subscribers send, and those that they get."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from blocks.information_mediator.exchange import Refusal

EVENT_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,99}"
ROOM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){3}")
EventName = Annotated[str, StringConstraints(pattern=rf"^{EVENT_NAME}$")]
LONGEST_TTL = 30 * 86_400
Body = TypeVar("Body", bound=BaseModel)


class NewEventType(BaseModel):
    """Body of `createEventType`."""

    model_config = ConfigDict(populate_by_name=True)

    eventType: EventName  # noqa: N815  the wire's name, here and below
    shape: dict[str, Any] = Field(alias="schema")


class NewEvent(BaseModel):
    """Body of `publishEvent`."""

    eventType: EventName  # noqa: N815
    event: dict[str, Any]


class Options(BaseModel):
    """How long an event is tried, in seconds, and whether one waits for the one before it."""

    TTL: int = Field(default=3600, ge=1, le=LONGEST_TTL, strict=True)
    FIFO: bool = Field(default=False, strict=True)


class NewSubscription(BaseModel):
    """Body of `addSub`; who subscribes is known from the caller."""

    eventType: EventName  # noqa: N815
    subscriberId: dict[str, Any] | None = None  # noqa: N815
    delivery: Literal["PUSH", "PULL"] = "PUSH"
    options: Options = Options()


class ChangedOptions(BaseModel):
    """What is left out stays."""

    TTL: int | None = Field(default=None, ge=1, le=LONGEST_TTL, strict=True)
    FIFO: bool | None = Field(default=None, strict=True)


class ChangedSubscription(BaseModel):
    """Body of `patchSub`; what is left out stays."""

    eventType: EventName | None = None  # noqa: N815
    delivery: Literal["PUSH", "PULL"] | None = None
    options: ChangedOptions = ChangedOptions()


def read_as(model: type[Body], document: Any) -> Body:
    """Read a body. Raises Refusal 400 saying where it does not fit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(map(str, first["loc"])) or "the body"
        raise Refusal(400, "invalid-request", f"{place}: {first['msg']}") from None


def address(application: str) -> dict[str, str]:
    """Take an application's address apart."""
    names = ("instanceId", "memberClass", "memberCode", "applicationCode")
    return dict(zip(names, application.split("/"), strict=False))


def event_item(row: dict[str, Any]) -> dict[str, Any]:
    """Give an event as readers get it."""
    return {
        "id": str(row["id"]),
        "sequence": row["number"],
        "publisherId": address(row["publisher"]),
        "eventType": row["event_type"],
        "event": json.loads(row["body"]),
    }


def subscription_item(row: dict[str, Any]) -> dict[str, Any]:
    """Give a subscription as its owner gets it."""
    return {
        "id": str(row["id"]),
        "subscriberId": address(row["subscriber"]),
        "eventType": row["event_type"],
        "delivery": row["delivery"],
        "options": {"TTL": row["ttl"], "FIFO": row["fifo"]},
    }
