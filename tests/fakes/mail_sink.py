"""A mail sink on the loopback that says what it is told to say, by recipient."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailSink(socketserver.ThreadingTCPServer):
    """Takes every message; `answers` maps a recipient to what it hears instead, one word after another."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}

    @property
    def address(self) -> str:
        """What `SMTP_SINK` says."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Session(socketserver.StreamRequestHandler):
    server: MailSink

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "DATA":
                self._say("354 go on")
                self._take()
            elif verb.upper() == "RCPT":
                told = self.server.answers.get(rest.partition("<")[2].rstrip(">"), [])
                self._say(told.pop(0) if told else "250 fine")
            elif verb.upper() == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 sink")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()).rstrip(b"\r\n") != b".":
            lines.append(line)
        written = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(written, EmailMessage)
        self.server.taken.append(written)
        self._say("250 taken")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """Run a sink in a thread."""
    with MailSink() as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join(10)
