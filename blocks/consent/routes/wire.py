"""What consent's routes share: the bodies' shapes, paging, and who is acting."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.consent import webhooks
from blocks.consent.records import Signer
from blocks.consent.revisions import Author

ADDRESS = r"^https?://[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?(/[!-~]{0,1000})?$"
NAMED = r"^[^\x00-\x1f/\\]+$"
"""What an id is written with wherever it is named: in an address, too."""
PRINTABLE = r"^[^\x00-\x1f]+$"
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]
Offset = Annotated[int, Query(ge=0, le=10**9)]
Limit = Annotated[int, Query(ge=1, le=1000)]
PathId = Annotated[str, Path(max_length=64, pattern=NAMED)]
RevisionId = Annotated[str | None, Query(alias="revisionId", max_length=64, pattern=NAMED)]
QueryId = Annotated[str | None, Query(max_length=64, pattern=NAMED)]
WhoseQuery = Annotated[str | None, Query(alias="individualId", max_length=64, pattern=NAMED)]
WhoseHeader = Annotated[str | None, Header(alias="X-ConsentBB-IndividualId", max_length=64, pattern=NAMED)]
Authorization = Annotated[str | None, Header()]
Client = Annotated[str, Header(alias="Information-Mediator-Client")]


def _whole(value: Any) -> Any:
    """Take 30.0 for 30, as JSON Schema does; nothing else is taken for a number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Days = Annotated[int, Field(ge=0, le=2_000_000_000, strict=True), BeforeValidator(_whole)]


class Policy(Wire):
    id: Identifier | None = None
    name: Text
    version: Text
    url: Text
    jurisdiction: Text | None = None
    industrySector: Text | None = None  # noqa: N815  the wire's names
    dataRetentionPeriodDays: Days | None = None  # noqa: N815
    geographicRestriction: Text | None = None  # noqa: N815
    storageLocation: Text | None = None  # noqa: N815


class PolicyBody(Wire):
    policy: Policy


class Controller(Wire):
    id: Identifier | None = None
    name: Text
    url: Text | None = None


class Reference(Wire):
    id: Identifier


class Lifecycle(Wire):
    id: Identifier | None = None
    name: Literal["Draft", "Complete"]


class DataAgreement(Wire):
    id: Identifier | None = None
    version: Text = "1.0"
    controller: Controller | None = None
    policy: Identifier | Reference | None = None
    purpose: Text
    lawfulBasis: Text  # noqa: N815
    dataUse: Text | None = None  # noqa: N815
    dpia: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")] = ""
    active: StrictBool = True
    forgettable: StrictBool = False
    compatibleWithVersion: Reference | None = None  # noqa: N815
    lifecycle: Lifecycle | None = None


class DataAgreementBody(Wire):
    dataAgreement: DataAgreement  # noqa: N815


class Individual(Wire):
    id: Annotated[str, StringConstraints(max_length=64)] | None = None
    """Not ours to take: a person's id follows from what they are known by elsewhere."""
    externalId: Annotated[str, StringConstraints(max_length=64, pattern=NAMED)]  # noqa: N815
    externalIdType: Text = "foundational id"  # noqa: N815
    identityProviderId: Text = "identity"  # noqa: N815


class IndividualBody(Wire):
    individual: Individual


class Webhook(Wire):
    id: Identifier | None = None
    payloadUrl: Annotated[str, StringConstraints(pattern=ADDRESS)]  # noqa: N815
    contentType: Literal["application/json"] = "application/json"  # noqa: N815
    disabled: StrictBool = False
    secretKey: Annotated[str, StringConstraints(pattern=r"^[ -~]{8,200}$")]  # noqa: N815

    def wish(self) -> webhooks.Webhook:
        """Give what is wanted, without the id."""
        return webhooks.Webhook(self.payloadUrl, self.contentType, self.disabled, self.secretKey)


class WebhookBody(Wire):
    webhook: Webhook


class DraftRecord(Wire):
    dataAgreement: Identifier | Reference  # noqa: N815
    dataAgreementRevisionHash: str  # noqa: N815
    optIn: StrictBool = True  # noqa: N815

    @property
    def agreement_id(self) -> str:
        """The agreement's id, however it was referred to."""
        return self.dataAgreement if isinstance(self.dataAgreement, str) else self.dataAgreement.id


class GivenSignature(Wire):
    verificationMethod: str = ""  # noqa: N815
    signature: Annotated[str, StringConstraints(max_length=10_000)] = ""


class SignatureBody(Wire):
    signature: GivenSignature


class DraftBody(Wire):
    consentRecord: DraftRecord  # noqa: N815
    signature: GivenSignature


class RecordChange(Wire):
    optIn: StrictBool  # noqa: N815


class RecordBody(Wire):
    consentRecord: RecordChange  # noqa: N815


def plain(body: BaseModel) -> dict[str, Any]:
    """Give what was stated, without what was not."""
    return body.model_dump(exclude_none=True)


def application(client: str) -> Author:
    """Name the application that configures; the mediator has proven it."""
    return Author(application=client or None)


def persons(kit: Kit) -> Any:
    """Want a person's own token, before anything else is looked at."""

    def check(
        individual: WhoseQuery = None, named: WhoseHeader = None, authorization: Authorization = None
    ) -> None:
        if not kit.settings.standalone:
            acting(kit, authorization, individual or named)

    return Depends(check)


def acting(kit: Kit, authorization: str | None, individual_id: str | None) -> Signer:
    """Give who acts. Raises Problem 401 without a token, 403 with another person's.

    Roles don't matter: nobody, of whatever office, says yes or no for somebody else.
    """
    caller = kit.access.caller(authorization)
    if caller.anyone:
        if not individual_id:
            raise Problem(401, "individual-missing", "say whose consent it is: individualId")
        return Signer(individual_id, None)
    if not caller.individual_id:
        raise Problem(401, "token-refused", "this is no access token of a person")
    if individual_id and not caller.is_person(individual_id):
        raise Problem(403, "not-your-own", "consent is given, read and withdrawn by the person themselves")
    return Signer(caller.individual_id, (authorization or "").partition(" ")[2])
