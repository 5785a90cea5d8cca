"""Vouchers in the dialect that GovStack publishes: batches of them, an acknowledgement, then a callback."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints, ValidationError, model_validator

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_major, to_minor
from blockkit.records import Connection
from blocks.payments import callbacks
from blocks.payments.requests import Refused, Request, content_hash, is_replay, take
from blocks.payments.routes.compliance import RECEIVED
from blocks.payments.routes.wire import (
    VISIBLE,
    CurrencyCode,
    Header20,
    MoneyAmount,
    Text50,
    Up12,
    Up16,
    Up20,
    Wire,
    echo,
    explain,
)
from blocks.payments.vouchers import ending, issuing, serials, using
from blocks.payments.vouchers.issuing import Made, Origin, Wish
from blocks.payments.vouchers.numbers import Vault
from blocks.payments.vouchers.states import NUMBERS, UNKNOWN, VoucherRefused, state_on

UNNAMED = "bb-payments"
"""Whose vouchers they are when the request names no registering institution."""

Up6 = Annotated[str, StringConstraints(min_length=1, max_length=6, pattern=VISIBLE)]
Up10 = Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=VISIBLE)]
Payload = Annotated[Any, Body()]
Act = Callable[[Connection, str, str, date], None]


class NewVoucher(Wire):
    """A voucher to make."""

    instructionID: Up16  # noqa: N815  the wire's names
    groupCode: Annotated[str, StringConstraints(min_length=1, max_length=3, pattern=VISIBLE)]  # noqa: N815
    currency: CurrencyCode
    amount: MoneyAmount
    payeeFunctionalID: Up20  # noqa: N815
    narration: Text50 = ""

    @model_validator(mode="after")
    def _fits_the_currency(self) -> NewVoucher:
        to_minor(self.amount, self.currency)
        return self


class Creation(Wire):
    """Body of `POST /vouchers`."""

    requestID: Up12  # noqa: N815
    batchID: Up12  # noqa: N815
    voucherInstructions: Annotated[tuple[NewVoucher, ...], Field(min_length=1, max_length=10_000)]  # noqa: N815


class Serial(Wire):
    """A voucher by its serial number."""

    serialNumber: Up20  # noqa: N815


class Activation(Wire):
    """Body of `PUT /vouchers?command=activate`."""

    RequestID: Up12
    BatchID: Up12
    VoucherInstructions: Annotated[tuple[Serial, ...], Field(min_length=1, max_length=10_000)]


class Cancellation(Wire):
    """Body of `POST /vouchers?command=cancel`."""

    requestID: Up12  # noqa: N815
    batchID: Up12  # noqa: N815
    voucherInstructions: Annotated[tuple[Serial, ...], Field(min_length=1, max_length=10_000)]  # noqa: N815


class Redemption(Wire):
    """Body of a redemption at an agent's."""

    requestID: Up12  # noqa: N815
    voucherSerialNumber: Up20  # noqa: N815
    agentID: Up10  # noqa: N815
    voucherSecretNumber: Up6  # noqa: N815


Registering = Annotated[Header20 | None, Header(alias="X-Registering-Institution-Id")]


def make_router(kit: Kit, vault: Vault, wake: Callable[[], None]) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/vouchers")
    def order_vouchers(
        payload: Payload = None,
        command: Annotated[Literal["cancel", "redeem"] | None, Query()] = None,
        registering: Registering = None,
    ) -> JSONResponse:
        # GovStack publishes the redemption with the command of the cancellation; bodies tell them apart.
        redeeming = isinstance(payload, dict) and "voucherSecretNumber" in payload
        try:
            if command == "redeem" or (command == "cancel" and redeeming):
                return _redeem(kit, vault, Redemption.model_validate(payload))
            if command == "cancel":
                answer = _cancel(kit, Cancellation.model_validate(payload), registering or UNNAMED)
            else:
                answer = _create(kit, vault, Creation.model_validate(payload), registering or UNNAMED)
        except (ValidationError, Refused, VoucherRefused) as error:
            return _refuse(payload, "requestID", error)
        wake()
        return answer

    @router.put("/vouchers")
    def update_vouchers(
        _command: Annotated[Literal["activate"], Query(alias="command")],
        payload: Payload = None,
        registering: Registering = None,
    ) -> JSONResponse:
        try:
            body = Activation.model_validate(payload)
            with kit.records.transaction() as db:
                source = registering or UNNAMED
                if take(db, _request("vouchers-activate", source, body.RequestID, body)):
                    failed = _try_each(db, body.VoucherInstructions, source, kit, issuing.activate)
                    _tell(db, "vouchers-activated", body.RequestID, failed)
        except (ValidationError, Refused) as error:
            return _refuse(payload, "RequestID", error)
        wake()
        return JSONResponse(
            {"ResponseCode": "00", "ResponseDescription": RECEIVED, "RequestID": body.RequestID}
        )

    @router.get("/vouchers/{serialNumber}")
    def read_status(
        serialNumber: str,  # noqa: N803
        _fields: Annotated[Literal["status"], Query(alias="fields")],
    ) -> JSONResponse:
        with kit.records.transaction() as db:
            voucher = serials.find(db, serialNumber)
        state = "void" if voucher is None else state_on(voucher, kit.clock.today())
        if voucher is None or state not in NUMBERS:
            unknown = {"status": UNKNOWN, "message": "there is no such voucher", "value": 0.0}
            return JSONResponse({**unknown, "serialNumber": serialNumber[:20]}, status_code=400)
        return JSONResponse(
            {
                "status": NUMBERS[state],
                "serialNumber": serials.write_short(voucher["serial"]),
                "value": to_major(voucher["amount"], voucher["currency"]),
            }
        )

    return router


def _create(kit: Kit, vault: Vault, body: Creation, source: str) -> JSONResponse:
    with kit.records.transaction() as db:
        if take(db, _request("vouchers-create", source, body.requestID, body)):
            wishes = [
                Wish(
                    group=one.groupCode,
                    currency=one.currency,
                    amount=to_minor(one.amount, one.currency),
                    instruction_id=one.instructionID,
                    payee=one.payeeFunctionalID,
                    narration=one.narration,
                )
                for one in body.voucherInstructions
            ]
            origin = Origin(source_bb=source, batch_id=body.batchID)
            made = issuing.pre_activate(db, vault, wishes, origin, kit.clock.today())
            told = {
                "requestID": body.requestID,
                "batchID": body.batchID,
                "voucherInstructions": [_describe(vault, one) for one in made],
            }
            callbacks.queue(db, "vouchers-created", body.requestID, told, current_exchange.get())
    return JSONResponse({"ResponseCode": "00", "ResponseDescription": RECEIVED, "RequestID": body.requestID})


def _describe(vault: Vault, made: Made) -> dict[str, Any]:
    """Tell a voucher to who ordered it; its number stays sealed until it is disclosed to a person."""
    return {
        "instructionID": made.wish.instruction_id,
        "serialNumber": serials.write_short(made.serial),
        "voucherNumber": b64encode(vault.seal(made.serial, made.number)).decode(),
        "currency": made.wish.currency,
        "amount": to_major(made.wish.amount, made.wish.currency),
        "narration": made.wish.narration,
    }


def _cancel(kit: Kit, body: Cancellation, source: str) -> JSONResponse:
    with kit.records.transaction() as db:
        if take(db, _request("vouchers-cancel", source, body.requestID, body)):
            failed = _try_each(db, body.voucherInstructions, source, kit, ending.cancel)
            _tell(db, "vouchers-cancelled", body.requestID, failed)
    return JSONResponse({"responseCode": "00", "responseDescription": RECEIVED, "requestID": body.requestID})


def _redeem(kit: Kit, vault: Vault, body: Redemption) -> JSONResponse:
    # The digest of a short secret is no secret: what is kept of it is made with the vault's key.
    kept = {**body.model_dump(mode="json"), "voucherSecretNumber": vault.keep(body.voucherSecretNumber)}
    request = Request("vouchers-redeem", body.agentID, body.requestID, content_hash(kept))
    with kit.records.transaction() as db:
        # No error may leave this transaction: it counts wrong secrets.
        try:
            done = _redeem_once(db, kit, vault, body, request)
        except (VoucherRefused, Refused) as refusal:
            return _say_redeemed(body.voucherSerialNumber, str(refusal))
    voucher = done.voucher
    return JSONResponse(
        {
            "status": 1,
            "message": "redeemed",
            "serialNumber": serials.write_short(voucher["serial"]),
            "value": to_major(voucher["amount"], voucher["currency"]),
            "timestamp": done.at.isoformat(),
            "transactionId": str(done.journal),
        }
    )


def _redeem_once(
    db: Connection, kit: Kit, vault: Vault, body: Redemption, request: Request
) -> using.Redemption:
    voucher = using.find_by_serial_and_secret(db, vault, body.voucherSerialNumber, body.voucherSecretNumber)
    if voucher is None:
        raise VoucherRefused(461, "no such voucher")
    if is_replay(db, request):
        return using.redemption_of(db, voucher)
    merchant = using.find_agent(db, body.agentID)
    done = using.redeem(db, voucher, merchant, override=False, today=kit.clock.today())
    take(db, request)
    return done


def _say_redeemed(serial: str, message: str) -> JSONResponse:
    return JSONResponse({"status": 0, "message": message[:20], "serialNumber": serial})


def _try_each(
    db: Connection, given: Sequence[Serial], source: str, kit: Kit, act: Act
) -> list[dict[str, str]]:
    failed = []
    for one in given:
        try:
            act(db, one.serialNumber, source, kit.clock.today())
        except VoucherRefused as refusal:
            failed.append({"serialNumber": one.serialNumber, "failureReason": refusal.message[:100]})
    return failed


def _tell(db: Connection, kind: str, request_id: str, failed: list[dict[str, str]]) -> None:
    told = {
        "requestID": request_id,
        "registerRequestID": request_id,
        "numberFailedCases": len(failed),
        "failedCases": failed,
    }
    callbacks.queue(db, kind, request_id, told, current_exchange.get())


def _request(operation: str, source: str, request_id: str, body: Wire) -> Request:
    return Request(operation, source, request_id, content_hash(body.model_dump(mode="json")))


def _refuse(payload: Any, name: str, error: Exception) -> JSONResponse:
    refused = {"ResponseCode": "01", "ResponseDescription": explain(error), "RequestID": echo(payload, name)}
    return JSONResponse(refused, status_code=400)
