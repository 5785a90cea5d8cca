"""Verification and audit: what others may ask; and the keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import chain, documents, individuals, standing
from blocks.consent.records import SCHEMA
from blocks.consent.revisions import list_revisions, revision_on_the_wire
from blocks.consent.routes.doors import AUDITS, applications, officers
from blocks.consent.routes.wire import Limit, Offset, PathId, QueryId
from blocks.consent.signing import published_keys, signature_on_the_wire


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()
    asking = APIRouter(dependencies=[applications(kit)])
    auditing = APIRouter(dependencies=[officers(kit, AUDITS)])

    @asking.get("/service/verification/data-agreements/")
    @auditing.get("/audit/data-agreements/")
    def list_agreements(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"dataAgreements": documents.list_all(db, "DataAgreement", offset, limit)}

    @auditing.get("/audit/data-agreement/{dataAgreementId}/")
    def read_agreement(dataAgreementId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        with kit.records.transaction() as db:
            return {"dataAgreement": documents.last_text(db, "DataAgreement", dataAgreementId)}

    @asking.get("/service/verification/consent-records/")
    @auditing.get("/audit/consent-records/")
    def list_records(
        individualId: QueryId = None,  # noqa: N803
        dataAgreementId: QueryId = None,  # noqa: N803
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            person = individuals.id_of(db, individualId) if individualId is not None else None
            found = standing.find(
                db, individual_id=person, agreement_id=dataAgreementId, offset=offset, limit=limit
            )
        return {"consentRecords": found}

    @asking.get("/service/verification/consent-record/{consentRecordId}/")
    @auditing.get("/audit/consent-record/{consentRecordId}/")
    def read_record(consentRecordId: PathId) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            answer = standing.read(db, consentRecordId)
        return {"consentRecord": answer.record, "revision": answer.revision}

    @auditing.get("/audit/consent-record/{consentRecordId}/revisions/")
    def list_record_revisions(
        consentRecordId: PathId,  # noqa: N803
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            standing.read(db, consentRecordId)
            history = list_revisions(db, SCHEMA, consentRecordId, offset, limit)
            signatures = standing.last_signatures(db, [row["id"] for row in history])
        told = []
        for row in history:
            signature = signatures.get(row["id"])
            signed = signature_on_the_wire(signature, row) if signature else None
            told.append({**revision_on_the_wire(row), "signature": signed})
        return {"revisions": told}

    @auditing.get("/audit/chain/")
    def check_chain() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return chain.check(db)

    @router.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"keys": published_keys(db)}

    router.include_router(asking)
    router.include_router(auditing)
    return router
