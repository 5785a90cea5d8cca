"""The inbox as a person sees it: plain HTML that works without script, by keyboard and by screen reader.

Everything shown is escaped. There is nothing to send: the page shows what arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from blockkit.pages import write_page

FILES = "inbox-page/e-mail"
"""Beside the page, whatever stands before it: the mediator publishes it below another path."""
CHANNELS = {"email": "E-mail", "sms": "Text message", "app": "Notice"}


def show_list(
    person: str, messages: Sequence[dict[str, Any]], code: str, *, more: bool, sandbox: str
) -> HTMLResponse:
    """Show the newest messages first; `more` offers what is older than the last of them."""
    title = f"Inbox of {person}"
    if messages:
        entries = "".join(f"<li>{_entry(each, code)}</li>" for each in messages)
        body = f"<ul>{entries}</ul>"
    else:
        body = "<p>There is no message.</p>"
    if more:
        older = _address(code, before=messages[-1]["number"])
        body += f"<nav aria-label='More messages'><a href='{older}'>Older messages</a></nav>"
    body += f"<p><a href='{_address(code)}'>Look for new messages</a></p>"
    if any(each["channel"] == "email" for each in messages):
        body += f"<p><a href='{FILES + _address(code)}' download>Download all e-mails (.mbox)</a></p>"
    return write_page(title, f"<h1>{escape(title)}</h1>{body}", sandbox=sandbox)


def show_message(person: str, message: dict[str, Any], code: str, *, sandbox: str) -> HTMLResponse:
    """Show one message whole."""
    title = _subject(message)
    text = "<br>".join(escape(line) for line in message["text"].splitlines())
    body = (
        f"<nav aria-label='Back'><a href='{_address(code)}'>Inbox of {escape(person)}</a></nav>"
        f"<article><h1>{escape(title)}</h1><small>{_origin(message)}</small><p>{text}</p></article>"
    )
    if message["channel"] == "email":
        href = FILES + _address(code, message=message["id"])
        body += f"<p><a href='{href}' download>Download this e-mail (.eml)</a></p>"
    return write_page(title, body, sandbox=sandbox)


def refuse(words: str, *, sandbox: str, status: int) -> HTMLResponse:
    """Say that there is nothing to see."""
    body = (
        f"<h1>No inbox here</h1><p role=alert>{escape(words)}</p>"
        "<p>Ask whoever gave you the link for a new one.</p>"
    )
    return write_page("No inbox here", body, sandbox=sandbox, status=status)


def _entry(message: dict[str, Any], code: str) -> str:
    href = _address(code, message=message["id"])
    return f"<a href='{href}'>{escape(_subject(message))}</a><small>{_origin(message)}</small>"


def _subject(message: dict[str, Any]) -> str:
    first = message["text"].strip().partition("\n")[0]
    return message["subject"].strip() or (first[:60] + ("…" if len(first) > 60 else "")) or "(without text)"


def _origin(message: dict[str, Any]) -> str:
    sent = message["sentAt"]
    when = f"<time datetime='{sent.isoformat()}'>{sent:%d %B %Y, %H:%M} UTC</time>"
    sender = message["sender"].rpartition("/")[2] or "an unnamed sender"
    return f"{CHANNELS[message['channel']]} from {escape(sender)}, {when}"


def _address(code: str, **more: Any) -> str:
    return escape("?" + urlencode({"link": code, **more}))
