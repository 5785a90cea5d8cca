"""Where vouchers are made and used in tests."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

SOURCE = "bb-registration"
SHOP = {"merchant_name": "Shop", "merchant_bank_details": "ZZBANK01/SHOP", "merchant_voucher_group": "GEN"}
Answer = tuple[int, Any]


class Desk:
    """A source block, an officer and a shop at one counter."""

    def __init__(self, client: TestClient, peers: PeersDouble) -> None:
        self.client = client
        self.officer = {"Authorization": peers.token("officer", "treasury-officer", "voucher-officer")}
        self.put("/merchants/Shop", bankDetails="ZZBANK01/SHOP", voucherGroup="GEN", agentId="SHOP")

    def put(self, path: str, **body: Any) -> int:
        return int(self.client.put(path, json=body, headers=self.officer).status_code)

    def make(self, **changed: Any) -> Answer:
        body = {
            "voucher_amount": "15.25",
            "voucher_currency": "XTS",
            "voucher_group": "GEN",
            "Gov_Stack_BB": SOURCE,
            **changed,
        }
        answer = self.client.post("/vouchers/voucher_preactivation", json=body)
        return answer.status_code, answer.json()

    def activate(self, serial: Any, source: str = SOURCE) -> int:
        body = {"voucher_serial_number": serial, "Gov_Stack_BB": source}
        return int(self.client.patch("/vouchers/voucher_activation", json=body).status_code)

    def redeem(self, voucher_number: Any, **changed: Any) -> int:
        body = {
            "voucher_number": voucher_number,
            "Gov_Stack_BB": SOURCE,
            "override": False,
            **SHOP,
            **changed,
        }
        return int(self.client.post("/vouchers/voucher_redemption", json=body).status_code)

    def cancel(self, serial: str, source: str = SOURCE, **headers: str) -> int:
        body = {"voucherserialnumber": serial, "Gov_Stack_BB": source}
        path = f"/vouchers/voucherstatuscheck/{serial}"
        return int(self.client.patch(path, json=body, headers=headers).status_code)

    def status(self, serial: str) -> Answer:
        answer = self.client.get(f"/vouchers/voucherstatuscheck/{serial}")
        return answer.status_code, answer.json().get("voucher_status")

    def usable(self) -> dict[str, str]:
        made: dict[str, str] = self.make()[1]
        assert self.activate(int(made["voucher_serial_number"])) == 200
        return made

    def balance(self, kind: str) -> float:
        lines = self.client.get("/ledger/trial-balance").json()
        assert lines["imbalance"] == 0
        return float(next((line["balance"] for line in lines["lines"] if line["kind"] == kind), 0))

    def move_clock(self, days: int) -> None:
        self.client.post("/_sandbox/clock", json={"offset_seconds": days * 86400})
