"""The pages on which people give and withdraw consent by hand: plain HTML, no script, one thing a page.

Everything that came from outside is escaped here. A form carries the seal of whoever looks at it, and the
hash of the text that they were shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from blockkit.pages import write_page
from blockkit.records import Row
from blockkit.signin import Visitor
from blocks.consent.documents import Document

HOME = "/consents"
BASES = {
    "consent": "your consent",
    "legal_obligation": "a legal obligation",
    "contract": "a contract with you",
    "vital_interest": "somebody's vital interest",
    "public_task": "a public task",
    "legitimate_interest": "a legitimate interest",
}
USES = {
    "data_source": "Your data is given to others.",
    "data_using_service": "Your data is received from others.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a person has said to an agreement: their record, and every time they said it, newest first."""

    record: Row | None
    gave_before: bool = False
    history: Sequence[tuple[datetime, bool]] = ()

    @property
    def agrees(self) -> bool:
        """Whether they agree now."""
        return self.record is not None and bool(self.record["opt_in"])

    def in_words(self) -> str:
        """Say it as the person would."""
        if self.record is None:
            return "You have not answered."
        if self.agrees:
            return "You agree."
        return "You have withdrawn your consent." if self.gave_before else "You do not agree."


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages below one public address."""

    address: str
    origin: str
    sandbox: str

    def welcome(self) -> HTMLResponse:
        """Ask somebody unknown to log in."""
        body = (
            "<p>See who asks to use your data, and say yes or no. You can change your answer at any time.</p>"
            f"<p>{self._link('Log in', 'login')}</p>"
        )
        return self._page(None, "Your consents", body)

    def alone(self) -> HTMLResponse:
        """Say why nobody can log in to a block that runs alone."""
        body = "<p>This block runs alone, so nobody can log in. Start a sandbox to use this page.</p>"
        return self._page(None, "Your consents", body)

    def refuse(self, visitor: Visitor | None, words: str, status: int) -> HTMLResponse:
        """Say what can't be done, and why."""
        body = f"<p role=alert>{escape(words)}</p><p>{self._link('Back to your consents')}</p>"
        return self._page(visitor, "That is not possible", body, status)

    def home(
        self,
        visitor: Visitor,
        agreements: Iterable[tuple[Mapping[str, Any], Said]],
        *,
        publishes: bool = False,
    ) -> HTMLResponse:
        """List what the person is asked, and what they have said."""
        items = "".join(
            f"<li>{self._link(text['purpose'], 'agreements', text['id'])}"
            f"<small>{escape(_asker(text))} {escape(said.in_words())}</small></li>"
            for text, said in agreements
        )
        body = (
            f"<p>Open one to read it, to agree or to withdraw.</p><ul class=plain>{items}</ul>"
            if items
            else "<p>Nobody asks to use your data at the moment.</p>"
        )
        if publishes:
            body += f"<p>{self._link('Publish an agreement', 'publish')}</p>"
        return self._page(visitor, "Your consents", body)

    def publish(self, visitor: Visitor) -> HTMLResponse:
        """Ask an officer for what people will be asked to agree to."""
        body = (
            "<p>People can agree to it, and withdraw, from the moment it is published.</p>"
            f"<form method=post action='{escape(self.url('publish'))}'>"
            f"<input type=hidden name=seal value='{escape(visitor.seal)}'>"
            "<label for=name>Name <span>(letters, digits, dots and dashes)</span></label>"
            "<small id=name-hint>What services know it by, such as cash-transfer.</small>"
            "<input id=name name=name required maxlength=64 pattern='[A-Za-z0-9._\\-]+'"
            " aria-describedby=name-hint>"
            "<label for=purpose>What the data is used for</label>"
            "<input id=purpose name=purpose required maxlength=500>"
            "<label for=asker>Who asks</label><input id=asker name=asker required maxlength=500>"
            f"<button>Publish</button></form><p>{self._link('Back to your consents')}</p>"
        )
        return self._page(visitor, "Publish an agreement", body)

    def agreement(
        self, visitor: Visitor, shown: Document, policy: Document | None, said: Said, *, answered: bool
    ) -> HTMLResponse:
        """Show an agreement as it reads now, what the person said to it, and the one thing they can do."""
        text, now = shown.data, f"<strong>{escape(said.in_words())}</strong>"
        done = f"<p role=status>Your answer is kept. {now}</p>" if answered else f"<p>{now}</p>"
        body = (
            f"{done}{self._changed(said, shown)}{_particulars(text, policy)}"
            f"{self._choice(visitor, shown, said)}{_history(said)}"
            f"<p>{self._link('Back to your consents')}</p>"
        )
        return self._page(visitor, str(text["purpose"]), body)

    def url(self, *parts: str) -> str:
        """Give a page's address."""
        return "/".join([self.address + HOME, *parts])

    def _changed(self, said: Said, shown: Document) -> str:
        if said.record is None or said.record["agreement_revision_id"] == shown.revision["id"]:
            return ""
        still = " Your consent to the earlier text holds until you say something else." if said.agrees else ""
        return f"<p>This text has changed since you answered.{still}</p>"

    def _choice(self, visitor: Visitor, shown: Document, said: Said) -> str:
        buttons = []
        renewed = said.agrees and self._changed(said, shown) != ""
        takes_more = shown.data.get("active", True)
        if takes_more and (not said.agrees or renewed):
            words = "I agree to the text as it reads now" if renewed else "I agree"
            buttons.append(f"<button name=answer value=yes>{words}</button>")
        if said.agrees:
            buttons.append("<button name=answer value=no>Withdraw my consent</button>")
        elif said.record is None and takes_more:
            buttons.append("<button name=answer value=no>I do not agree</button>")
        if not buttons:
            return "<p>This agreement takes no more consents.</p>"
        return (
            f"<form method=post action='{escape(self.url('agreements', shown.id))}'>"
            f"<input type=hidden name=seal value='{escape(visitor.seal)}'>"
            f"<input type=hidden name=shown value='{escape(shown.revision['serialized_hash'])}'>"
            f"{' '.join(buttons)}</form>"
        )

    def _link(self, words: str, *parts: str) -> str:
        return f"<a href='{escape(self.url(*parts))}'>{escape(words)}</a>"

    def _page(self, visitor: Visitor | None, title: str, body: str, status: int = 200) -> HTMLResponse:
        around = ""
        if visitor is not None:
            around = (
                f"<nav aria-label=Consents>{self._link('Your consents')}"
                f"<span>{escape(visitor.caller.individual_id)}</span>"
                f"<form method=post class=plain action='{escape(self.url('logout'))}'>"
                f"<input type=hidden name=seal value='{escape(visitor.seal)}'>"
                "<button>Log out</button></form></nav>"
            )
        return write_page(
            title,
            f"{around}<h1>{escape(title)}</h1>{body}",
            sandbox=self.sandbox,
            form_targets=self.origin,
            status=status,
            wide=visitor is not None,
        )


def _asker(text: Mapping[str, Any]) -> str:
    name = text.get("controller", {}).get("name")
    return f"Asked by {name}." if name else ""


def _particulars(text: Mapping[str, Any], policy: Document | None) -> str:
    kept = policy.data.get("dataRetentionPeriodDays") if policy else None
    told = {
        "Who asks": text.get("controller", {}).get("name"),
        "On the ground of": BASES.get(text["lawfulBasis"], text["lawfulBasis"]),
        "What is done": USES.get(text.get("dataUse", ""), text.get("dataUse")),
        "Under the policy": f"{policy.data['name']}, version {policy.data['version']}" if policy else None,
        "Kept for": f"{kept} days" if kept is not None else None,
        "Can be deleted": "Yes, when you ask for it."
        if text.get("forgettable")
        else "No, it is kept as proof.",
        "Impact assessment": text.get("dpia") or None,
        "Version of this text": text.get("version"),
    }
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in told.items()
        if value
    )
    return f"<dl>{rows}</dl>"


def _history(said: Said) -> str:
    if not said.history:
        return ""
    rows = "".join(
        f"<tr><td><time datetime='{at.isoformat()}'>{at:%-d %B %Y, %H:%M} UTC</time></td>"
        f"<td>{'Yes' if opt_in else 'No'}</td></tr>"
        for at, opt_in in said.history
    )
    head = "<tr><th scope=col>When</th><th scope=col>What you said</th></tr>"
    return f"<table><caption>Your answers</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
