"""Printed stock: its numbers come in the clear, before the block that has the key, and are sealed by it."""

from __future__ import annotations

from blockkit.app import Kit
from blocks.payments.vouchers.numbers import Vault


def seal_waiting(kit: Kit, vault: Vault) -> None:
    """Seal the numbers that wait, and forget them in the clear."""
    with kit.records.transaction() as db:
        waiting = db.execute("DELETE FROM unsealed_numbers RETURNING serial, number").fetchall()
        with db.cursor() as cursor:
            cursor.executemany(
                "UPDATE vouchers SET number_sealed = %s, number_digest = %s WHERE serial = %s",
                [
                    [vault.seal(row["serial"], row["number"]), vault.digest(row["number"]), row["serial"]]
                    for row in waiting
                ],
            )
