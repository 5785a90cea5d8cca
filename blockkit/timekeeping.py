"""The clock's setting in the block's own database, so that a block that is started again knows the time.

It travels with what it belongs to: a reset or a restore brings another database, and tells the time anew.
A block whose loader made no room for it is told by the mediator alone.
"""

from __future__ import annotations

from blockkit.clock import Clock
from blockkit.records import Records

ROOM = """
CREATE TABLE IF NOT EXISTS sandbox_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    offset_seconds bigint NOT NULL,
    epoch integer NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON sandbox_clock TO {role}
"""
KEEP = """
INSERT INTO sandbox_clock (offset_seconds, epoch) VALUES (%s, %s)
ON CONFLICT (one) DO UPDATE SET offset_seconds = excluded.offset_seconds, epoch = excluded.epoch
"""
READ = "SELECT offset_seconds, epoch FROM sandbox_clock"
_HAS_ROOM = "SELECT to_regclass('sandbox_clock') IS NOT NULL AS there"


def read_time(records: Records, clock: Clock) -> None:
    """Set the clock as it was set last, by whoever served before."""
    with records.transaction() as db:
        known = db.execute(_HAS_ROOM).fetchone()
        row = db.execute(READ).fetchone() if known and known["there"] else None
    if row is not None:
        clock.offset_seconds, clock.epoch = row["offset_seconds"], row["epoch"]


def keep_time(records: Records, clock: Clock) -> None:
    """Keep the clock's setting for whoever serves next."""
    with records.transaction() as db:
        known = db.execute(_HAS_ROOM).fetchone()
        if known and known["there"]:
            db.execute(KEEP, [clock.offset_seconds, clock.epoch])
