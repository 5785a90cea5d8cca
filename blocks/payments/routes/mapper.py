"""The account mapper as GovStack publishes it: registering and updating payees, and looking them up.

A request is acknowledged and its result told by a callback, payee by payee. Whoever asks sees only
those payees that it registered itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.records import Connection
from blocks.payments import beneficiaries, callbacks
from blocks.payments.beneficiaries import Beneficiary
from blocks.payments.requests import Refused, Request, content_hash, take
from blocks.payments.routes.compliance import RECEIVED
from blocks.payments.routes.published import CallbackUrl, Institution, Registering
from blocks.payments.routes.wire import Address, Header20, Header100, Modality, Up12, Up20, Wire


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
    status: Literal["0", "1"] | None = None

    @property
    def address(self) -> str | None:
        """The whole financial address."""
        if self.bankingInstitutionCode and self.financialAddress:
            return f"{self.bankingInstitutionCode}/{self.financialAddress}"
        return self.financialAddress

    @property
    def is_active(self) -> bool | None:
        """Whether the payee may be paid from now on; None leaves it."""
        return None if self.status is None else self.status == "1"


class UpdateBody(Wire):
    """Body of `PUT /identityAccountMapper/beneficiary`."""

    requestID: Up12  # noqa: N815
    sourceBBID: Up12  # noqa: N815
    beneficiaries: Annotated[tuple[PayeeUpdate, ...], Field(min_length=1, max_length=10_000)]


class LookUpBody(Wire):
    """Body of `PUT /beneficiary`."""

    requestId: Up12  # noqa: N815
    payeePartyIds: Annotated[tuple[Up20, ...], Field(min_length=1, max_length=10_000)]  # noqa: N815


Asking = Annotated[Header20, Header(alias="registeringInstitutionId")]
UnderscoredCallbackUrl = Annotated[Header100, Header(alias="X-Callback_URL")]


def make_router(kit: Kit, wake: Callable[[], None]) -> APIRouter:
    """Make the routes; `wake` tells the worker that there is something to deliver."""
    router = APIRouter()

    @router.post("/identityAccountMapper/beneficiary")
    def register_payees(body: RegisterBody, registering: Registering, _: CallbackUrl) -> JSONResponse:
        payees = [
            Beneficiary(one.payeeIdentity, one.PaymentModality, one.FinancialAddress)
            for one in body.Beneficiaries
        ]
        request = Request("mapper-register", registering, body.RequestID, _hash(body))

        def act(db: Connection, one: Beneficiary) -> None:
            beneficiaries.register(db, registering, [one], kit.clock.today())

        return _acknowledge(request, payees, act, "payeeIdentity", "beneficiaries-registered")

    @router.put("/identityAccountMapper/beneficiary")
    def update_payees(body: UpdateBody) -> JSONResponse:
        payees = [
            Beneficiary(one.payeeIdentity, one.paymentModality, one.address, one.is_active)
            for one in body.beneficiaries
        ]
        request = Request("mapper-update", body.sourceBBID, body.requestID, _hash(body))

        def act(db: Connection, one: Beneficiary) -> None:
            beneficiaries.update(db, [one], kit.clock.today())

        return _acknowledge(request, payees, act, "payeeFunctionalID", "beneficiaries-updated")

    def _acknowledge(
        request: Request,
        payees: Iterable[Beneficiary],
        act: Callable[[Connection, Beneficiary], None],
        name: str,
        kind: str,
    ) -> JSONResponse:
        try:
            with kit.records.transaction() as db:
                if take(db, request):
                    failed = [
                        _failure(name, one, refusal)
                        for one in payees
                        if (refusal := _refusal(db, act, one)) is not None
                    ]
                    _tell(db, kind, request.request_id, failed)
        except Refused as refusal:
            return _refuse(request.request_id, str(refusal))
        wake()
        return JSONResponse(
            {"responseCode": "00", "responseDescription": RECEIVED, "requestID": request.request_id}
        )

    @router.get("/beneficiary/")
    def look_up(
        payeeIdentity: Annotated[Up20, Query()],  # noqa: N803
        requestId: Annotated[Up12, Query()],  # noqa: N803
        asking: Asking,
        _: UnderscoredCallbackUrl,
    ) -> dict[str, Any]:
        return _found(kit, requestId, asking, [payeeIdentity])

    @router.put("/beneficiary")
    def look_up_several(body: LookUpBody, asking: Asking, _: UnderscoredCallbackUrl) -> dict[str, Any]:
        return _found(kit, body.requestId, asking, body.payeePartyIds)

    return router


def _found(kit: Kit, request_id: str, asking: str, payees: Iterable[str]) -> dict[str, Any]:
    with kit.records.transaction() as db:
        found = beneficiaries.look_up(db, asking, payees)
    return {
        "requestId": request_id,
        "paymentModalityList": [
            {
                "payeeIdentity": one.functional_id,
                "paymentModality": one.modality,
                "financialAddress": one.financial_address,
                "bankingInstitutionCode": route.institution if route else "",
            }
            for one in found
            for route in [beneficiaries.route_of(one.financial_address or "")]
        ],
    }


def _refusal(
    db: Connection, act: Callable[[Connection, Beneficiary], None], one: Beneficiary
) -> Refused | None:
    try:
        act(db, one)
    except Refused as refusal:
        return refusal
    return None


def _failure(name: str, one: Beneficiary, refusal: Refused) -> dict[str, str]:
    route = beneficiaries.route_of(one.financial_address or "")
    return {
        name: one.functional_id,
        "bankingInstitutionCode": route.institution[:11] if route else "",
        "paymentModality": one.modality or "00",
        "failureReason": str(refusal)[:100],
    }


def _tell(db: Connection, kind: str, request_id: str, failed: list[dict[str, str]]) -> None:
    told = {
        "requestID": request_id,
        "registerRequestID": request_id,
        "numberFailedCases": len(failed),
        "failedCases": failed,
    }
    callbacks.queue(db, kind, request_id, told, current_exchange.get())


def _refuse(request_id: str, reason: str) -> JSONResponse:
    refused = {"ResponseCode": "01", "ResponseDescription": reason, "RequestID": request_id}
    return JSONResponse(refused, status_code=400)


def _hash(body: Wire) -> str:
    return content_hash(body.model_dump(mode="json"))
