"""Bodies of bills and requests to pay as GovStack publishes them, in the wire's own names."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, StringConstraints

from blocks.payments.routes.wire import VISIBLE, CurrencyCode, Up12, Up16, Up20, Wire

Up10 = Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=VISIBLE)]
Up30 = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=VISIBLE)]
WholeAmount = Annotated[StrictInt, Field(gt=0, le=10**12)]
Number = Annotated[StrictInt, Field(ge=0, lt=2**63)]


class PresentedBill(Wire):
    """A bill as its biller presents it, in whole major units, as the published inquiry tells it."""

    billerName: Up10  # noqa: N815  the wire's names
    currency: CurrencyCode
    dueDate: date  # noqa: N815
    amountOnDueDate: WholeAmount  # noqa: N815
    amountAfterDueDate: WholeAmount  # noqa: N815


class Payment(Wire):
    """A payer's institution announces that a bill was paid."""

    requestId: Up12  # noqa: N815
    billInquiryRequestId: Up12  # noqa: N815
    billId: Up20  # noqa: N815
    paymentReferenceID: Up16  # noqa: N815


class BillersWord(Wire):
    """A biller says whether it takes a payment."""

    requestId: Up12  # noqa: N815
    billId: Up20  # noqa: N815
    status: Literal["ACK", "RJC"]
    rejectReason: Literal["Def", "Dup", "Und"] | None = None  # noqa: N815


class PayerInstitution(Wire):
    """Where the payer has an account."""

    payerFIBIC: Up10  # noqa: N815
    financialAddress: Up30 | None = None  # noqa: N815


class Alias(Wire):
    """What the account mapper knows the payer by."""

    aliasType: Literal["00", "01", "02"]  # noqa: N815
    aliasId: Up30  # noqa: N815


class AskedBill(Wire):
    """What the biller says of the bill; the bill that it presented counts."""

    billerName: Up10 | None = None  # noqa: N815
    amount: Number | None = None


class RequestToPay(Wire):
    """Body of `/rtpRequest`; type 00 names the payer's institution, 01 an alias."""

    requestId: Up12  # noqa: N815
    rtpId: Number  # noqa: N815
    billID: Up10  # noqa: N815
    requestType: Literal["00", "01"]  # noqa: N815
    payerFiDetails: PayerInstitution | None = None  # noqa: N815
    alias: Alias | None = None
    billDetails: AskedBill | None = None  # noqa: N815


class PayersWord(Wire):
    """Body of `/rtpResponse`."""

    RequestId: Up12
    txnId: Up12  # noqa: N815
    rtpId: Number  # noqa: N815
    billId: Up30  # noqa: N815
    rtpStatus: Literal["00", "01"]  # noqa: N815
    rejectReason: Up10 | None = None  # noqa: N815


class VoucherPayment(Wire):
    """Body of `/voucherRedemption`: the SHA-256 of a voucher's number, in hexadecimal."""

    requestId: Up12  # noqa: N815
    billInquiryRequestId: Up12  # noqa: N815
    billId: Up20  # noqa: N815
    billDetails: dict[str, Any] | None = None  # noqa: N815
    VoucherSecretHash: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$")]
