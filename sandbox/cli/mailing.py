"""Hands e-mails to a mail sink on the loopback, such as a mail program that developers watch.

Refuses any other address: what is sent here is fictitious, and must not reach somebody's real mailbox.
"""

from __future__ import annotations

import ipaddress
import mailbox
import smtplib
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import parseaddr
from pathlib import Path

from sandbox.errors import BlockUnreachable, UsageError

SEND_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sink:
    """Where e-mail is handed over."""

    host: str
    port: int


def read_sink(stated: str) -> Sink:
    """Read `127.0.0.1:1025`. Raises UsageError for what is no address of the loopback."""
    host, _, port = stated.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        if not ipaddress.ip_address(host).is_loopback or not 0 < int(port) < 65536:
            raise ValueError
    except ValueError:
        raise UsageError(
            f"--smtp {stated!r} is no address of the loopback",
            hint="write 127.0.0.1:1025; e-mail of a sandbox goes to no other machine",
        ) from None
    return Sink(host, int(port))


def hand_over(letters: Sequence[bytes], sink: Sink) -> None:
    """Send each e-mail (RFC 5322) as it is. Raises BlockUnreachable."""
    if not letters:
        return
    try:
        with smtplib.SMTP(sink.host, sink.port, timeout=SEND_SECONDS) as session:
            for letter in letters:
                message = message_from_bytes(letter, policy=policy.default)
                session.send_message(message, parseaddr(message["From"])[1], [parseaddr(message["To"])[1]])
    except (OSError, smtplib.SMTPException) as error:
        raise BlockUnreachable(
            f"the mail sink at {sink.host}:{sink.port} did not take the e-mails: {error}",
            hint="start one that listens there, and say its port",
        ) from error


def read_mailbox(file: bytes) -> list[bytes]:
    """Read the e-mails of a mailbox (mbox)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mbox"
        path.write_bytes(file)
        with closing(mailbox.mbox(path)) as opened:
            return [opened.get_bytes(key) for key in opened.iterkeys()]
