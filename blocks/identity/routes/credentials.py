"""Credentials and keys, for applications that have the right."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from blockkit.app import Kit
from blocks.identity import credentials, signing
from blocks.identity.credentials import Wish
from blocks.identity.routes.persons import IndividualId, Text
from blocks.identity.service import Service

CredentialId = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9:-]+$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
Value = str | int | float | bool


class IssueBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    requestId: Word  # noqa: N815  the wire's names
    individualId: IndividualId  # noqa: N815
    type: Word
    claims: Annotated[dict[Word, Value], Field(max_length=50)]
    validDays: Annotated[int, Field(ge=1, le=36_500)]  # noqa: N815

    @field_validator("claims")
    @classmethod
    def _short(cls, claims: dict[str, Value]) -> dict[str, Value]:
        for value in claims.values():
            if isinstance(value, str) and (len(value) > 400 or any(each < " " for each in value)):
                raise ValueError("a claim is short plain text, a number, or yes or no")
            if isinstance(value, float) and not abs(value) < 1e15:
                raise ValueError("a number that JSON does not have")
        return claims


class ReasonBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Text = ""


class VerifyBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    credential: Annotated[str, StringConstraints(max_length=20_000)]


class RotationBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Literal["scheduled", "compromised"] = "scheduled"


def make_router(kit: Kit, service: Service) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/credentials", status_code=201)
    def issue_credential(body: IssueBody) -> dict[str, Any]:
        wish = Wish(
            request_id=body.requestId,
            individual_id=body.individualId,
            type=body.type,
            claims=body.claims,
            valid_days=body.validDays,
        )
        with kit.records.transaction() as db:
            row = credentials.issue(db, kit.clock, service.signer(db), wish)
        return credentials.describe(row, kit.clock.today(), whole=True)

    @router.post("/credentials/verifications")
    def verify_credential(body: VerifyBody) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return credentials.verify(db, kit.clock, service.signer(db), body.credential)

    @router.get("/credentials/{credential}")
    def read_credential(credential: CredentialId) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return credentials.describe(credentials.find(db, credential), kit.clock.today())

    @router.post("/credentials/{credential}/suspension")
    def suspend_credential(credential: CredentialId, body: ReasonBody | None = None) -> dict[str, Any]:
        return _change(credential, "suspended", body)

    @router.post("/credentials/{credential}/reinstatement")
    def reinstate_credential(credential: CredentialId, body: ReasonBody | None = None) -> dict[str, Any]:
        return _change(credential, "active", body)

    @router.post("/credentials/{credential}/revocation")
    def revoke_credential(credential: CredentialId, body: ReasonBody | None = None) -> dict[str, Any]:
        return _change(credential, "revoked", body)

    def _change(credential: str, status: str, body: ReasonBody | None) -> dict[str, Any]:
        with kit.records.transaction() as db:
            row = credentials.change(db, credential, status, body.reason if body else "")
        return credentials.describe(row, kit.clock.today())

    @router.post("/keys/rotations", status_code=201)
    def rotate_keys(body: RotationBody | None = None) -> dict[str, Any]:
        compromised = body is not None and body.reason == "compromised"
        with kit.records.transaction() as db:
            signing.rotate(db, kit.clock, kit.settings.sandbox_id, compromised=compromised)
            return service.signer(db).published()

    return router
