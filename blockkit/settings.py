"""What a block is told by its environment; the same six names for a candidate.

The environment is passed in as a mapping: several blocks may live in one process.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

INSTANCE = "SBX/GOV/CENTRAL"
"""Where every reference block is addressed: `SBX/GOV/CENTRAL/<slug>`."""


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """Settings of one running block.

    Attributes:
        secret: What the mediator proves itself with. None means standalone: loopback only, no authentication.
        issuer_url: Where identity is reached by a browser; the `iss` of its tokens.
    """

    port: int
    database_url: str
    mediator_url: str
    issuer_url: str
    sandbox_id: str
    secret: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> BlockSettings:
        """Read the six names; only PORT and DATABASE_URL must be there."""
        return cls(
            port=int(environment.get("PORT", "8080")),
            database_url=environment.get("DATABASE_URL", ""),
            mediator_url=environment.get("MEDIATOR_URL", "").rstrip("/"),
            issuer_url=environment.get("ISSUER_URL", "").rstrip("/"),
            sandbox_id=environment.get("SANDBOX_ID", "standalone"),
            secret=environment.get("SANDBOX_SECRET") or None,
        )

    @property
    def standalone(self) -> bool:
        """True when the block runs alone, for conformance or a first look."""
        return self.secret is None

    def public_url(self, slug: str) -> str:
        """Tell where a browser reaches a block's public pages: beside identity's."""
        if not self.issuer_url:
            return f"http://127.0.0.1:{self.port}"
        return f"{self.issuer_url.rpartition('/')[0]}/{slug}"

    @property
    def outbound_secret(self) -> str:
        """What this block proves itself with at the mediator: not the secret that the mediator shows it."""
        return outbound_secret(self.secret) if self.secret else ""


def outbound_secret(secret: str) -> str:
    """Derive the secret of the other direction, so that a leaked inbound header can't speak for the block."""
    return hmac.new(secret.encode(), b"outbound", hashlib.sha256).hexdigest()
