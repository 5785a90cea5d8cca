"""The first look at a product that runs somewhere else: does it answer there, and is it who it should be?

Says in words what a connection lacks. Nothing of a sandbox is sent.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2

from sandbox.errors import BlockUnreachable, ContentError

LOOK_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Files by which two ends know each other: who vouches for the product, and what it is shown."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class LedElsewhere(BlockUnreachable):
    """What answers at the address sends its callers to another host."""

    reason = "led-elsewhere"


def look_at(url: str, papers: Papers) -> int:
    """Ask once and give the status. Raises BlockUnreachable, or ContentError for our own papers."""
    context = _context(papers)
    try:
        with httpx2.Client(
            verify=context, timeout=LOOK_SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            answer = client.get(url)
    except httpx2.HTTPError as error:
        raise BlockUnreachable(f"{url} can't be used: {_say(error, papers)}", hint=_hint(error)) from error
    there = urlsplit(urljoin(url, answer.headers.get("location", "")))
    here = urlsplit(url)
    if answer.is_redirect and (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise LedElsewhere(
            f"{url} sends its callers to {there.scheme}://{there.netloc}",
            hint="one host is allowed and no other; name the product's own address",
        )
    return answer.status_code


def _context(papers: Papers) -> ssl.SSLContext:
    if papers.authority is None:
        context = httpx2.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=papers.authority)
    if papers.certificate is not None:
        try:
            context.load_cert_chain(papers.certificate, papers.key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise ContentError(
                f"certificate and key do not belong together, or the key has a password: {error}",
                path=str(papers.key or papers.certificate),
            ) from error
    return context


def _no_password() -> str:
    """Keep the library from asking whoever sits there."""
    raise ValueError("keys with a password are not used")


def _say(error: BaseException, papers: Papers) -> str:
    found = _in_causes(error)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {found.verify_message}"
    if found is not None and "CERTIFICATE_REQUIRED" in (found.reason or ""):
        shown = (
            "does not accept the certificate that it is shown"
            if papers.certificate
            else "wants to be shown one"
        )
        return f"it asks for a client's certificate, and {shown}"
    if found is not None:
        return f"no encrypted connection came about: {found.reason or found}"
    return str(error) or type(error).__name__


def _hint(error: BaseException) -> str:
    found = _in_causes(error)
    if isinstance(found, ssl.SSLCertVerificationError):
        return "`ca` names the file with the certificate of who vouches for it"
    if found is not None:
        return "`cert` and `key` name what the mediator shows"
    return "does it run, and is it reached from this machine?"


def _in_causes(error: BaseException) -> ssl.SSLError | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
