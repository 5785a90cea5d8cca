"""A link to what a fictitious person was sent, made by messaging of a running sandbox."""

from __future__ import annotations

import re

from sandbox.errors import RequestRefused, UsageError
from sandbox.lifecycle.service import Running
from sandbox.model.wiring import EXPLORER, application_of

_PERSON = re.compile(r"[A-Za-z0-9-]{1,64}")


def open_inbox(running: Running, person: str) -> str:
    """Have messaging make a link to a person's inbox, good for twelve hours.

    Gives path and query below the sandbox's address. Raises UsageError, RequestRefused.
    """
    if not _PERSON.fullmatch(person):
        raise UsageError(
            f"{person!r} is no individual id: letters, digits and dashes",
            hint="`sandbox data query` finds people: SELECT individual_id FROM persons; "
            "officials are STAFF- and their role",
        )
    with running.gate() as gate:
        answer = gate.call(application_of("messaging"), "POST", f"/inbox/{person}/links", client=EXPLORER)
    if answer.status_code != 201:
        raise RequestRefused(f"messaging gave no link to the inbox: {answer.text[:300]}")
    return str(answer.json()["link"])
