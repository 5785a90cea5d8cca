"""What officers enter: voucher groups, merchants, and the look at a secret number. Operations of our own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import Field

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.payments.routes.voucher_batches import Up10
from blocks.payments.routes.voucher_codes import Word
from blocks.payments.routes.wire import Wire
from blocks.payments.vouchers import serials
from blocks.payments.vouchers.numbers import Vault
from blocks.payments.vouchers.states import state_on

TREASURY = "treasury-officer"
VOUCHERS = "voucher-officer"

Authorization = Annotated[str | None, Header()]


class GroupBody(Wire):
    """A voucher group: for how many days its vouchers are good, and which building blocks may order them."""

    validDays: Annotated[int, Field(ge=1, le=3660)]  # noqa: N815  the wire's names
    sourceBlocks: Annotated[tuple[Word, ...], Field(max_length=100)] = ()  # noqa: N815


class MerchantBody(Wire):
    """A merchant who takes vouchers of one group."""

    bankDetails: Word  # noqa: N815
    voucherGroup: Word  # noqa: N815
    agentId: Up10 | None = None  # noqa: N815
    status: Literal["open", "closed"] = "open"


def make_router(kit: Kit, vault: Vault) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.put("/voucher-groups/{group}")
    def put_group(group: Word, body: GroupBody, authorization: Authorization = None) -> dict[str, Any]:
        kit.access.require(authorization, TREASURY)
        with kit.records.transaction() as db:
            db.execute(
                """INSERT INTO voucher_groups VALUES (%s, %s)
                   ON CONFLICT (name) DO UPDATE SET valid_days = excluded.valid_days""",
                [group, body.validDays],
            )
            db.execute(
                "INSERT INTO source_blocks SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
                [list(body.sourceBlocks)],
            )
        return {"group": group, **body.model_dump(mode="json")}

    @router.put("/merchants/{merchant}")
    def put_merchant(
        merchant: Word, body: MerchantBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        kit.access.require(authorization, TREASURY)
        with kit.records.transaction() as db:
            taken = db.execute(
                "SELECT FROM merchants WHERE agent_id = %s AND name <> %s", [body.agentId, merchant]
            ).fetchone()
            if taken is not None:
                raise Problem(409, "agent-id-taken", "another merchant has this agent id")
            db.execute(
                """INSERT INTO merchants (name, agent_id, bank_details, voucher_group, status)
                   VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT (name) DO UPDATE SET agent_id = excluded.agent_id, status = excluded.status,
                      bank_details = excluded.bank_details, voucher_group = excluded.voucher_group""",
                [merchant, body.agentId, body.bankDetails, body.voucherGroup, body.status],
            )
        return {"merchant": merchant, **body.model_dump(mode="json")}

    @router.post("/vouchers/{serialNumber}/disclosure")
    def disclose(
        serialNumber: str,  # noqa: N803
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.require(authorization, VOUCHERS)
        with kit.records.transaction() as db:
            voucher = serials.find(db, serialNumber)
            if voucher is None or voucher["number_sealed"] is None:
                raise Problem(404, "voucher-unknown", "there is no voucher of this serial number")
            if state_on(voucher, kit.clock.today()) not in ("pre-activated", "activated"):
                raise Problem(409, "voucher-not-usable", "this voucher can't be used any more")
            db.execute(
                "INSERT INTO disclosures (serial, shown_to, shown_on) VALUES (%s, %s, %s)",
                [voucher["serial"], caller.individual_id, kit.clock.today()],
            )
        number = vault.unseal(voucher["serial"], voucher["number_sealed"])
        return {
            "serialNumber": serials.write_short(voucher["serial"]),
            "voucherNumber": str(number),
            "expiresOn": voucher["expires_on"].isoformat(),
        }

    return router
