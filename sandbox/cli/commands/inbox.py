"""`sandbox inbox`: what fictitious people were sent, on a person's page or in a mail sink."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools
from sandbox.cli.mailing import Sink, hand_over, read_mailbox, read_sink
from sandbox.cli.options import Json
from sandbox.cli.output import out, print_json
from sandbox.errors import RequestRefused, UsageError
from sandbox.lifecycle.inboxes import open_inbox
from sandbox.lifecycle.service import Running, adopt
from sandbox.model.wiring import EXPLORER, application_of
from sandbox.settings import Settings


def inbox(
    name: Annotated[str, typer.Argument(help="A running sandbox.")],
    person: Annotated[
        str | None,
        typer.Argument(
            help="A person's individual id, or STAFF- and a role, such as STAFF-registrar; with --smtp, "
            "everybody's e-mails when left out.",
            show_default=False,
        ),
    ] = None,
    smtp: Annotated[
        str | None,
        typer.Option(
            "--smtp",
            help="HOST:PORT of a mail sink on the loopback, which is handed the e-mails.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        int,
        typer.Option("--since", min=0, help="Of everybody's e-mails those after this number; 0 for all."),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Print the address of a person's inbox page, where letters and one-time codes arrive.

    Good for twelve hours. `sandbox data query` finds people and their ids. E-mails can be downloaded
    there; `--smtp` hands them to a mail sink, from this command, for the sandbox itself has no way out.

    Example: sandbox inbox demo STAFF-enrolment-officer

    Everybody's e-mails: sandbox inbox demo --smtp 127.0.0.1:1025
    """
    sink = read_sink(smtp) if smtp is not None else None
    if person is None and sink is None:
        raise UsageError("whose inbox is not said", hint="name a person, or a mail sink with --smtp")
    running = adopt(find_tools(Settings(), name, None), name)
    if person is None and sink is not None:
        _hand_over_everybodys(running, sink, since, as_json=as_json)
        return
    assert person is not None
    address = running.site.public_url + open_inbox(running, person)
    letters = read_mailbox(take_emails(running, address)) if sink is not None else []
    if sink is not None:
        hand_over(letters, sink)
    if as_json:
        told = {"person": person, "url": address}
        print_json({**told, "emails": len(letters)} if sink is not None else told)
        return
    out().print(address, soft_wrap=True, highlight=False)
    if sink is not None:
        out().print(_say_handed(len(letters), sink), highlight=False)


def _hand_over_everybodys(running: Running, sink: Sink, since: int, *, as_json: bool) -> None:
    handed, last = 0, since
    for letters, number in emails_after(running, since):
        hand_over(letters, sink)
        handed, last = handed + len(letters), number
    if as_json:
        print_json({"emails": handed, "last": last})
    else:
        again = f"; go on with --since {last}" if last else ""
        out().print(_say_handed(handed, sink) + again, highlight=False)


def _say_handed(number: int, sink: Sink) -> str:
    return f"{number} e-mail{'' if number == 1 else 's'} handed to {sink.host}:{sink.port}"


def emails_after(running: Running, since: int) -> Iterator[tuple[list[bytes], int]]:
    """Take everybody's e-mails, some at a time, each time with the number to go on from."""
    with running.gate() as gate:
        while True:
            path = f"/e-mails?since={since}"
            answer = gate.call(application_of("messaging"), "GET", path, client=EXPLORER)
            if answer.status_code != 200:
                raise RequestRefused(
                    f"messaging gave no e-mails: it answered {answer.status_code}",
                    hint="a product in messaging's place need not list them; name a person instead",
                )
            told = answer.json()
            if not told["emails"]:
                return
            since = told["last"]
            yield [b64decode(each["messageAsBase64"]) for each in told["emails"]], since


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
