"""Proves who calls. A name in a header counts only with the secret that belongs to it."""

from __future__ import annotations

import hmac

from blocks.information_mediator.directory import Directory
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.settings import MediatorSettings
from blocks.information_mediator.wiring import Client


def claimed_name(incoming: Incoming) -> str:
    """Give the name that a caller states, proven or not."""
    headers = incoming.headers
    return (headers.get("information-mediator-client") or headers.get("x-govstack-client") or "")[:200]


def prove(directory: Directory, settings: MediatorSettings, incoming: Incoming) -> Client:
    """Give the client that a request comes from. Raises Refusal 401."""
    name = claimed_name(incoming)
    client = directory.client(name)
    if settings.token is None:
        return client or Client(application=name, name=name, proof="sandbox")
    secret = _secret_of(client, settings) if client else None
    shown = incoming.headers.get("information-mediator-secret", "")
    if client is None or secret is None or not hmac.compare_digest(shown.encode(), secret.encode()):
        raise Refusal(
            401,
            "unknown-client",
            "state who calls in Information-Mediator-Client and prove it in Information-Mediator-Secret",
        )
    return client


def _secret_of(client: Client, settings: MediatorSettings) -> str | None:
    if client.proof == "sandbox":
        return settings.token
    peer = settings.peers.get(client.block or "")
    return peer.outbound_secret if peer else None
