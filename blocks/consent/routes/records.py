"""A person's own records: agree, look, withdraw. Always with the person's own access token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.consent import records
from blocks.consent.records import Answer
from blocks.consent.routes.wire import (
    PRINTABLE,
    Authorization,
    DraftBody,
    Limit,
    Offset,
    PathId,
    RecordBody,
    acting,
)
from blocks.consent.signing import METHOD, unsigned_draft

Individual = Annotated[str | None, Query(alias="individualId", max_length=64, pattern=PRINTABLE)]
Named = Annotated[str | None, Header(alias="X-ConsentBB-IndividualId", max_length=64, pattern=PRINTABLE)]
Revision = Annotated[str | None, Query(alias="revisionId", max_length=64, pattern=PRINTABLE)]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/service/individual/record/data-agreement/{dataAgreementId}/")
    def create(
        dataAgreementId: PathId,  # noqa: N803  the wire's name
        individual: Individual = None,
        revision: Revision = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual)
        with kit.records.transaction() as db:
            return _told(records.agree(kit, db, signer, dataAgreementId, revision))

    @router.get("/service/individual/record/data-agreement/{dataAgreementId}/")
    def read_by_agreement(
        dataAgreementId: PathId,  # noqa: N803
        individual: Individual = None,
        named: Named = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = records.find(db, individual_id=signer.individual_id, agreement_id=dataAgreementId)
        if not found:
            raise Problem(404, "not-found", "this person has said neither yes nor no to this data agreement")
        return {"consentRecord": found[0]}

    @router.get("/service/individual/record/data-agreement/{dataAgreementId}/all/")
    def list_by_agreement(
        dataAgreementId: PathId,  # noqa: N803
        individual: Individual = None,
        named: Named = None,
        offset: Offset = 0,
        limit: Limit = 100,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = records.find(
                db,
                individual_id=signer.individual_id,
                agreement_id=dataAgreementId,
                offset=offset,
                limit=limit,
            )
        return {"consentRecords": found}

    @router.post("/service/individual/record/consent-record/draft/")
    def create_draft(
        agreement: Annotated[str, Query(alias="dataAgreementId", max_length=64, pattern=PRINTABLE)],
        individual: Individual = None,
        revision: Revision = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual)
        with kit.records.transaction() as db:
            record = records.draft(db, signer.individual_id, agreement, revision)
        return {"consentRecord": record, "signature": unsigned_draft(signer.individual_id)}

    @router.post("/service/individual/record/consent-record/")
    def create_signed(
        body: DraftBody,
        individual: Individual = None,
        named: Named = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        if body.signature.verificationMethod not in ("", METHOD):
            raise Problem(400, "method-unsupported", f"this block signs by the method {METHOD} only")
        signer = acting(kit, authorization, individual or named)
        draft = body.consentRecord
        with kit.records.transaction() as db:
            answer = records.agree(
                kit,
                db,
                signer,
                draft.agreement_id,
                draft.dataAgreementRevisionHash,
                opt_in=draft.optIn,
            )
        return {**_told(answer), "signature": answer.signature}

    @router.get("/service/individual/record/consent-record/")
    def list_own(
        individual: Individual = None,
        named: Named = None,
        offset: Offset = 0,
        limit: Limit = 100,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = records.find(db, individual_id=signer.individual_id, offset=offset, limit=limit)
        return {"consentRecords": found}

    @router.put("/service/individual/record/consent-record/{consentRecordId}/")
    def update(
        consentRecordId: PathId,  # noqa: N803
        body: RecordBody,
        individual: Individual = None,
        named: Named = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            answer = records.change(kit, db, signer, consentRecordId, opt_in=body.consentRecord.optIn)
        return _told(answer)

    return router


def _told(answer: Answer) -> dict[str, Any]:
    return {"consentRecord": answer.record, "revision": answer.revision}
