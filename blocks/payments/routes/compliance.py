"""The dialect of GovStack's compliance harness: identifiers of exact lengths, ResponseCode `00` or `01`.

A refusal, a missing body included, is 400 with ResponseCode `01` and says why without
repeating what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError, model_validator

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_minor
from blocks.payments import batches, beneficiaries, validation
from blocks.payments.requests import Refused, Request, content_hash, is_replay, take
from blocks.payments.routes.wire import (
    Address,
    CreditInstruction,
    Id12,
    Id20,
    Modality,
    PeriodName,
    ProgrammeName,
    Wire,
    echo,
    explain,
)

RECEIVED = "request received"
WITHOUT_PROGRAMME = "general"


class BeneficiaryBody(Wire):
    """A payee and its account."""

    PayeeFunctionalID: Id20
    PaymentModality: Modality
    FinancialAddress: Address


class BeneficiariesBody(Wire):
    """Body of `/register-beneficiary` and `/update-beneficiary-details`."""

    RequestID: Id12
    SourceBBID: Id12
    Beneficiaries: Annotated[tuple[BeneficiaryBody, ...], Field(min_length=1, max_length=10_000)]


class ValidationBody(Wire):
    """Body of `/prepayment-validation`."""

    RequestID: Id12
    SourceBBID: Id12
    BatchID: Id12
    CreditInstructions: Annotated[tuple[CreditInstruction, ...], Field(min_length=1, max_length=100_000)]


class BulkBody(ValidationBody):
    """Body of `/bulk-payment`; with a programme and a period each payee is entitled once in it."""

    Programme: ProgrammeName | None = None
    Period: PeriodName | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> BulkBody:
        if (self.Programme is None) != (self.Period is None):
            raise ValueError("Programme and Period belong together")
        return self


AnyBody = TypeVar("AnyBody", BeneficiariesBody, ValidationBody, BulkBody)
Payload = Annotated[Any, Body()]


def make_router(kit: Kit, wake: Callable[[], None]) -> APIRouter:
    """Make the routes; `wake` tells the worker that there is something to pay or to deliver."""
    router = APIRouter()

    def register(body: BeneficiariesBody) -> None:
        with kit.records.transaction() as db:
            if take(db, _request("register-beneficiary", body)):
                beneficiaries.register(db, body.SourceBBID, _payees(body), kit.clock.today())

    def update(body: BeneficiariesBody) -> None:
        with kit.records.transaction() as db:
            if take(db, _request("update-beneficiary-details", body)):
                beneficiaries.update(db, _payees(body), kit.clock.today())

    def validate(body: ValidationBody) -> None:
        request = _request("prepayment-validation", body)
        credits = [
            (one.InstructionID, one.PayeeFunctionalID, one.Currency) for one in body.CreditInstructions
        ]
        with kit.records.transaction() as db:
            if is_replay(db, request):
                return
            checks = validation.checks_for(db, credits)
        failures = validation.find_failures(kit, checks)
        with kit.records.transaction() as db:
            if take(db, request):
                validation.keep(db, body.BatchID, len(checks), failures, kit.clock.today())
                validation.tell(db, body.BatchID)
        wake()

    def pay(body: BulkBody) -> None:
        order = batches.Order(
            batch_id=body.BatchID,
            source_bb=body.SourceBBID,
            programme=body.Programme or WITHOUT_PROGRAMME,
            period=body.Period or "",
            credits=tuple(_credit(one) for one in body.CreditInstructions),
            correlation=body.BatchID,
            exchange=current_exchange.get(),
        )
        with kit.records.transaction() as db:
            if take(db, _request("bulk-payment", body)):
                batches.accept(db, order, kit.clock.today())
        wake()

    @router.post("/register-beneficiary")
    def register_beneficiary(payload: Payload = None) -> JSONResponse:
        return answer(payload, BeneficiariesBody, register)

    @router.post("/update-beneficiary-details")
    def update_beneficiary(payload: Payload = None) -> JSONResponse:
        return answer(payload, BeneficiariesBody, update)

    @router.post("/prepayment-validation")
    def validate_prepayment(payload: Payload = None) -> JSONResponse:
        return answer(payload, ValidationBody, validate)

    @router.post("/bulk-payment")
    def pay_bulk(payload: Payload = None) -> JSONResponse:
        return answer(payload, BulkBody, pay)

    return router


def answer(payload: Any, form: type[AnyBody], act: Callable[[AnyBody], None]) -> JSONResponse:
    """Read the payload, act on it, and answer in the dialect's form."""
    if not isinstance(payload, dict):
        return _say("01", "the body: a JSON object was wanted", "")
    request_id = echo(payload, "RequestID")
    if len(request_id) != 12:
        request_id = ""
    try:
        act(form.model_validate(payload))
    except (ValidationError, Refused) as error:
        return _say("01", explain(error), request_id)
    return _say("00", RECEIVED, request_id)


def _say(code: str, description: str, request_id: str) -> JSONResponse:
    return JSONResponse(
        {"ResponseCode": code, "ResponseDescription": description[:200], "RequestID": request_id},
        status_code=200 if code == "00" else 400,
    )


def _request(operation: str, body: BeneficiariesBody | ValidationBody) -> Request:
    return Request(operation, body.SourceBBID, body.RequestID, content_hash(body.model_dump(mode="json")))


def _payees(body: BeneficiariesBody) -> list[beneficiaries.Beneficiary]:
    return [
        beneficiaries.Beneficiary(one.PayeeFunctionalID, one.PaymentModality, one.FinancialAddress)
        for one in body.Beneficiaries
    ]


def _credit(one: CreditInstruction) -> batches.Credit:
    return batches.Credit(
        instruction_id=one.InstructionID,
        payee=one.PayeeFunctionalID,
        amount=to_minor(one.Amount, one.Currency),
        currency=one.Currency,
        narration=one.Narration or "",
    )
