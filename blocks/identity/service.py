"""What identity's routes share: its issuer, and a provider for one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from blockkit.app import Kit
from blockkit.records import Connection
from blocks.identity.provider import Provider
from blocks.identity.signing import Signer, load_signer


@dataclass(frozen=True, slots=True)
class Service:
    """One identity provider as it is seen from outside."""

    kit: Kit
    issuer: str

    @classmethod
    def of(cls, kit: Kit) -> Service:
        """Make it; a block that runs alone issues in the name of its own address."""
        return cls(kit, kit.settings.issuer_url or f"http://127.0.0.1:{kit.settings.port}")

    @property
    def path(self) -> str:
        """Where the issuer lies on its host; cookies go no further."""
        return urlsplit(self.issuer).path or "/"

    def signer(self, db: Connection) -> Signer:
        """Give this epoch's signer."""
        return load_signer(db, self.kit.clock, self.issuer, self.kit.settings.sandbox_id)

    def provider(self, db: Connection) -> Provider:
        """Give a provider for one request."""
        audience = f"urn:civic-sandbox:{self.kit.settings.sandbox_id}"
        return Provider(db, self.kit.clock, self.signer(db), audience)
