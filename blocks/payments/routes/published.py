"""Batches as GovStack publishes them: correlation in headers, an acknowledgement, then the callback.

`X-Callback-URL` is read and not called: in a sandbox every callback goes to the information
mediator, where it is awaited by its correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import Field, model_validator

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_minor
from blockkit.problems import Problem
from blocks.payments import authorisation, batches, reports, validation
from blocks.payments.requests import Refused, content_hash
from blocks.payments.routes.compliance import WITHOUT_PROGRAMME
from blocks.payments.routes.wire import (
    CurrencyCode,
    Header20,
    Header100,
    MoneyAmount,
    Text50,
    Up12,
    Up16,
    Up20,
    Up50,
    Wire,
)

PAYEE_KEY = "payeeIdentity"
Institution = Annotated[str, Field(max_length=11, pattern=r"^[A-Za-z0-9]+$")]


class PartyKey(Wire):
    """How a party is identified."""

    key: Up20
    value: Up50


class Transaction(Wire):
    """One credit; the payee is the credit party's `payeeIdentity`."""

    requestId: Up16  # noqa: N815  the wire's names
    creditParty: tuple[PartyKey, ...]  # noqa: N815
    debitParty: tuple[PartyKey, ...]  # noqa: N815
    paymentMode: Up20  # noqa: N815
    amount: MoneyAmount
    currency: CurrencyCode
    descriptionText: Text50 = ""  # noqa: N815

    @model_validator(mode="after")
    def _can_be_paid(self) -> Transaction:
        to_minor(self.amount, self.currency)
        if sum(party.key == PAYEE_KEY for party in self.creditParty) != 1:
            raise ValueError(f"the credit party needs one {PAYEE_KEY}")
        return self

    @property
    def payee(self) -> str:
        """The payee's functional id."""
        return next(party.value for party in self.creditParty if party.key == PAYEE_KEY)


class AddressInstruction(Wire):
    """An account to validate."""

    instructionID: Up16  # noqa: N815
    financialAddress: Up20  # noqa: N815
    amount: MoneyAmount | None = None
    currency: CurrencyCode | None = None
    narration: Text50 = ""


class AddressesBody(Wire):
    """Body of `/beneficiaries?command=validate`."""

    batchId: Up50  # noqa: N815
    destinationDFSPID: Institution  # noqa: N815
    creditInstructions: Annotated[tuple[AddressInstruction, ...], Field(min_length=1, max_length=10_000)]  # noqa: N815


class AuthorisationBody(Wire):
    """Body of `/batches/{batchId}?command=authorize`; the amount is the whole batch's."""

    batchID: Up50  # noqa: N815
    payerIdentifier: Up20  # noqa: N815
    currency: CurrencyCode
    amount: MoneyAmount

    @model_validator(mode="after")
    def _fits_the_currency(self) -> AuthorisationBody:
        to_minor(self.amount, self.currency)
        return self


Correlation = Annotated[Header20, Header(alias="X-CorrelationID")]
Tenant = Annotated[Header20, Header(alias="Platform-TenantId")]
ProgramId = Annotated[Header20 | None, Header(alias="X-Program-Id")]
ClientCorrelation = Annotated[Header20, Header(alias="X-Client-Correlation-ID")]
Registering = Annotated[Header20, Header(alias="X-Registering-Institution-ID")]
CallbackUrl = Annotated[Header100, Header(alias="X-Callback-URL")]


def make_router(kit: Kit, wake: Callable[[], None]) -> APIRouter:
    """Make the routes; `wake` tells the worker that there is something to pay or to deliver."""
    router = APIRouter()

    @router.post("/batchtransactions", status_code=202)
    def hand_over(
        transactions: Annotated[list[Transaction], Field(min_length=1, max_length=100_000)],
        _type: Annotated[Literal["raw"], Query(alias="type")],
        correlation: Correlation,
        tenant: Tenant,
        _: CallbackUrl,
        program: ProgramId = None,
    ) -> dict[str, str]:
        # The same hand-over again must find its batch, so the id follows from who sent what as which.
        batch_id = content_hash([tenant, correlation])[:12].upper()
        order = batches.Order(
            batch_id=batch_id,
            source_bb=tenant,
            programme=program or WITHOUT_PROGRAMME,
            period="",
            credits=tuple(
                batches.Credit(
                    one.requestId,
                    one.payee,
                    to_minor(one.amount, one.currency),
                    one.currency,
                    one.descriptionText,
                )
                for one in transactions
            ),
            correlation=correlation,
            exchange=current_exchange.get(),
            dialect="published",
        )
        try:
            with kit.records.transaction() as db:
                batches.accept(db, order, kit.clock.today())
        except Refused as refusal:
            raise Problem(400, "batch-refused", str(refusal)) from None
        wake()
        return {"batchId": batch_id}

    @router.post("/beneficiaries", status_code=202)
    def validate_addresses(
        body: AddressesBody,
        _command: Annotated[Literal["validate"], Query(alias="command")],
        correlation: ClientCorrelation,
        _registering: Registering,
        _url: CallbackUrl,
    ) -> dict[str, str]:
        checks = [
            validation.Check(
                one.instructionID, f"{body.destinationDFSPID}/{one.financialAddress}", one.currency or ""
            )
            for one in body.creditInstructions
        ]
        failures = validation.find_failures(kit, checks)
        with kit.records.transaction() as db:
            validation.keep(db, body.batchId, len(checks), failures, kit.clock.today())
            validation.tell_published(db, body.batchId, failures, correlation)
        wake()
        return {"batchId": body.batchId}

    @router.post("/batches/{batchId}", status_code=202)
    def authorize_funds(
        batchId: Up50,  # noqa: N803
        body: AuthorisationBody,
        _command: Annotated[Literal["authorize"], Query(alias="command")],
        correlation: ClientCorrelation,
        _url: CallbackUrl,
    ) -> dict[str, str]:
        if body.batchID != batchId:
            raise Problem(400, "batch-ids-differ", "the batch ids of path and body differ")
        with kit.records.transaction() as db:
            amount = to_minor(body.amount, body.currency)
            authorisation.decide(db, body.payerIdentifier, amount, body.currency, correlation)
        wake()
        return {"message": "authorization is in process"}

    @router.get("/api/v1/batch/detail")
    def list_transactions(
        batchId: Up50,  # noqa: N803
        tenant: Tenant,
        direction: Annotated[Up12 | None, Query()] = None,
        pageNo: Annotated[int, Query(ge=0, le=10**6)] = 0,  # noqa: N803
        pageSize: Annotated[int, Query(ge=1, le=10_000)] = 100,  # noqa: N803
        status: Annotated[Up20 | None, Query()] = None,
    ) -> list[dict[str, Any]]:
        page = reports.Page(batchId, tenant, status, pageNo, pageSize)
        if direction not in (None, "OUTGOING"):
            return []
        with kit.records.transaction() as db:
            return reports.list_transactions(db, page)

    return router
