"""The pages of the desk: plain HTML that works without script, with a keyboard and with a screen reader.

Everything that came from outside is escaped here. A form carries the seal of whoever looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from blockkit.pages import write_page
from blockkit.records import Row
from blockkit.signin import Visitor
from blocks.registration.eforms import write_answers, write_fields, write_summary
from blocks.registration.services import Service

HOME = "/desk"
STATES = {
    "draft": "Draft",
    "submitted": "Handed in",
    "in-review": "In review after an appeal",
    "correction": "Sent back to be corrected",
    "verified": "Checked, waits for a decision",
    "check-failed": "A check failed, waits for a decision",
    "approving": "Approval under way",
    "approved": "Approved",
    "rejected": "Rejected",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes the pages of one block, below its public address."""

    address: str
    origin: str
    sandbox: str

    def page(self, visitor: Visitor | None, title: str, body: str, status: int = 200) -> HTMLResponse:
        """Write one page with its heading and the way around; its title says when something is wrong."""
        return write_page(
            f"Error: {title}" if status == 422 else title,
            f"{self._around(visitor)}<h1>{escape(title)}</h1>{body}",
            sandbox=self.sandbox,
            form_targets=self.origin,
            status=status,
            wide=True,
        )

    def url(self, *parts: str) -> str:
        """Give a page's address, escaped."""
        return escape("/".join([self.address + HOME, *parts]))

    def link(self, words: str, *parts: str) -> str:
        """Write a link."""
        return f"<a href='{self.url(*parts)}'>{escape(words)}</a>"

    def form(
        self,
        visitor: Visitor,
        button: str,
        fields: str,
        *parts: str,
        upload: bool = False,
        plain: bool = False,
    ) -> str:
        """Write a form with its one button."""
        encoding = " enctype=multipart/form-data" if upload else ""
        look = " class=plain" if plain else ""
        return (
            f"<form method=post action='{self.url(*parts)}' novalidate{encoding}{look}>"
            f"<input type=hidden name=seal value='{escape(visitor.seal)}'>{fields}"
            f"<button>{escape(button)}</button></form>"
        )

    def _around(self, visitor: Visitor | None) -> str:
        if visitor is None:
            return ""
        who = visitor.caller.individual_id or "anyone"
        leave = "" if visitor.caller.anyone else self.form(visitor, "Log out", "", "logout", plain=True)
        links = f"{self._home()} {self.link('Tasks', 'tasks')} {self.link('Payrolls', 'payrolls')}"
        return f"<nav aria-label=Desk>{links}<span>{escape(who)}</span>{leave}</nav>"

    def _home(self) -> str:
        return f"<a href='{escape(self.address + HOME)}'>Services</a>"

    def welcome(self) -> HTMLResponse:
        """Ask somebody unknown to log in."""
        body = f"<p>Apply for a service, or do what waits for you.</p><p>{self.link('Log in', 'login')}</p>"
        return self.page(None, "Services", body)

    def refuse(self, visitor: Visitor | None, words: str, status: int) -> HTMLResponse:
        """Say what can't be done, and why."""
        back = f"<p>{self._home()}</p>" if visitor is None else ""
        body = f"{say(words)}{back}"
        return self.page(visitor, "That is not possible", body, status)

    def home(
        self, visitor: Visitor, services: Sequence[Service], own: Sequence[tuple[str, Row, Service]]
    ) -> HTMLResponse:
        """Show one's applications and the services."""
        rows = [
            (
                self.link(number, "applications", number),
                escape(service.definition.name),
                escape(STATES[row["state"]]),
            )
            for number, row, service in own
        ]
        mine = table("Your applications", ("Number", "Service", "State"), rows) if rows else ""
        offered = "".join(
            f"<li>{self.link(each.definition.name, 'services', each.slug)}"
            f"<small>{escape(each.definition.description)}</small></li>"
            for each in services
        )
        return self.page(visitor, "Services", f"{mine}<h2>Apply</h2><ul class=plain>{offered}</ul>")

    def ask(
        self,
        visitor: Visitor,
        service: Service,
        content: Mapping[str, Any],
        faults: Mapping[str, str],
        *parts: str,
        words: str = "",
    ) -> HTMLResponse:
        """Show the eForm, filled in so far; with faults, after it did not fit."""
        form = service.definition.eForm
        told = say(words) or write_summary(form, faults)
        fields = write_fields(form, content, faults)
        if visitor.caller.anyone and parts[0] == "services":
            fields = (
                "<label for=applicant>Applicant's id</label>"
                "<input id=applicant name=_applicant required maxlength=64>" + fields
            )
        body = f"{told}<p>{escape(service.definition.description)}</p>" + self.form(
            visitor, "Save", fields, *parts
        )
        return self.page(visitor, service.definition.name, body, 422 if faults or words else 200)

    def tasks(self, visitor: Visitor, rows: Sequence[tuple[str, str, str, str]]) -> HTMLResponse:
        """Show what waits: (what, service, since, address)."""
        lines = [
            (self.link(what, *where.split("/")), escape(service), escape(since))
            for what, service, since, where in rows
        ]
        body = (
            table("Open tasks", ("Task", "Service", "Since"), lines)
            if lines
            else "<p>Nothing waits for you.</p>"
        )
        return self.page(visitor, "Tasks", body)


def say(words: str) -> str:
    """Say aloud why something can't be done; nothing for no words."""
    return f"<p role=alert>{escape(words[:1].upper() + words[1:])}.</p>".replace("..<", ".<") if words else ""


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells are HTML already."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    """Write facts, those without a value left out."""
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in pairs
        if value not in (None, "")
    )
    return f"<dl>{lines}</dl>"


def text_field(name: str, label: str, hint: str = "", *, largest: int = 400) -> str:
    """Write a field for a short text."""
    told = f"<small id={name}-hint>{escape(hint)}</small>" if hint else ""
    marks = f" aria-describedby={name}-hint" if hint else ""
    field = f"<input id={name} name={name} maxlength={largest}{marks}>"
    return f"<label for={name}>{escape(label)}</label>{told}{field}"


def answers(service: Service, row: Row) -> str:
    """Write what the applicant filled in."""
    return write_answers(service.definition.eForm, row["form"])
