"""E-mail as mail programs know it: one message (RFC 5322), or a person's whole mailbox (mbox).

The same words whether a sink takes it, a person downloads it, or a mail program opens it.
Nothing is sent here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from email import policy
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from blockkit.records import Row

DOMAIN = "sandbox.invalid"


def write(message: Row) -> EmailMessage:
    """Write a message as the sink gets it. Raises ValueError for an address that no header can hold."""
    written = EmailMessage(policy=policy.SMTP)
    written["Message-ID"] = f"<{message['message_id']}@{DOMAIN}>"
    written["Date"] = format_datetime(message["sent_at"])
    written["From"] = formataddr((_on_one_line(message["sender"]), f"noreply@{DOMAIN}"))
    written["To"] = message["address"]
    written["Subject"] = _on_one_line(message["subject"])
    written["X-Fictitious"] = "yes"
    written.set_content(message["text"])
    return written


def write_mailbox(messages: Iterable[Row]) -> bytes:
    """Write messages one after another as an mbox (RFC 4155), which mail programs and libraries open."""
    file = io.BytesIO()
    generator = BytesGenerator(file, mangle_from_=True, policy=policy.default)
    for message in messages:
        written = write(message)
        written.set_unixfrom(f"From noreply@{DOMAIN} {message['sent_at']:%a %b %d %H:%M:%S %Y}")
        generator.flatten(written, unixfrom=True)
        file.write(b"\n")
    return file.getvalue()


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
