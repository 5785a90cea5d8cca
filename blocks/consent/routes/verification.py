"""Verification and audit: what others may ask, by right and without a person's token; and the keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import documents, records
from blocks.consent.revisions import list_revisions, revision_on_the_wire
from blocks.consent.routes.wire import Limit, Offset, PathId, QueryId
from blocks.consent.signing import find_signature, published_keys, signature_on_the_wire


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/service/verification/data-agreements/")
    @router.get("/audit/data-agreements/")
    def list_agreements(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"dataAgreements": documents.list_all(db, "DataAgreement", offset, limit)}

    @router.get("/audit/data-agreement/{dataAgreementId}/")
    def read_agreement(dataAgreementId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        with kit.records.transaction() as db:
            return {"dataAgreement": documents.read(db, "DataAgreement", dataAgreementId).data}

    @router.get("/service/verification/consent-records/")
    @router.get("/audit/consent-records/")
    def list_records(
        individualId: QueryId = None,  # noqa: N803
        dataAgreementId: QueryId = None,  # noqa: N803
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            found = records.find(
                db, individual_id=individualId, agreement_id=dataAgreementId, offset=offset, limit=limit
            )
        return {"consentRecords": found}

    @router.get("/service/verification/consent-record/{consentRecordId}/")
    @router.get("/audit/consent-record/{consentRecordId}/")
    def read_record(consentRecordId: PathId) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            answer = records.read(db, consentRecordId)
        return {"consentRecord": answer.record, "revision": answer.revision}

    @router.get("/audit/consent-record/{consentRecordId}/revisions/")
    def list_record_revisions(
        consentRecordId: PathId,  # noqa: N803
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            records.read(db, consentRecordId)
            history = list_revisions(db, records.SCHEMA, consentRecordId, offset, limit)
            told = [
                {
                    **revision_on_the_wire(row),
                    "signature": signature_on_the_wire(signature, row)
                    if (signature := find_signature(db, row["id"]))
                    else None,
                }
                for row in history
            ]
        return {"revisions": told}

    @router.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"keys": published_keys(db)}

    return router
