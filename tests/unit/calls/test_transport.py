"""Whom a conversation trusts."""

from __future__ import annotations

import ssl

import pytest

from sandbox.calls.transport import trust_for


@pytest.mark.parametrize("address", ["https://product.example", "HTTPS://product.example:8443/api"])
def test_the_known_authorities_are_trusted_where_tls_is_spoken(address: str) -> None:
    trusted = trust_for(address)
    assert trusted.cert_store_stats()["x509_ca"] > 50
    assert (trusted.verify_mode, trusted.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", ""])
def test_nobody_is_trusted_elsewhere_and_no_certificate_would_be_accepted(address: str) -> None:
    trusted = trust_for(address)
    assert trusted.cert_store_stats()["x509_ca"] == 0
    assert (trusted.verify_mode, trusted.check_hostname) == (ssl.CERT_REQUIRED, True)
