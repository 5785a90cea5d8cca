"""Configuration: policies, data agreements and individuals, for applications with the right to it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import documents, individuals
from blocks.consent.documents import Document
from blocks.consent.revisions import list_revisions, revision_on_the_wire
from blocks.consent.routes.wire import (
    Client,
    DataAgreementBody,
    IndividualBody,
    Limit,
    Offset,
    PathId,
    PolicyBody,
    application,
    plain,
)


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/config/policy/")
    def create_policy(body: PolicyBody, client: Client = "") -> dict[str, Any]:
        with kit.records.transaction() as db:
            made = documents.create(db, kit.clock, "Policy", plain(body.policy), application(client))
        return _told("policy", made)

    @router.get("/config/policy/{policyId}/")
    @router.get("/service/policy/{policyId}/")
    def read_policy(policyId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        with kit.records.transaction() as db:
            return _told("policy", documents.read(db, "Policy", policyId))

    @router.put("/config/policy/{policyId}/")
    def update_policy(policyId: PathId, body: PolicyBody, client: Client = "") -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            author = application(client)
            return _told(
                "policy", documents.update(db, kit.clock, "Policy", policyId, plain(body.policy), author)
            )

    @router.get("/config/policy/{policyId}/revisions/")
    def list_policy_revisions(policyId: PathId, offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            policy = documents.read(db, "Policy", policyId)
            history = list_revisions(db, "Policy", policyId, offset, limit)
        return {"policy": policy.data, "revisions": [revision_on_the_wire(row) for row in history]}

    @router.get("/config/policies/")
    def list_policies(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"policies": documents.list_all(db, "Policy", offset, limit)}

    @router.post("/config/data-agreement/")
    def create_agreement(body: DataAgreementBody, client: Client = "") -> dict[str, Any]:
        with kit.records.transaction() as db:
            made = documents.create(
                db, kit.clock, "DataAgreement", plain(body.dataAgreement), application(client)
            )
        return _told("dataAgreement", made)

    @router.get("/config/data-agreement/{dataAgreementId}/")
    @router.get("/service/data-agreement/{dataAgreementId}/")
    def read_agreement(dataAgreementId: PathId) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return _told("dataAgreement", documents.read(db, "DataAgreement", dataAgreementId))

    @router.put("/config/data-agreement/{dataAgreementId}/")
    def update_agreement(
        dataAgreementId: PathId,  # noqa: N803
        body: DataAgreementBody,
        client: Client = "",
    ) -> dict[str, Any]:
        text, author = plain(body.dataAgreement), application(client)
        with kit.records.transaction() as db:
            changed = documents.update(db, kit.clock, "DataAgreement", dataAgreementId, text, author)
        return _told("dataAgreement", changed)

    @router.get("/config/data-agreements/")
    def list_agreements(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            # The published list has the singular for its name.
            return {"dataAgreement": documents.list_all(db, "DataAgreement", offset, limit)}

    @router.post("/config/individual/")
    @router.post("/service/individual/")
    def create_individual(body: IndividualBody) -> dict[str, Any]:
        wish = body.individual
        with kit.records.transaction() as db:
            row = individuals.create(db, wish.externalId, wish.externalIdType, wish.identityProviderId)
        return {"individual": individuals.individual_on_the_wire(row)}

    @router.get("/config/individual/{individualId}/")
    @router.get("/service/individual/{individualId}/")
    def read_individual(individualId: PathId) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return {"individual": individuals.individual_on_the_wire(individuals.read(db, individualId))}

    @router.get("/config/individuals/")
    @router.get("/service/individuals/")
    def list_individuals(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            rows = individuals.list_all(db, offset, limit)
        return {"individuals": [individuals.individual_on_the_wire(row) for row in rows]}

    return router


def _told(name: str, document: Document) -> dict[str, Any]:
    return {name: document.data, "revision": revision_on_the_wire(document.revision)}
