"""Whom a client trusts at an address: the known authorities at https, nobody where TLS is not spoken.

A sandbox's own addresses are http, and loading the authorities for them would be a tenth of a block's start.
"""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


def trust_for(address: str) -> ssl.SSLContext:
    """Give the context for a client of `address`. Without authorities no certificate is accepted."""
    return _authorities() if address.lower().startswith("https:") else _nobody()


@cache
def _authorities() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


@cache
def _nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
