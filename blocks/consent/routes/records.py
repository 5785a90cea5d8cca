"""A person's own records: agree, look, sign, withdraw, be forgotten. Always with their own access token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.consent import individuals, own_keys, records, signing, standing
from blocks.consent.records import Signer
from blocks.consent.routes.wire import (
    NAMED,
    Authorization,
    DraftBody,
    Limit,
    Offset,
    PathId,
    RecordBody,
    RevisionId,
    SignatureBody,
    WhoseHeader,
    WhoseQuery,
    acting,
    persons,
)
from blocks.consent.standing import Answer


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[persons(kit)])

    @router.post("/service/individual/record/data-agreement/{dataAgreementId}/")
    def create(
        dataAgreementId: PathId,  # noqa: N803  the wire's name
        individual: WhoseQuery = None,
        revision: RevisionId = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual)
        with kit.records.transaction() as db:
            return _told(records.agree(kit, db, signer, dataAgreementId, revision))

    @router.get("/service/individual/record/data-agreement/{dataAgreementId}/")
    def read_by_agreement(
        dataAgreementId: PathId,  # noqa: N803
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = standing.find(db, individual_id=_entry(db, signer), agreement_id=dataAgreementId)
        if not found:
            raise Problem(404, "not-found", "this person has said neither yes nor no to this data agreement")
        return {"consentRecord": found[0]}

    @router.get("/service/individual/record/data-agreement/{dataAgreementId}/all/")
    def list_by_agreement(
        dataAgreementId: PathId,  # noqa: N803
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        offset: Offset = 0,
        limit: Limit = 100,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = standing.find(
                db,
                individual_id=_entry(db, signer),
                agreement_id=dataAgreementId,
                offset=offset,
                limit=limit,
            )
        return {"consentRecords": found}

    @router.post("/service/individual/record/consent-record/draft/")
    def create_draft(
        agreement: Annotated[str, Query(alias="dataAgreementId", max_length=64, pattern=NAMED)],
        individual: WhoseQuery = None,
        revision: RevisionId = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual)
        with kit.records.transaction() as db:
            record, signature = records.draft(db, signer.individual_id, agreement, revision)
        return {"consentRecord": record, "signature": signature}

    @router.post("/service/individual/record/consent-record/")
    def create_signed(
        body: DraftBody,
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        _check_method(body.signature.verificationMethod)
        signer = acting(kit, authorization, individual or named)
        draft = body.consentRecord
        with kit.records.transaction() as db:
            answer = records.agree_to_draft(
                kit,
                db,
                signer,
                draft.agreement_id,
                draft.dataAgreementRevisionHash,
                body.signature.signature,
                opt_in=draft.optIn,
            )
        return {**_told(answer), "signature": answer.signature}

    @router.get("/service/individual/record/consent-record/")
    def list_own(
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        offset: Offset = 0,
        limit: Limit = 100,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            found = standing.find(db, individual_id=_entry(db, signer), offset=offset, limit=limit)
        return {"consentRecords": found}

    @router.put("/service/individual/record/consent-record/{consentRecordId}/")
    def update(
        consentRecordId: PathId,  # noqa: N803
        body: RecordBody,
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            answer = records.change(kit, db, signer, consentRecordId, opt_in=body.consentRecord.optIn)
        return _told(answer)

    @router.post("/service/individual/record/consent-record/{consentRecordId}/signature/")
    def ask_for_signature(
        consentRecordId: PathId,  # noqa: N803
        body: SignatureBody,
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        _check_method(body.signature.verificationMethod)
        with kit.records.transaction() as db:
            return {"signature": records.ask_for_signature(kit, db, signer, consentRecordId)}

    @router.put("/service/individual/record/consent-record/{consentRecordId}/signature/")
    def sign(
        consentRecordId: PathId,  # noqa: N803
        body: SignatureBody,
        individual: WhoseQuery = None,
        named: WhoseHeader = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        _check_method(body.signature.verificationMethod)
        with kit.records.transaction() as db:
            signed = records.take_signature(kit, db, signer, consentRecordId, body.signature.signature)
        return {"signature": signed}

    @router.delete("/service/individual/record/")
    def forget(
        individual: WhoseQuery = None, named: WhoseHeader = None, authorization: Authorization = None
    ) -> dict[str, Any]:
        signer = acting(kit, authorization, individual or named)
        with kit.records.transaction() as db:
            return {"deleted": records.forget(kit, db, signer)}

    return router


def _entry(db: Connection, signer: Signer) -> str:
    return individuals.id_of(db, signer.individual_id)


def _check_method(method: str) -> None:
    if method not in ("", own_keys.METHOD, signing.METHOD):
        raise Problem(400, "method-unsupported", f"a key of one's own signs by the method {own_keys.METHOD}")


def _told(answer: Answer) -> dict[str, Any]:
    return {"consentRecord": answer.record, "revision": answer.revision}
