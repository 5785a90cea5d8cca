"""What becomes of an approval with time: completed when it is inspected, expired when its days are over.

The registry that holds the entry is told; whoever was given more time in it meanwhile keeps it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from blockkit.records import Connection, Row
from blocks.registration.applications import identify
from blocks.registration.definitions import Result
from blocks.registration.neighbours import ConsentMissing, Neighbours
from blocks.registration.services import Service, find_service
from blocks.registration.sources import fill

ACTIVE, COMPLETED, EXPIRED = "active", "completed", "expired"
AT_ONCE = 1000


def complete(neighbours: Neighbours, service: Service, row: Row) -> None:
    """Tell the registry that everything was inspected."""
    result = service.definition.result
    if result:
        neighbours.write_record(result.registry, _key(result, row), {"status": COMPLETED})


def find_over(db: Connection, today: date) -> list[tuple[Row, Service]]:
    """Find the approvals whose days are over and that nobody has looked at since."""
    rows = db.execute(
        "SELECT * FROM applications WHERE valid_until < %s AND state = 'approved' AND NOT lapsed"
        " ORDER BY number LIMIT %s",
        [today, AT_ONCE],
    ).fetchall()
    return [(row, find_service(db, row["service"])) for row in rows]


def expire(neighbours: Neighbours, service: Service, row: Row, today: date) -> None:
    """Tell the registry that an entry has expired, unless it was completed or given more time."""
    result = service.definition.result
    if result is None:
        return
    key = _key(result, row)
    try:
        entry = neighbours.read_record(result.registry, key)
    except ConsentMissing:
        return  # the person no longer lets us read it, and then it isn't ours to change
    if entry and entry.get("status") == ACTIVE and str(entry.get("expiresOn")) < today.isoformat():
        if (
            result.ended
        ):  # first, since an entry that has expired is not come back to: twice is better than never
            text = f"{result.ended} Your application: {identify(row)}."
            neighbours.send_message(row["individual_id"], service.definition.name, text)
        neighbours.write_record(result.registry, key, {"status": EXPIRED})


def mark_completed(db: Connection, row: Row, today: date) -> None:
    """Note that the registry was told of the completion."""
    db.execute(
        "UPDATE applications SET completed_on = %s WHERE number = %s AND completed_on IS NULL",
        [today, row["number"]],
    )


def mark_lapsed(db: Connection, row: Row) -> None:
    """Note that an approval's end was dealt with."""
    db.execute("UPDATE applications SET lapsed = true WHERE number = %s", [row["number"]])


def _key(result: Result, row: Row) -> dict[str, Any]:
    content = {name: result.content[name] for name in result.key}
    return fill(content, row, identify(row), row["decided_on"])
