"""Births: following what civil registries publish, and entering each child under its birth number.

Events come from the information mediator, to which no other application reaches this path by; it asks
again until it is told that an event was taken, so the same child may come twice and is entered once.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.identity import persons
from blocks.identity.routes.persons import Day, IndividualId, Text

EventType = Annotated[str, Path(alias="eventType", pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]
Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Child(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    individualId: IndividualId  # noqa: N815  the wire's names
    givenName: Text  # noqa: N815
    familyName: Name = ""  # noqa: N815
    sex: Name = ""
    birthDate: Day  # noqa: N815


class ChildRegistered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    event: Child


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.put("/births/sources/{eventType}")
    def follow_births(event_type: EventType) -> dict[str, str]:
        answer = kit.peers.call(
            "information-mediator",
            "POST",
            f"/api/v1/subs/{event_type}",
            json={"eventType": event_type, "delivery": "PUSH"},
        )
        if answer.status_code in (400, 403, 409):
            raise Problem(
                409, "not-to-be-followed", f"the information mediator refused: {answer.status_code}"
            )
        if answer.status_code != 200:
            raise Problem(502, "neighbour-failed", f"the information mediator answered {answer.status_code}")
        return {"eventType": event_type}

    @router.post("/events/childRegistered")
    def take_birth(body: ChildRegistered) -> dict[str, Any]:
        child = body.event
        fields = {
            "given_name": child.givenName,
            "family_name": child.familyName or None,
            "sex": child.sex or None,
            "birth_date": child.birthDate,
        }
        with kit.records.transaction() as db:
            return {"entered": persons.enrol_child(db, child.individualId, fields)}

    return router
