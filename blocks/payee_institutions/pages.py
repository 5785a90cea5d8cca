"""The page on which people read what has arrived on their accounts: plain HTML, no script.

Everything that came from outside is escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from blockkit.pages import write_page
from blockkit.signin import Visitor

HOME = "/statements"


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages below one public address."""

    address: str
    origin: str
    sandbox: str

    def welcome(self) -> HTMLResponse:
        """Ask somebody unknown to log in."""
        way = f"<p><a href='{escape(self.address + HOME)}/login'>Log in</a></p>"
        return self._page(None, f"<p>See what has arrived on your accounts.</p>{way}")

    def alone(self) -> HTMLResponse:
        """Say why nobody can log in to a block that runs alone."""
        return self._page(None, "<p>This block runs alone, so nobody can log in.</p>")

    def refuse(self, visitor: Visitor | None, words: str, status: int) -> HTMLResponse:
        """Say what can't be done, and why."""
        back = f"<p><a href='{escape(self.address + HOME)}'>Back to your accounts</a></p>"
        return self._page(visitor, f"<p role=alert>{escape(words)}</p>{back}", status)

    def statements(self, visitor: Visitor, found: Sequence[Mapping[str, Any]]) -> HTMLResponse:
        """Show every account of a person with its entries, oldest first."""
        tables = "".join(_statement(each) for each in found)
        return self._page(visitor, tables or "<p>You hold no account here.</p>")

    def _page(self, visitor: Visitor | None, body: str, status: int = 200) -> HTMLResponse:
        around = ""
        if visitor is not None:
            around = (
                f"<nav aria-label=Accounts><span>{escape(visitor.caller.individual_id)}</span>"
                f"<form method=post class=plain action='{escape(self.address + HOME)}/logout'>"
                f"<input type=hidden name=seal value='{escape(visitor.seal)}'>"
                "<button>Log out</button></form></nav>"
            )
        return write_page(
            "Your accounts",
            f"{around}<h1>Your accounts</h1>{body}",
            sandbox=self.sandbox,
            form_targets=self.origin,
            status=status,
            wide=visitor is not None,
        )


def _statement(told: Mapping[str, Any]) -> str:
    currency = escape(told["currency"])
    name = f"{escape(told['institution'])}, account {escape(told['accountNumber'])}"
    rows = "".join(
        f"<tr><td>{escape(entry['bookingDate'])}</td><td>{escape(entry['remittanceInformation'])}</td>"
        f"<td>{escape(entry['endToEndId'])}</td>"
        f"<td>{'' if entry['creditDebitIndicator'] == 'CRDT' else '−'}{entry['amount']} {currency}</td></tr>"
        for entry in told["entries"]
    )
    head = (
        "<tr><th scope=col>Booked on</th><th scope=col>What for</th>"
        "<th scope=col>Instruction</th><th scope=col>Amount</th></tr>"
    )
    entries = (
        f"<table><caption>{name}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
        if rows
        else f"<h2>{name}</h2><p>Nothing has arrived yet.</p>"
    )
    return f"{entries}<p>Balance: <strong>{told['closingBalance']} {currency}</strong></p>"
