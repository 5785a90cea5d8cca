"""Is there anything to do? One question for the worker's idle moments, instead of one per step."""

from __future__ import annotations

from blockkit.app import Kit


def has_work(kit: Kit) -> bool:
    """Whether an instruction, a batch, a callback or an unclaimed credit is due."""
    with kit.records.transaction() as db:
        row = db.execute(
            """SELECT EXISTS (SELECT FROM batches WHERE status <> 'completed')
                   OR EXISTS (SELECT FROM callbacks WHERE delivered_at IS NULL
                                 AND retry_at <= clock_timestamp())
                   OR EXISTS (SELECT FROM instructions WHERE status = 'credited' AND claim_by < %s
                                 AND retry_at <= clock_timestamp()) AS due""",
            [kit.clock.today()],
        ).fetchone()
    return row is not None and bool(row["due"])
