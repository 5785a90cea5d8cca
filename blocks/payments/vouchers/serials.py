"""Serial numbers as the two dialects write them: sixteen digits there, six to ten here, one voucher."""

from __future__ import annotations

from blockkit.records import Connection, Row

OFFSET = 10**15
"""Serial numbers that we give are above it; those of printed stock, which somebody else gave, below."""
LONGEST = 18


def write_long(serial: int) -> str:
    """Write a serial number of at least 16 characters where it is one of ours."""
    return str(serial)


def write_short(serial: int) -> str:
    """Write a serial number of at most ten characters."""
    return str(serial - OFFSET if serial > OFFSET else serial)


def candidates(text: str) -> list[int]:
    """Read a serial number in either form; none for what can't be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        return []
    number = int(text)
    return [number] if number > OFFSET else [number, number + OFFSET]


def find(db: Connection, text: str) -> Row | None:
    """Find a voucher and hold it; a number that stands for two is the printed one's."""
    return db.execute(
        "SELECT * FROM vouchers WHERE serial = ANY(%s) ORDER BY serial LIMIT 1 FOR UPDATE",
        [candidates(text)],
    ).fetchone()
