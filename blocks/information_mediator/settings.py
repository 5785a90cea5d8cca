"""What the mediator is told by its environment, beyond the six names that every block gets."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from blockkit.settings import outbound_secret
from blocks.information_mediator.outside import Outside

SLUG = "information-mediator"
CONTROLS = "controls"
LOOPBACK = "127.0.0.1,localhost,[::1]"


@dataclass(frozen=True, slots=True)
class Peer:
    """Where one instance answers, and the secret that the mediator shows it."""

    url: str
    secret: str = field(repr=False)
    readiness: str = "/readyz"
    keeps_our_clock: bool = True
    """False for a product under evaluation that goes by the machine's clock: it is not told to move."""
    measured: bool = False
    """True for a product that runs alone to be measured: the sandbox's token reaches it without a right."""
    outside: Outside | None = None
    """Set for a product that runs somewhere else."""

    @property
    def outbound_secret(self) -> str:
        """What that instance shows the mediator."""
        return outbound_secret(self.secret)


@dataclass(frozen=True, slots=True)
class MediatorSettings:
    """Settings of one running mediator.

    Attributes:
        token: Proves outside applications and opens `/_sandbox`. None means standalone: a client's word is
            taken, which is why it then listens on the loopback only.
        peers: Every other instance of the sandbox, by slug; the controls are called `controls`.
        hosts: Values of the Host header that are answered, with or without a port.
    """

    database_url: str = field(repr=False)
    sandbox_id: str
    token: str | None = field(repr=False)
    peers: Mapping[str, Peer]
    hosts: frozenset[str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> MediatorSettings:
        """Read the environment. Raises ValueError where a sandbox's gate would be left open."""
        token = environment.get("SANDBOX_TOKEN") or None
        if token is None and environment.get("SANDBOX_SECRET"):
            raise ValueError("SANDBOX_TOKEN is missing: in a sandbox the mediator must know whom to let in")
        peers = json.loads(environment.get("PEERS") or "{}")
        return cls(
            database_url=environment.get("DATABASE_URL", ""),
            sandbox_id=environment.get("SANDBOX_ID", "standalone"),
            token=token,
            peers={
                slug: Peer(
                    peer["url"].rstrip("/"),
                    peer["secret"],
                    peer.get("readiness", "/readyz"),
                    peer.get("clock", "follows") == "follows",
                    peer.get("measured", "") == "yes",
                    Outside.from_said(peer.get("outside")),
                )
                for slug, peer in peers.items()
                if slug != SLUG
            },
            hosts=frozenset(
                host.strip().lower()
                for host in (environment.get("ALLOWED_HOSTS") or LOOPBACK).split(",")
                if host.strip()
            ),
        )

    def opens_controls(self, shown: str) -> bool:
        """Whether the secret shown opens `/_sandbox`: the sandbox's token, or the controls' own."""
        if self.token is None:
            return True
        controls = self.peers.get(CONTROLS)
        accepted = [self.token, *([controls.outbound_secret] if controls else [])]
        return any(hmac.compare_digest(shown.encode(), secret.encode()) for secret in accepted)

    def every_secret(self) -> tuple[str, ...]:
        """List what must never be stored."""
        secrets = [self.token] if self.token else []
        for peer in self.peers.values():
            secrets += [peer.secret, peer.outbound_secret]
        return tuple(secret for secret in secrets if secret)
