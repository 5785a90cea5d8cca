"""The dialect that GovStack publishes: correlation in headers, an acknowledgement, then the callback.

`X-Callback-URL` is read and not called: in a sandbox every callback goes to the information
mediator, where it is awaited by its correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_minor
from blockkit.problems import Problem
from blocks.payments import batches, beneficiaries, callbacks, validation
from blocks.payments.requests import Refused, Request, content_hash, take
from blocks.payments.routes.compliance import RECEIVED, WITHOUT_PROGRAMME
from blocks.payments.routes.wire import (
    Address,
    CurrencyCode,
    Modality,
    MoneyAmount,
    Text50,
    Up12,
    Up16,
    Up20,
    Up50,
    Up100,
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


class PayeeBody(Wire):
    """A payee to register."""

    payeeIdentity: Up20  # noqa: N815
    PaymentModality: Modality
    FinancialAddress: Address


class RegisterBody(Wire):
    """Body of `POST /identityAccountMapper/beneficiary`."""

    RequestID: Up12
    Beneficiaries: Annotated[tuple[PayeeBody, ...], Field(min_length=1, max_length=10_000)]


class PayeeUpdate(Wire):
    """What changes of a payee; with an institution the address is an account there."""

    payeeIdentity: Up20  # noqa: N815
    bankingInstitutionCode: Institution | None = None  # noqa: N815
    paymentModality: Modality | None = None  # noqa: N815
    financialAddress: Address | None = None  # noqa: N815

    @property
    def address(self) -> str | None:
        """The whole financial address."""
        if self.bankingInstitutionCode and self.financialAddress:
            return f"{self.bankingInstitutionCode}/{self.financialAddress}"
        return self.financialAddress


class UpdateBody(Wire):
    """Body of `PUT /identityAccountMapper/beneficiary`."""

    requestID: Up12  # noqa: N815
    sourceBBID: Up12  # noqa: N815
    beneficiaries: Annotated[tuple[PayeeUpdate, ...], Field(min_length=1, max_length=10_000)]


Correlation = Annotated[Up20, Header(alias="X-CorrelationID")]
Tenant = Annotated[Up20, Header(alias="Platform-TenantId")]
ProgramId = Annotated[Up20 | None, Header(alias="X-Program-Id")]
ClientCorrelation = Annotated[Up20, Header(alias="X-Client-Correlation-ID")]
Registering = Annotated[Up20, Header(alias="X-Registering-Institution-ID")]
CallbackUrl = Annotated[Up100, Header(alias="X-Callback-URL")]


def make_router(kit: Kit, wake: Callable[[], None]) -> APIRouter:
    """Make the routes; `wake` tells the worker that there is something to pay or to deliver."""
    router = APIRouter()

    @router.post("/batchtransactions", status_code=202)
    def hand_over(
        transactions: Annotated[list[Transaction], Field(min_length=1, max_length=10_000)],
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
            validation.keep(
                db, body.batchId, len(checks), failures, kit.clock.today(), correlation=correlation
            )
        wake()
        return {"batchId": body.batchId}

    @router.post("/identityAccountMapper/beneficiary")
    def register_payees(body: RegisterBody, registering: Registering, _: CallbackUrl) -> JSONResponse:
        request = Request("mapper-register", registering, body.RequestID, _hash(body))
        payees = [
            beneficiaries.Beneficiary(one.payeeIdentity, one.PaymentModality, one.FinancialAddress)
            for one in body.Beneficiaries
        ]
        try:
            with kit.records.transaction() as db:
                if take(db, request):
                    beneficiaries.register(db, registering, payees, kit.clock.today())
                    told = {
                        "requestID": body.RequestID,
                        "registerRequestID": body.RequestID,
                        "numberFailedCases": 0,
                        "failedCases": [],
                    }
                    callbacks.queue(db, "beneficiaries-registered", body.RequestID, told, "")
        except Refused as refusal:
            refused = {
                "ResponseCode": "01",
                "ResponseDescription": str(refusal),
                "RequestID": body.RequestID,
            }
            return JSONResponse(refused, status_code=400)
        wake()
        return JSONResponse(_received(body.RequestID))

    @router.put("/identityAccountMapper/beneficiary")
    def update_payees(body: UpdateBody) -> JSONResponse:
        request = Request("mapper-update", body.sourceBBID, body.requestID, _hash(body))
        payees = [
            beneficiaries.Beneficiary(one.payeeIdentity, one.paymentModality, one.address)
            for one in body.beneficiaries
        ]
        try:
            with kit.records.transaction() as db:
                if take(db, request):
                    beneficiaries.update(db, payees, kit.clock.today())
        except Refused as refusal:
            raise Problem(400, "update-refused", str(refusal)) from None
        return JSONResponse(_received(body.requestID))

    return router


def _hash(body: Wire) -> str:
    return content_hash(body.model_dump(mode="json"))


def _received(request_id: str) -> dict[str, Any]:
    return {"responseCode": "00", "responseDescription": RECEIVED, "requestID": request_id}
