"""The log-in pages: plain HTML that works without script, with a keyboard and with a screen reader.

Everything shown is escaped; forms lead to this block and onward to the client that asked.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from blockkit.pages import write_page


class Pages:
    """Writes the pages of one issuer."""

    def __init__(self, issuer: str, sandbox: str) -> None:
        self._issuer = issuer
        self._sandbox = sandbox

    def ask_who(self, login: str, client_name: str, redirect_uri: str) -> HTMLResponse:
        """Ask for the person's id."""
        body = (
            f"<h1>Log in to {escape(client_name)}</h1>"
            f"<form method=post action='{escape(self._issuer)}/login/individual'>{_hidden(login)}"
            "<label for=individual_id>Your national id number</label>"
            "<small id=hint>We send a one-time code to your inbox.</small>"
            "<input id=individual_id name=individual_id aria-describedby=hint autocomplete=username "
            "required maxlength=64 autofocus><button>Send the code</button></form>"
            f"{self._cancel(login)}"
            f"<form method=post action='{escape(self._issuer)}/login/wallet'>{_hidden(login)}"
            "<button>Use your wallet</button></form>"
        )
        return self._page(f"Log in to {client_name}", body, redirect_uri)

    def show_link(
        self, login: str, client_name: str, redirect_uri: str, code: str, *, waiting: bool = False
    ) -> HTMLResponse:
        """Show the code that the wallet takes; with `waiting`, when it has not agreed yet."""
        told = "<p role=alert>Your wallet has not agreed yet.</p>" if waiting else ""
        body = (
            f"<h1>Use your wallet</h1>{told}"
            "<p>Enter this code in the wallet on your own device, within two minutes, and agree there.</p>"
            f"<p><code>{escape(code)}</code></p>"
            f"<form method=post action='{escape(self._issuer)}/login/wallet'>{_hidden(login)}"
            f"<input type=hidden name=link value='{escape(code)}'>"
            f"<button>I have agreed in my wallet</button></form>{self._cancel(login)}"
        )
        return self._page(f"Use your wallet for {client_name}", body, redirect_uri)

    def ask_code(
        self, login: str, client_name: str, redirect_uri: str, *, attempts_left: int | None = None
    ) -> HTMLResponse:
        """Ask for the one-time code; with `attempts_left`, after a wrong one."""
        wrong = ""
        if attempts_left is not None:
            times = "once" if attempts_left == 1 else f"{attempts_left} times"
            wrong = f"<p role=alert>That code is not right, or too old. You can try {times} more.</p>"
        body = (
            f"<h1>Enter your code</h1>{wrong}"
            "<p>If the number is known here, a code of six digits is in your inbox now. "
            "It works for five minutes.</p>"
            f"<form method=post action='{escape(self._issuer)}/login/code'>{_hidden(login)}"
            "<label for=otp>One-time code</label>"
            "<input id=otp name=otp inputmode=numeric pattern='[0-9]{6}' autocomplete=one-time-code "
            "required maxlength=6 autofocus><button>Log in</button></form>"
            f"{self._cancel(login)}"
        )
        return self._page(
            f"Enter your code for {client_name}",
            body,
            redirect_uri,
            status=200 if attempts_left is None else 422,
        )

    def refuse(self, words: str, status: int) -> HTMLResponse:
        """Say that the log-in can't go on; without a form, because there is nothing to fill in."""
        body = f"<h1>You can't log in this way</h1><p role=alert>{escape(words)}</p>"
        return self._page("You can't log in this way", body, "", status=status)

    def _cancel(self, login: str) -> str:
        return (
            f"<form method=post action='{escape(self._issuer)}/login/cancel'>{_hidden(login)}"
            "<button>Cancel and go back</button></form>"
        )

    def _page(self, title: str, body: str, redirect_uri: str, *, status: int = 200) -> HTMLResponse:
        # Browsers apply form-action to the redirect that follows a form as well.
        onward = "{0.scheme}://{0.netloc}".format(urlsplit(redirect_uri)) if redirect_uri else ""
        own = "{0.scheme}://{0.netloc}".format(urlsplit(self._issuer))
        return write_page(
            title, body, sandbox=self._sandbox, form_targets=f"{own} {onward}".strip(), status=status
        )


def _hidden(login: str) -> str:
    return f"<input type=hidden name=login value='{escape(login)}'>"
