"""What an exercise may plant at an institution: an account that is closed, refuses, is slow or left alone."""

from __future__ import annotations

from blockkit.app import Plant
from blockkit.problems import Problem
from blockkit.records import Connection

CHANGES = {
    "account": ("status", ("open", "closed")),
    "behaviour": ("behaviour", ("normal", "rejects", "slow", "unclaimed")),
}
SET = {
    "status": "UPDATE accounts SET status = %s",
    "behaviour": "UPDATE accounts SET behaviour = %s",
}


def plant(db: Connection, what: Plant) -> None:
    """Change every account that the person holds. Raises Problem 422 or 404."""
    wanted = what.change or {}
    if what.event is not None or not wanted or not set(wanted) <= set(CHANGES):
        raise Problem(
            422, "nothing-to-plant", f"an institution can change {', '.join(CHANGES)} and nothing else"
        )
    for name, value in wanted.items():
        column, allowed = CHANGES[name]
        if value not in allowed:
            raise Problem(422, "nothing-to-plant", f"{name} is one of {', '.join(allowed)}, not {value!r}")
        changed = db.execute(
            SET[column]
            + " FROM holders WHERE holders.person_no = accounts.person_no AND holders.individual_id = %s",
            [value, what.individualId],
        )
        if not changed.rowcount:
            raise Problem(404, "no-account", "this person holds no account at any institution")
