"""The pages under `/consents`: a person logs in with identity, reads what is asked, and answers.

Whoever may configure publishes an agreement here, too.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from blockkit.app import Kit
from blockkit.doors import Doors, Seal
from blockkit.problems import Problem
from blockkit.records import Connection
from blockkit.signin import SignIn, Visitor
from blocks.consent import documents, individuals, records
from blocks.consent.pages import HOME, Pages, Said
from blocks.consent.records import SCHEMA, Signer
from blocks.consent.revisions import Author, data_of, list_revisions
from blocks.consent.routes.config import create
from blocks.consent.routes.doors import CONFIGURES
from blocks.consent.routes.wire import NAMED, PRINTABLE, Controller, DataAgreement, PathId, plain

MOST_SHOWN = 200
SESSION = "consent-session"
"""The cookie that blockkit.signin keeps the access token in: what a signature is made out to."""

Short = Annotated[str, Query(max_length=500)]
Line = Annotated[str, Form(max_length=500, pattern=PRINTABLE)]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=HOME)
    sign_in = SignIn(kit, "Your consents", HOME)
    pages = Pages(sign_in.address, sign_in.origin, kit.settings.sandbox_id)
    doors = Doors(sign_in, pages)
    doors.add_to(router)
    for_person = doors.for_person

    @router.get("")
    def home(request: Request) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                answers = _answers(db, visitor)
                asked = [
                    (text, answers.get(text["id"], Said(None)))
                    for text in documents.list_all(db, "DataAgreement", 0, MOST_SHOWN)
                ]
            mine = [
                (text, said) for text, said in asked if text.get("active", True) or said.record is not None
            ]
            return pages.home(visitor, mine, publishes=visitor.caller.may_act_as(*CONFIGURES))

        return for_person(request, show)

    @router.get("/publish")
    def show_form(request: Request) -> Response:
        def show(visitor: Visitor) -> Response:
            _require_configurer(visitor)
            return pages.publish(visitor)

        return for_person(request, show)

    @router.post("/publish")
    def publish(
        request: Request,
        seal: Seal,
        name: Annotated[str, Form(pattern=r"^[A-Za-z0-9._-]{1,64}$")],
        purpose: Line,
        asker: Line,
    ) -> Response:
        def act(visitor: Visitor) -> Response:
            visitor.require_seal(seal)
            _require_configurer(visitor)
            agreement = DataAgreement(
                id=name, purpose=purpose, lawfulBasis="consent", controller=Controller(name=asker)
            )
            author = Author(individual_id=visitor.caller.individual_id)
            create(kit, "DataAgreement", plain(agreement), author)
            return RedirectResponse(pages.url("agreements", name), 303)

        return for_person(request, act)

    @router.get("/agreements/{dataAgreementId}")
    def show_agreement(
        request: Request,
        dataAgreementId: PathId,  # noqa: N803  the wire's name
        answered: Short = "",
    ) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                shown = documents.read(db, "DataAgreement", dataAgreementId)
                governing = shown.data.get("policy", {}).get("id")
                policy = documents.find(db, "Policy", governing) if governing else None
                said = _said(db, visitor, dataAgreementId)
            return pages.agreement(visitor, shown, policy, said, answered=bool(answered))

        return for_person(request, show)

    @router.post("/agreements/{dataAgreementId}")
    def answer(
        request: Request,
        dataAgreementId: PathId,  # noqa: N803
        seal: Seal,
        shown: Annotated[str, Form(max_length=64, pattern=NAMED)],
        answer: Annotated[str, Form(pattern="^(yes|no)$")],
    ) -> Response:
        def act(visitor: Visitor) -> Response:
            visitor.require_seal(seal)
            signer = Signer(visitor.caller.individual_id, request.cookies.get(SESSION))
            with kit.records.transaction() as db:
                _answer(kit, db, signer, dataAgreementId, shown, yes=answer == "yes")
            return RedirectResponse(f"{pages.url('agreements', dataAgreementId)}?answered=1", 303)

        return for_person(request, act)

    return router


def _require_configurer(visitor: Visitor) -> None:
    if not visitor.caller.may_act_as(*CONFIGURES):
        raise Problem(403, "not-yours", "agreements are published by registrars and data-protection officers")


def _answer(kit: Kit, db: Connection, signer: Signer, agreement: str, shown: str, *, yes: bool) -> None:
    """Keep an answer. A no needs no text: whoever withdraws may do so whatever became of it."""
    record = _record(db, signer.individual_id, agreement)
    if record is not None and not yes:
        records.change(kit, db, signer, record["id"], opt_in=False)
    else:
        records.agree(kit, db, signer, agreement, shown, opt_in=yes)


def _record(db: Connection, individual: str, agreement: str) -> dict[str, Any] | None:
    return db.execute(
        "SELECT * FROM records WHERE individual_id = %s AND agreement_id = %s",
        [individuals.id_of(db, individual), agreement],
    ).fetchone()


def _answers(db: Connection, visitor: Visitor) -> dict[str, Said]:
    """Give what a person has said to each agreement, without the histories."""
    rows = db.execute(
        "SELECT r.*, EXISTS (SELECT FROM revisions v WHERE v.schema_name = %s AND v.object_id = r.id "
        "AND v.serialized_snapshot::jsonb #>> '{objectData,optIn}' = 'true') AS gave_before "
        "FROM records r WHERE individual_id = %s",
        [SCHEMA, individuals.id_of(db, visitor.caller.individual_id)],
    ).fetchall()
    return {row["agreement_id"]: Said(row, row["gave_before"]) for row in rows}


def _said(db: Connection, visitor: Visitor, agreement: str) -> Said:
    record = _record(db, visitor.caller.individual_id, agreement)
    if record is None:
        return Said(None)
    history = [
        (row["created_at"], bool(data["optIn"]))
        for row in list_revisions(db, SCHEMA, record["id"], 0, MOST_SHOWN)
        if (data := data_of(row)) is not None
    ]
    return Said(record, any(opt_in for _, opt_in in history), tuple(reversed(history)))
