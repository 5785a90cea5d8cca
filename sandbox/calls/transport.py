"""How every HTTP conversation of ours is held: no redirect, no cookie, no proxy, no answer without an end.

Callers say where to and with what; here stands only what none of them may do differently.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes."""
KEPT_SECONDS = 2.0
"""How long a connection is kept: shorter than a server's own patience (uvicorn: 5 s), lest a call meet one
that is just closing."""
ACCEPT = "application/json, */*;q=0.5"


def open_client(address: str, transport: httpx2.BaseTransport | None, timeout: float) -> httpx2.Client:
    """Open a pool of connections to `address`.

    `transport` replaces the network in tests; `timeout`: seconds a read.
    """
    return httpx2.Client(
        transport=transport,
        verify=trust_for(address),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        limits=httpx2.Limits(keepalive_expiry=KEPT_SECONDS),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def trust_for(address: str) -> ssl.SSLContext:
    """Give whom to trust at an address: the known authorities at https, nobody where TLS is not spoken.

    Loading the authorities takes longer than many a call, and a sandbox's own addresses are http.
    """
    return _authorities() if address.lower().startswith("https:") else _nobody()


@cache
def _authorities() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


@cache
def _nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def take_body(
    response: httpx2.Response, *, started: float, timeout: float, timer: Callable[[], float]
) -> tuple[bytes, str]:
    """Take a streamed answer's body to its end, or nothing and why not.

    `timeout` seconds are for the whole: the client's own limit is per read, and an answer that drips
    would outlast any number of them.
    """
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > LARGEST_ANSWER:
            return b"", f"the answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB"
        if timer() - started > timeout:
            return b"", f"the answer was not complete after {timeout:g} s"
        chunks.append(chunk)
    return b"".join(chunks), ""
