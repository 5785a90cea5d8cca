"""Vouchers in the dialect of GovStack's compliance harness: status codes 452 to 464, and a message.

Its calls carry no id of their own; with an `X-CorrelationID` a repeated call is known and
answered as before.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Header
from fastapi.responses import JSONResponse
from pydantic import Field, StrictBool, StrictInt, StringConstraints, ValidationError

from blockkit.app import Kit
from blockkit.money import to_major, to_minor
from blockkit.records import Connection
from blocks.payments.requests import Refused, Request, content_hash, take
from blocks.payments.routes.wire import PRINTED, VISIBLE, CurrencyCode, Wire, explain
from blocks.payments.vouchers import ending, issuing, serials, using
from blocks.payments.vouchers.issuing import Origin, Wish
from blocks.payments.vouchers.numbers import Vault
from blocks.payments.vouchers.states import WORDS, VoucherRefused, state_on

Word = Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=VISIBLE)]
Amount = Annotated[str, StringConstraints(max_length=23, pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$")]
Digits = Annotated[StrictInt, Field(ge=0, lt=2**63)] | Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
Correlation = Annotated[
    str | None, Header(alias="X-CorrelationID", min_length=1, max_length=50, pattern=PRINTED)
]
Payload = Annotated[Any, Body()]

INVALID = {
    "voucher_amount": 452,
    "voucher_currency": 453,
    "voucher_group": 454,
    "Gov_Stack_BB": 460,
    "voucher_serial_number": 456,
    "voucher_number": 461,
}
"""What a present but unusable value is answered with; a missing one is 400."""


class PreActivation(Wire):
    """Body of `POST /vouchers/voucher_preactivation`."""

    voucher_amount: Amount
    voucher_currency: CurrencyCode
    voucher_group: Word
    Gov_Stack_BB: Word
    voucher_comment: Annotated[str, StringConstraints(max_length=140, pattern=VISIBLE)] = ""


class Activation(Wire):
    """Body of `PATCH /vouchers/voucher_activation`."""

    voucher_serial_number: Digits
    Gov_Stack_BB: Word


class Redemption(Wire):
    """Body of `POST /vouchers/voucher_redemption`."""

    voucher_number: Digits
    Gov_Stack_BB: Word
    merchant_name: Word
    merchant_bank_details: Word
    merchant_voucher_group: Word
    override: StrictBool


class Cancellation(Wire):
    """Body of `PATCH /vouchers/voucherstatuscheck/{serial}`."""

    voucherserialnumber: Word
    Gov_Stack_BB: Word


AnyBody = TypeVar("AnyBody", PreActivation, Activation, Redemption, Cancellation)


def make_router(kit: Kit, vault: Vault) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/vouchers")

    @router.post("/voucher_preactivation")
    def pre_activate(payload: Payload = None, correlation: Correlation = None) -> JSONResponse:
        return _answer(
            kit, payload, PreActivation, lambda db, body: _pre_activate(kit, vault, db, body, correlation)
        )

    @router.patch("/voucher_activation")
    def activate(payload: Payload = None, correlation: Correlation = None) -> JSONResponse:
        def act(db: Connection, body: Activation) -> dict[str, str]:
            _take(db, vault, "voucher-activation", body, correlation)
            issuing.activate(db, str(body.voucher_serial_number), body.Gov_Stack_BB, kit.clock.today())
            return {"result_status": "Activated"}

        return _answer(kit, payload, Activation, act)

    @router.post("/voucher_redemption")
    def redeem(payload: Payload = None, correlation: Correlation = None) -> JSONResponse:
        def act(db: Connection, body: Redemption) -> dict[str, str]:
            issuing.require_source(db, body.Gov_Stack_BB)
            if not _take(db, vault, "voucher-redemption", body, correlation):
                return {"result_status": "Redeemed"}
            voucher = using.find_by_number(db, vault, int(body.voucher_number))
            if voucher is None:
                raise VoucherRefused(461, "there is no voucher of this number")
            merchant = using.find_merchant(db, body.merchant_name, body.merchant_bank_details)
            if merchant["voucher_group"] != body.merchant_voucher_group:
                raise VoucherRefused(463, "this merchant is of another voucher group")
            using.redeem(db, voucher, merchant, override=body.override, today=kit.clock.today())
            return {"result_status": "Redeemed"}

        return _answer(kit, payload, Redemption, act)

    @router.get("/voucherstatuscheck/{serial}")
    def check_status(serial: str) -> JSONResponse:
        with kit.records.transaction() as db:
            voucher = serials.find(db, serial)
        state = "unknown" if voucher is None else state_on(voucher, kit.clock.today())
        if voucher is None:
            return _say(456, "there is no voucher of this serial number")
        if state == "redeemed":
            return _say(458, "this voucher was used already")
        if state == "expired":
            return _say(459, "this voucher has expired")
        amount = str(to_major(voucher["amount"], voucher["currency"]))
        return JSONResponse({"voucher_status": WORDS[state], "voucher_amount": amount})

    @router.patch("/voucherstatuscheck/{serial}")
    def cancel(serial: str, payload: Payload = None, correlation: Correlation = None) -> JSONResponse:
        def act(db: Connection, body: Cancellation) -> dict[str, str]:
            if body.voucherserialnumber != serial:
                raise VoucherRefused(400, "the serial numbers of path and body differ")
            # Cancelling twice is harmless, so the same words again are the same call, with an id or without.
            if _take(db, vault, "voucher-cancellation", body, correlation or serial):
                ending.cancel(db, serial, body.Gov_Stack_BB, kit.clock.today())
            return {"message": "Cancelled"}

        return _answer(kit, payload, Cancellation, act)

    return router


def _pre_activate(
    kit: Kit, vault: Vault, db: Connection, body: PreActivation, correlation: str | None
) -> dict[str, str]:
    try:
        amount = to_minor(Decimal(body.voucher_amount), body.voucher_currency)
    except ValueError as error:
        raise VoucherRefused(452, str(error)) from None
    if amount == 0:
        raise VoucherRefused(452, "a voucher is worth more than nothing")
    key = f"codes/{body.Gov_Stack_BB}/{correlation}" if correlation else ""
    if not _take(db, vault, "voucher-preactivation", body, correlation):
        made = issuing.made_before(db, vault, key)
    else:
        wish = Wish(
            group=body.voucher_group,
            currency=body.voucher_currency,
            amount=amount,
            narration=body.voucher_comment,
        )
        origin = Origin(source_bb=body.Gov_Stack_BB, request_key=key)
        made = issuing.pre_activate(db, vault, [wish], origin, kit.clock.today())
    return {
        "voucher_number": str(made[0].number),
        "voucher_serial_number": serials.write_long(made[0].serial),
        "expiry_date_time": f"{made[0].expires_on.isoformat()}T23:59:59Z",
    }


def _take(db: Connection, vault: Vault, operation: str, body: AnyBody, correlation: str | None) -> bool:
    if not correlation:
        return True
    given = body.model_dump(mode="json")
    if isinstance(body, Redemption):  # what is kept of a secret is made with the vault's key
        given["voucher_number"] = vault.keep(str(body.voucher_number))
    return take(db, Request(operation, body.Gov_Stack_BB, correlation, content_hash(given)))


def _answer(
    kit: Kit, payload: Any, form: type[AnyBody], act: Callable[[Connection, AnyBody], dict[str, str]]
) -> JSONResponse:
    if not isinstance(payload, dict):
        return _say(400, "the body: a JSON object was wanted")
    try:
        body = form.model_validate(payload)
        with kit.records.transaction() as db:
            return JSONResponse(act(db, body))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = str(fault["loc"][0]) if fault["loc"] else "the body"
        missing = fault["type"] == "missing" or not isinstance(payload.get(name), str | int)
        return _say(400 if missing else INVALID.get(name, 400), explain(error))
    except VoucherRefused as refusal:
        return _say(refusal.code, refusal.message)
    except Refused as refusal:
        return _say(400, str(refusal))


def _say(code: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message[:200]}, status_code=code)
