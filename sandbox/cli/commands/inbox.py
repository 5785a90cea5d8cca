"""`sandbox inbox`: open what a fictitious person was sent, as that person would."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools
from sandbox.cli.options import Json
from sandbox.cli.output import out, print_json
from sandbox.errors import RequestRefused, UsageError
from sandbox.lifecycle.service import Running, adopt
from sandbox.model.wiring import EXPLORER, application_of
from sandbox.settings import Settings

PERSON = re.compile(r"[A-Za-z0-9-]{1,64}")


def inbox(
    name: Annotated[str, typer.Argument(help="A running sandbox.")],
    person: Annotated[
        str, typer.Argument(help="A person's individual id, or STAFF- and a role, such as STAFF-registrar.")
    ],
    as_json: Json = False,
) -> None:
    """Print the address of a person's inbox page, where letters and one-time codes arrive.

    Good for twelve hours. `sandbox data query` finds people and their ids.

    Example: sandbox inbox demo STAFF-enrolment-officer
    """
    settings = Settings()
    running = adopt(find_tools(settings, name, None), name)
    address = open_inbox(running, person)
    if as_json:
        print_json({"person": person, "url": address})
    else:
        out().print(address, soft_wrap=True, highlight=False)


def open_inbox(running: Running, person: str) -> str:
    """Have messaging make a link to a person's inbox. Raises UsageError or RequestRefused."""
    if not PERSON.fullmatch(person):
        raise UsageError(
            f"{person!r} is no individual id: letters, digits and dashes",
            hint="`sandbox data query` finds people: SELECT individual_id FROM persons; "
            "officials are STAFF- and their role",
        )
    with running.gate() as gate:
        answer = gate.call(application_of("messaging"), "POST", f"/inbox/{person}/links", client=EXPLORER)
    if answer.status_code != 201:
        raise RequestRefused(f"messaging gave no link to the inbox: {answer.text[:300]}")
    return f"{running.site.public_url}{answer.json()['link']}"
