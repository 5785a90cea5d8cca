"""A product that runs somewhere else: how it is reached, and what it may not make of that.

One host, no other: its certificate is held against the authority that was named, an answer that leads
elsewhere is refused, and no secret of the sandbox goes there.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin, urlsplit

import httpx2

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Outside:
    """How a product elsewhere is reached.

    Attributes:
        authority: Certificates (PEM) of who vouches for it; empty leaves it to the system's authorities.
        certificate: What is shown to it (PEM), with `key`; empty when nothing is.
        socket: Where the way out is, when there is none but through that.
    """

    authority: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    socket: str = ""

    @classmethod
    def from_said(cls, said: Mapping[str, str] | None) -> Outside | None:
        """Read what the lifecycle says of a peer; None for one that is inside."""
        return None if said is None else cls(**said)

    def transport(self) -> httpx2.AsyncHTTPTransport:
        """Open connections of its own, for this product alone."""
        return httpx2.AsyncHTTPTransport(
            verify=self._context(),
            uds=self.socket or None,
            trust_env=False,
            limits=httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=2.0),
        )

    def _context(self) -> ssl.SSLContext:
        if self.authority:
            context = ssl.create_default_context(cadata=self.authority)
        else:
            context = httpx2.create_ssl_context(trust_env=False)
        if self.certificate:
            with TemporaryDirectory() as folder:  # the library reads them from files alone
                shown = Path(folder) / "shown.pem"
                shown.touch(mode=0o600)
                shown.write_text(f"{self.certificate}\n{self.key}")
                context.load_cert_chain(shown)
        return context


def leads_elsewhere(url: str, status: int, location: str) -> str:
    """Name the other host to which an answer to `url` would send its caller; nothing when it does not."""
    if status not in REDIRECTS or not location:
        return ""
    here, there = urlsplit(url), urlsplit(urljoin(url, location))
    same = (here.scheme, here.netloc.lower()) == (there.scheme, there.netloc.lower())
    return "" if same else f"{there.scheme}://{there.netloc}"


def what_tls_said(error: BaseException) -> str:
    """Find what was wrong with a certificate in the causes of an error; nothing when it was none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"no encrypted connection came about: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    return ""
