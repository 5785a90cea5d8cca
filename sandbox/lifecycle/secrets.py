"""Every secret of a sandbox follows from one root, so that a later command can adopt it.

The runtime keeps the root; each program is told only what it must prove or check.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secrets:
    """Derives by HMAC-SHA256 over a purpose; hexadecimal, 64 characters."""

    root: str

    @classmethod
    def fresh(cls) -> Secrets:
        """Draw a new root."""
        return cls(secrets.token_hex(32))

    @property
    def token(self) -> str:
        """What outside applications and the sandbox's own door are proven with."""
        return self._derive("token")

    def block(self, slug: str) -> str:
        """What the mediator shows the block, and the block derives its own proof from."""
        return self._derive(f"block/{slug}")

    def outbound(self, slug: str) -> str:
        """What the block proves itself with at the mediator."""
        return hmac.new(self.block(slug).encode(), b"outbound", hashlib.sha256).hexdigest()

    def database(self, slug: str) -> str:
        """Password of the block's serving role."""
        return self._derive(f"database/{slug}")

    def all(self, slugs: tuple[str, ...]) -> frozenset[str]:
        """List every secret issued, for redaction by value."""
        issued = {self.root, self.token}
        for slug in slugs:
            issued |= {self.block(slug), self.outbound(slug), self.database(slug)}
        return frozenset(issued)

    def _derive(self, purpose: str) -> str:
        return hmac.new(self.root.encode(), purpose.encode(), hashlib.sha256).hexdigest()
