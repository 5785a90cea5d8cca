"""Bills and requests to pay as GovStack publishes them: acknowledged at once, told by callbacks.

The published files name the same two headers in several ways; each of them is understood.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Header, Query
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_minor
from blockkit.problems import Problem
from blocks.payments import callbacks
from blocks.payments.billing import bills, requests_to_pay
from blocks.payments.billing.bills import Announcement, Bill, BillRefused
from blocks.payments.requests import Refused, Request, content_hash, take
from blocks.payments.routes.billing_bodies import (
    BillersWord,
    PayersWord,
    Payment,
    PresentedBill,
    RequestToPay,
    Up10,
    VoucherPayment,
)
from blocks.payments.routes.compliance import RECEIVED
from blocks.payments.routes.wire import (
    Header10,
    Header20,
    Header100,
    Up20,
    Wire,
    echo,
    explain,
)
from blocks.payments.vouchers import using
from blocks.payments.vouchers.numbers import Vault
from blocks.payments.vouchers.states import VoucherRefused

BILL_TRANSFER: TypeAdapter[Payment | BillersWord] = TypeAdapter(Payment | BillersWord)

Correlation = Annotated[Header20, Header(alias="X-CorrelationID")]
BillerId = Annotated[Header10, Header(alias="X-billerId")]
CallbackUrl = Annotated[Header100 | None, Header(alias="X-Callback-URL")]
Payload = Annotated[Any, Body()]


def require_tenant(
    tenant: Annotated[Header20 | None, Header(alias="X-Platform-TenantId")] = None,
    plain: Annotated[Header20 | None, Header(alias="Platform-TenantId")] = None,
) -> None:
    """Refuse whoever does not say for whom they ask, in either spelling."""
    _said(tenant or plain, "X-Platform-TenantId")


def payer_fi(
    named: Annotated[Header20 | None, Header(alias="X-PayerFI-Id")] = None,
    plain: Annotated[Header20 | None, Header(alias="PayerFI-Id")] = None,
) -> str | None:
    """Give the payer's institution, in either spelling."""
    return named or plain


PayerFi = Annotated[str | None, Depends(payer_fi)]


def make_router(kit: Kit, vault: Vault, wake: Callable[[], None]) -> APIRouter:
    """Make the routes."""
    asked = [Depends(require_tenant)]
    router = APIRouter()

    @router.put("/billers/{billerId}/bills/{billId}")
    def present(billerId: Up10, billId: Up10, body: PresentedBill) -> dict[str, Any]:  # noqa: N803
        if body.amountAfterDueDate < body.amountOnDueDate:
            raise Problem(400, "invalid-request", "what is due later is not less")
        bill = Bill(
            bill_id=billId,
            biller_id=billerId,
            biller_name=body.billerName,
            currency=body.currency,
            amount=to_minor(Decimal(body.amountOnDueDate), body.currency),
            amount_late=to_minor(Decimal(body.amountAfterDueDate), body.currency),
            due_on=body.dueDate,
        )
        with kit.records.transaction() as db:
            bills.present(db, bill, kit.clock.today())
        return {"billId": billId, "billerId": billerId, **body.model_dump(mode="json")}

    @router.get("/bills/{billId}", status_code=202, dependencies=asked)
    def inquire(
        billId: Up20,  # noqa: N803
        correlation: Correlation,
        payer_fi: PayerFi = None,
        _fields: Annotated[Literal["inquiry"] | None, Query(alias="fields")] = None,
    ) -> dict[str, str]:
        asking = _said(payer_fi, "X-PayerFI-Id")
        request_id = correlation[:12]
        with kit.records.transaction() as db:
            bill = bills.find(db, billId)
            told: dict[str, Any] = {"requestId": request_id, "billId": billId}
            if bill is None:
                told |= {"code": 1, "reason": "there is no such bill"}
            else:
                bills.note_inquiry(db, asking, request_id, billId)
                told |= {"code": 0, "reason": "", "billDetails": bills.describe(bill)}
            callbacks.queue(db, "bill-inquired", correlation, told, current_exchange.get())
        wake()
        return {"responseCode": "00", "reason": RECEIVED, "requestID": request_id}

    @router.post("/billTransferRequests", dependencies=asked)
    def announce(
        correlation: Correlation,
        payload: Payload = None,
        payer_fi: PayerFi = None,
    ) -> JSONResponse:
        try:
            body = BILL_TRANSFER.validate_python(payload)
            if isinstance(body, Payment):
                _announce(kit, body, _said(payer_fi, "X-PayerFI-Id"), correlation)
            else:
                with kit.records.transaction() as db:
                    bills.acknowledge(db, body.billId, taken=body.status == "ACK", today=kit.clock.today())
        except (ValidationError, Refused, BillRefused) as error:
            return _refuse(payload, error)
        wake()
        return JSONResponse(
            {"responseCode": "00", "reason": RECEIVED, "requestID": body.requestId}, status_code=202
        )

    @router.post("/voucherRedemption", dependencies=asked)
    def pay_by_voucher(
        correlation: Correlation,
        payload: Payload = None,
        payer_fi: PayerFi = None,
    ) -> JSONResponse:
        paying = _said(payer_fi, "X-PayerFI-Id")
        try:
            body = VoucherPayment.model_validate(payload)
            _pay_by_voucher(kit, vault, body, paying, correlation)
        except (ValidationError, Refused, BillRefused, VoucherRefused) as error:
            return _refuse(payload, error, id_name="RequestID")
        wake()
        return JSONResponse({"RequestID": body.requestId, "code": "00", "reason": RECEIVED}, status_code=202)

    @router.post("/rtpRequest", dependencies=asked)
    def request_to_pay(
        correlation: Correlation,
        biller: BillerId,
        payload: Payload = None,
        _url: CallbackUrl = None,
    ) -> JSONResponse:
        try:
            body = RequestToPay.model_validate(payload)
            ask = requests_to_pay.Ask(
                biller_id=biller,
                rtp_id=body.rtpId,
                bill_id=body.billID,
                payer_fi=body.payerFiDetails.payerFIBIC
                if body.requestType == "00" and body.payerFiDetails
                else None,
                alias=body.alias.aliasId if body.requestType == "01" and body.alias else None,
                correlation=correlation,
            )
            with kit.records.transaction() as db:
                if take(db, _request("rtp-request", biller, body.requestId, body)):
                    requests_to_pay.send(db, ask, current_exchange.get(), kit.clock.today())
        except (ValidationError, Refused) as error:
            return _refuse(payload, error, described=True)
        wake()
        return _described(body.requestId)

    @router.post("/rtpResponse", dependencies=asked)
    def answer_request(
        _correlation: Correlation,
        _biller: BillerId,
        payload: Payload = None,
    ) -> JSONResponse:
        try:
            body = PayersWord.model_validate(payload)
            with kit.records.transaction() as db:
                requests_to_pay.answer(
                    db,
                    body.txnId,
                    body.rtpStatus,
                    body.rejectReason or "",
                    current_exchange.get(),
                    kit.clock.today(),
                )
        except (ValidationError, Refused) as error:
            return _refuse(payload, error, described=True)
        wake()
        return _described(body.RequestId)

    @router.get("/transferRequests/{transferRequestId}", status_code=202, dependencies=asked)
    def inquire_request(
        transferRequestId: str,  # noqa: N803
        correlation: Correlation,
        biller: BillerId,
    ) -> JSONResponse:
        number = int(transferRequestId) if _is_number(transferRequestId) else -1
        try:
            with kit.records.transaction() as db:
                exchange = current_exchange.get()
                requests_to_pay.tell_status(db, biller, number, correlation, exchange)
        except BillRefused as refusal:
            return _refuse({"requestId": correlation[:12]}, refusal)
        wake()
        return JSONResponse(
            {"responseCode": "00", "reason": RECEIVED, "requestID": correlation[:12]}, status_code=202
        )

    return router


def _announce(kit: Kit, body: Payment, payer_fi: str, correlation: str) -> None:
    told = Announcement(
        payer_fi=payer_fi,
        inquiry=body.billInquiryRequestId,
        bill_id=body.billId,
        reference=body.paymentReferenceID,
    )
    with kit.records.transaction() as db:
        if not take(db, _request("bill-payment", payer_fi, body.requestId, body)):
            return
        answer: dict[str, Any] = {"requestId": body.requestId, "billId": body.billId, "status": "ACK"}
        try:
            bills.pay(db, told, kit.clock.today())
        except BillRefused as refusal:
            answer |= {"status": "RJC", "rejectReason": refusal.reason}
        else:
            mark = {
                "requestID": body.requestId,
                "billId": body.billId,
                "PaymentReferenceID": body.paymentReferenceID,
            }
            callbacks.queue(db, "bill-paid", body.billId, mark, current_exchange.get())
        callbacks.queue(db, "bill-payment-told", correlation, answer, current_exchange.get())


def _pay_by_voucher(kit: Kit, vault: Vault, body: VoucherPayment, payer_fi: str, correlation: str) -> None:
    # What a bill is paid with is no secret any more once it is used, but its hash would find an unused one.
    kept = {**body.model_dump(mode="json"), "VoucherSecretHash": vault.keep(body.VoucherSecretHash)}
    request = Request("bill-by-voucher", payer_fi, body.requestId, content_hash(kept))
    told = Announcement(
        payer_fi=payer_fi,
        inquiry=body.billInquiryRequestId,
        bill_id=body.billId,
        reference=body.requestId,
    )
    with kit.records.transaction() as db:
        if take(db, request):
            voucher = using.find_by_hash(db, vault, body.VoucherSecretHash)
            bills.pay_by_voucher(db, told, voucher, kit.clock.today())
            mark = {
                "requestID": body.requestId,
                "billId": body.billId,
                "PaymentReferenceID": body.requestId,
            }
            callbacks.queue(db, "bill-paid", body.billId, mark, current_exchange.get())
            done = {"requestId": body.requestId, "billId": body.billId, "status": "ACK"}
            callbacks.queue(db, "bill-payment-told", correlation, done, current_exchange.get())


def _said(value: str | None, name: str) -> str:
    if value is None:
        raise Problem(400, "invalid-request", f"the header {name} is missing")
    return value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _request(operation: str, source: str, request_id: str, body: Wire) -> Request:
    return Request(operation, source, request_id, content_hash(body.model_dump(mode="json")))


def _described(request_id: str) -> JSONResponse:
    return JSONResponse({"responseCode": "00", "responseDescription": RECEIVED, "requestID": request_id})


def _refuse(
    payload: Any, error: Exception, *, described: bool = False, id_name: str = "requestID"
) -> JSONResponse:
    words = "responseDescription" if described else "reason"
    code = "responseCode" if described else "code"
    known = echo(payload, "requestId", "RequestId")
    return JSONResponse({code: "01", words: explain(error), id_name: known}, status_code=400)
