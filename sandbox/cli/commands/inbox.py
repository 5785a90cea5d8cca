"""`sandbox inbox`: open what a fictitious person was sent, as that person would."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools
from sandbox.cli.mailing import hand_over, read_sink
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
    smtp: Annotated[
        str | None,
        typer.Option(
            "--smtp",
            help="HOST:PORT of a mail sink on the loopback: the person's e-mails are handed to it.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the address of a person's inbox page, where letters and one-time codes arrive.

    Good for twelve hours. `sandbox data query` finds people and their ids. E-mails can be downloaded
    there; `--smtp` hands them to a mail sink, from this command, for the sandbox itself has no way out.

    Example: sandbox inbox demo STAFF-enrolment-officer
    """
    sink = read_sink(smtp) if smtp is not None else None
    settings = Settings()
    running = adopt(find_tools(settings, name, None), name)
    address = open_inbox(running, person)
    handed = hand_over(take_emails(running, address), sink) if sink is not None else None
    if as_json:
        print_json({"person": person, "url": address, **({} if handed is None else {"emails": handed})})
        return
    out().print(address, soft_wrap=True, highlight=False)
    if handed is not None:
        out().print(f"{handed} e-mail{'' if handed == 1 else 's'} handed to {smtp}", highlight=False)


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


def take_emails(running: Running, address: str) -> bytes:
    """Take all e-mails of an inbox as a mailbox. Raises RequestRefused where messaging has no such file."""
    page, _, link = address.partition("?")
    with running.gate() as gate:
        answer = gate.open_page("GET", f"{page}/e-mail?{link}")
    if answer.status_code != 200:
        raise RequestRefused(
            f"messaging gave no e-mails: it answered {answer.status_code}",
            hint="a product in messaging's place need not have them as a file; open the page instead",
        )
    return answer.content
