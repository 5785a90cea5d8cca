"""Enrolment and verification, for applications that have the right to ask."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.identity import persons

IndividualId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


def _only_text(value: Any) -> Any:
    """Refuse what pydantic would take for a date besides: a number of seconds."""
    if value is not None and not isinstance(value, str):
        raise ValueError("a date is written as 1980-12-31")
    return value


Day = Annotated[date, BeforeValidator(_only_text)]


class EnrolmentFields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    given_name: Text | None = None
    family_name: Text | None = None
    fullName: Text | None = None  # noqa: N815  the wire's names
    gender: Text | None = None
    birth_date: Day | None = None
    phone: Text | None = None
    email: Text | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: Any) -> Any:
        """Refuse what the published definition has no place for: what is not known is left out."""
        if value is None:
            raise ValueError("is null; leave it out")
        return value


class Enrolment(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: IndividualId
    process: str = "NEW"
    source: str = ""
    refId: str = ""  # noqa: N815
    fields: EnrolmentFields


class EnrolmentRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = "govstack.enrollment"
    version: str = "v1"
    requesttime: str = ""
    request: Enrolment


class Claims(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    given_name: str | None = Field(default=None, max_length=200)
    family_name: str | None = Field(default=None, max_length=200)
    birth_date: Day | None = None
    functional_id: str | None = Field(default=None, max_length=64)


class VerificationRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    individualId: IndividualId  # noqa: N815
    claims: Claims


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.put("/enrollment")
    def enrol(body: EnrolmentRequest, response: Response) -> dict[str, Any]:
        wish = body.request
        fields = {
            "given_name": wish.fields.given_name or wish.fields.fullName,
            "family_name": wish.fields.family_name,
            "sex": wish.fields.gender,
            "birth_date": wish.fields.birth_date,
            "phone": wish.fields.phone,
            "email": wish.fields.email,
        }
        if fields["given_name"] is None:
            raise Problem(400, "invalid-request", "request/fields has neither given_name nor fullName")
        with kit.records.transaction() as db:
            new = persons.enrol(db, wish.id, fields)
        response.status_code = 201 if new else 200
        now = kit.clock.machine().isoformat(timespec="milliseconds")
        packet = {
            "id": wish.id,
            "refId": wish.refId,
            "process": wish.process,
            "source": wish.source,
            "creationDate": now,
        }
        return {
            "id": body.id,
            "version": body.version,
            "responsetime": now,
            "response": [packet],
            "errors": [],
        }

    @router.get("/individuals/{individualId}")
    def read_individual(individual_id: Annotated[IndividualId, Path(alias="individualId")]) -> dict[str, Any]:
        with kit.records.transaction() as db:
            person = persons.find_person(db, individual_id)
        if person is None:
            raise Problem(404, "individual-unknown", "nobody here has this id")
        return {
            "individualId": person.individual_id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "gender": person.sex,
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
            "phone": person.phone,
            "email": person.email,
            "deceased": person.deceased,
        }

    @router.post("/verifications")
    def verify_identity(body: VerificationRequest) -> dict[str, Any]:
        with kit.records.transaction() as db:
            found = persons.verify(db, body.individualId, body.claims.model_dump(exclude_unset=True))
        return {
            "match": found.known and not found.mismatches,
            "mismatches": list(found.mismatches),
            "known": found.known,
        }

    return router
