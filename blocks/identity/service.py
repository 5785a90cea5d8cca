"""What identity's routes share: its issuer, and a provider for one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error

from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.identity.persons import find_person
from blocks.identity.provider import WALLET_ACR, Asked, Provider
from blocks.identity.signing import Signer, load_signer
from blocks.identity.wallets import Refused


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


def grant_linked(service: Service, db: Connection, login: Row, link: Row) -> str:
    """Give the redirect with the authorization code that the wallet's person agreed to. Raises Refused."""
    provider = service.provider(db)
    provider.acr, provider.accepted = WALLET_ACR, tuple(link["claims"])
    granted = [*link["scopes"]]
    scope = " ".join(["openid", *(one for one in granted if one != "openid")])
    asked = Asked("POST", {**login["parameters"], "scope": scope}.items())
    person = find_person(db, link["individual_id"])
    try:
        grant = provider.get_consent_grant(asked, end_user=person)
        response = provider.create_authorization_response(asked, grant_user=person, grant=grant)
    except OAuth2Error as error:
        raise Refused("invalid_transaction", str(error.description)) from None
    return str(response.headers["location"])
