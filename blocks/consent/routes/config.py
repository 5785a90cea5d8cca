"""Configuration: policies and data agreements, for officers whose application has the right to it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import documents, events
from blocks.consent.documents import Document, Kind
from blocks.consent.revisions import Author, list_revisions, revision_on_the_wire
from blocks.consent.routes.doors import CONFIGURES, applications, officers
from blocks.consent.routes.wire import (
    Client,
    DataAgreementBody,
    Limit,
    Offset,
    PathId,
    PolicyBody,
    RevisionId,
    application,
    plain,
)

TOLD_AS = {
    "Policy": ("policy", "policy-changed"),
    "DataAgreement": ("dataAgreement", "data-agreement-changed"),
}


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()
    router.include_router(_policies(kit))
    router.include_router(_agreements(kit))
    router.include_router(_for_everybody(kit))
    return router


def _policies(kit: Kit) -> APIRouter:
    router = APIRouter(dependencies=[officers(kit, CONFIGURES)])

    @router.post("/config/policy/")
    def create_policy(body: PolicyBody, client: Client = "") -> dict[str, Any]:
        return create(kit, "Policy", plain(body.policy), application(client))

    @router.get("/config/policy/{policyId}/")
    def read_policy(policyId: PathId, revision: RevisionId = None) -> dict[str, Any]:  # noqa: N803  the wire's name
        return _read(kit, "Policy", policyId, revision)

    @router.put("/config/policy/{policyId}/")
    def update_policy(policyId: PathId, body: PolicyBody, client: Client = "") -> dict[str, Any]:  # noqa: N803  the wire's name
        return _update(kit, "Policy", policyId, plain(body.policy), client)

    @router.delete("/config/policy/{policyId}/")
    def delete_policy(policyId: PathId, client: Client = "") -> dict[str, Any]:  # noqa: N803  the wire's name
        return _delete(kit, "Policy", policyId, client)

    @router.get("/config/policy/{policyId}/revisions/")
    def list_policy_revisions(policyId: PathId, offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:  # noqa: N803  the wire's name
        with kit.records.transaction() as db:
            policy = documents.last_text(db, "Policy", policyId)
            history = list_revisions(db, "Policy", policyId, offset, limit)
        return {"policy": policy, "revisions": [revision_on_the_wire(row) for row in history]}

    @router.get("/config/policies/")
    def list_policies(revision: RevisionId = None, offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"policies": documents.list_all(db, "Policy", offset, limit, revision)}

    return router


def _agreements(kit: Kit) -> APIRouter:
    router = APIRouter(dependencies=[officers(kit, CONFIGURES)])

    @router.post("/config/data-agreement/")
    def create_agreement(body: DataAgreementBody, client: Client = "") -> dict[str, Any]:
        return create(kit, "DataAgreement", plain(body.dataAgreement), application(client))

    @router.get("/config/data-agreement/{dataAgreementId}/")
    def read_agreement(dataAgreementId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        return _read(kit, "DataAgreement", dataAgreementId)

    @router.put("/config/data-agreement/{dataAgreementId}/")
    def update_agreement(
        dataAgreementId: PathId,  # noqa: N803  the wire's name
        body: DataAgreementBody,
        client: Client = "",
    ) -> dict[str, Any]:
        return _update(kit, "DataAgreement", dataAgreementId, plain(body.dataAgreement), client)

    @router.delete("/config/data-agreement/{dataAgreementId}/")
    def delete_agreement(dataAgreementId: PathId, client: Client = "") -> dict[str, Any]:  # noqa: N803  the wire's name
        return _delete(kit, "DataAgreement", dataAgreementId, client)

    @router.get("/config/data-agreements/")
    def list_agreements(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            # The published list has the singular for its name.
            return {"dataAgreement": documents.list_all(db, "DataAgreement", offset, limit)}

    return router


def _for_everybody(kit: Kit) -> APIRouter:
    router = APIRouter(dependencies=[applications(kit)])

    @router.get("/service/policy/{policyId}/")
    def read_policy(policyId: PathId, revision: RevisionId = None) -> dict[str, Any]:  # noqa: N803  the wire's name
        return _read(kit, "Policy", policyId, revision)

    @router.get("/service/data-agreement/{dataAgreementId}/")
    def read_agreement(dataAgreementId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        return _read(kit, "DataAgreement", dataAgreementId)

    return router


def create(kit: Kit, kind: Kind, data: dict[str, Any], author: Author) -> dict[str, Any]:
    """Add a document and tell whoever listens. Raises Problem 400 for what is there already."""
    with kit.records.transaction() as db:
        made = documents.create(db, kit.clock, kind, data, author)
        if made.changed:
            events.queue(db, TOLD_AS[kind][1], kit.clock.now(), _facts(made))
    return _told(kind, made)


def _read(kit: Kit, kind: Kind, identifier: str, revision: str | None = None) -> dict[str, Any]:
    with kit.records.transaction() as db:
        return _told(kind, documents.read(db, kind, identifier, revision))


def _update(kit: Kit, kind: Kind, identifier: str, data: dict[str, Any], client: str) -> dict[str, Any]:
    with kit.records.transaction() as db:
        changed = documents.update(db, kit.clock, kind, identifier, data, application(client))
        if changed.changed:
            events.queue(db, TOLD_AS[kind][1], kit.clock.now(), _facts(changed))
    return _told(kind, changed)


def _delete(kit: Kit, kind: Kind, identifier: str, client: str) -> dict[str, Any]:
    with kit.records.transaction() as db:
        gone = documents.delete(db, kit.clock, kind, identifier, application(client))
        if gone.changed:
            events.queue(db, TOLD_AS[kind][1], kit.clock.now(), {**_facts(gone), "deleted": True})
    return {"revision": revision_on_the_wire(gone.revision)}


def _facts(document: Document) -> dict[str, Any]:
    return {"id": document.id, "revisionHash": document.revision["serialized_hash"]}


def _told(kind: Kind, document: Document) -> dict[str, Any]:
    return {TOLD_AS[kind][0]: document.data, "revision": revision_on_the_wire(document.revision)}
