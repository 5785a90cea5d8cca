"""`verify`: walks the message log from its first line and says where it can no longer be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from blocks.information_mediator.chain import Head, Line, find_break


def verify(database_url: str, noted: Head | None) -> int:
    """Print the finding; 0 when every line holds, 1 when one does not."""
    with psycopg.connect(database_url) as connection:
        head, broken = find_break(_lines(connection), noted)
    if broken is not None:
        print(f"line {broken.number}: {broken.reason}")
        return 1
    print(f"{head.number} lines hold; head {head.number}:{head.hash}")
    if noted is None:
        print("a cut tail shows only against a head that was noted before: --head NUMBER:HASH")
    return 0


def parse_head(text: str) -> Head:
    """Read `NUMBER:HASH`. Raises ValueError."""
    number, _, digest = text.partition(":")
    return Head(int(number), digest)


def _lines(connection: psycopg.Connection[Any]) -> Iterator[Line]:
    with connection.cursor(name="lines") as cursor:
        for row in cursor.execute("SELECT number, line, hash FROM exchanges ORDER BY number"):
            yield Line(*row)
