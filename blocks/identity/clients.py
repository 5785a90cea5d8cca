"""Relying parties' clients: who may ask persons to log in, and how a client proves itself.

A client has a public key and nothing else that could leak. A key is never replaced: whoever lost a
private key registers a new client, as the published definition says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from blockkit.records import Connection

AUTH_METHOD = "private_key_jwt"
SMALLEST_RSA = 2048
KEY_MEMBERS = ("kty", "use", "alg", "kid", "crv", "x", "y", "n", "e")
"""What is kept of a public JWK; whatever else came along proves nothing (RFC 7517, section 4)."""
LONGEST_MEMBER = 2048
SCOPES = ("openid", "profile", "email", "phone")
# fmt: off
Claim = Literal[
    "name", "given_name", "family_name", "middle_name", "preferred_username", "nickname", "gender",
    "birthdate", "email", "email_verified", "phone_number", "phone_number_verified", "picture", "address",
    "locale", "zoneinfo",
]
Acr = Literal[
    "idbb:acr:static-code", "idbb:acr:generated-code", "idbb:acr:linked-wallet", "idbb:acr:biometrics",
    "idbb:acr:biometrics-generated-code", "idbb:acr:linked-wallet-static-code",
]
# fmt: on
ERRORS = {
    "clientId": "invalid_client_id",
    "clientName": "invalid_client_name",
    "relyingPartyId": "invalid_rp_id",
    "logoUri": "invalid_uri",
    "redirectUris": "invalid_redirect_uri",
    "authContextRefs": "invalid_acr",
    "publicKey": "invalid_public_key",
    "userClaims": "invalid_claim",
    "grantTypes": "invalid_grant_type",
    "clientAuthMethods": "invalid_client_auth",
}
"""The published error code of each field."""


class ClientRefused(Exception):
    """A client that can't be registered or changed so; `code` is the published error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ClientDetails(BaseModel):
    """What may be changed about a client later."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    clientName: str = Field(min_length=1, max_length=256)  # noqa: N815  the wire's names
    logoUri: str = Field(min_length=1, max_length=1024)  # noqa: N815
    redirectUris: tuple[str, ...] = Field(min_length=1, max_length=20)  # noqa: N815
    authContextRefs: tuple[Acr, ...] = Field(min_length=1)  # noqa: N815
    userClaims: tuple[Claim, ...] = Field(min_length=1)  # noqa: N815
    grantTypes: tuple[Literal["authorization_code"], ...] = Field(min_length=1)  # noqa: N815
    clientAuthMethods: tuple[Literal["private_key_jwt"], ...] = Field(min_length=1)  # noqa: N815

    @field_validator("logoUri")
    @classmethod
    def _logo(cls, uri: str) -> str:
        return _web_address(uri)

    @field_validator("redirectUris")
    @classmethod
    def _redirects(cls, uris: tuple[str, ...]) -> tuple[str, ...]:
        if any(urlsplit(_web_address(uri)).fragment for uri in uris):
            raise ValueError("a redirect URI has no fragment")
        return uris


class NewClient(ClientDetails):
    """A client as it is registered."""

    clientId: str = Field(pattern=r"^[A-Za-z0-9._~-]{1,50}$")  # noqa: N815
    relyingPartyId: str = Field(min_length=1, max_length=50)  # noqa: N815
    publicKey: dict[str, Any]  # noqa: N815

    @field_validator("publicKey")
    @classmethod
    def _key(cls, document: dict[str, Any]) -> dict[str, Any]:
        key = import_public_key(document)
        if key.key_type == "RSA" and key.public_key.key_size < SMALLEST_RSA:  # type: ignore[union-attr]
            raise ValueError(f"an RSA key of fewer than {SMALLEST_RSA} bits")
        return {name: document[name] for name in KEY_MEMBERS if name in document}


class ChangedClient(ClientDetails):
    """A client as it is changed."""

    status: Literal["active", "inactive"]


Details = TypeVar("Details", bound=ClientDetails)


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client, with the questions that Authlib asks of one."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    public_key: Mapping[str, Any]
    user_claims: tuple[str, ...]
    logo_uri: str = ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether a redirect URI is registered, letter by letter."""
        return redirect_uri in self.redirect_uris

    def get_default_redirect_uri(self) -> None:
        """None: OpenID Connect wants it stated each time."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Give what is granted of the asked scopes; None without `openid`, which is no log-in."""
        asked = (scope or "").split()
        return " ".join(one for one in SCOPES if one in asked) if "openid" in asked else None

    def check_response_type(self, response_type: str) -> bool:
        """Whether it is the code flow."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it is the code flow; there are no refresh tokens."""
        return grant_type == "authorization_code"

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  Authlib's
        """Whether the client may prove itself so."""
        return method == AUTH_METHOD


def find_client(db: Connection, client_id: str) -> Client | None:
    """Find an active client."""
    row = db.execute(
        "SELECT * FROM clients WHERE client_id = %s AND status = 'active'", [client_id]
    ).fetchone()
    if row is None:
        return None
    return Client(
        client_id=row["client_id"],
        name=row["name"],
        redirect_uris=tuple(row["redirect_uris"]),
        public_key=row["public_key"],
        user_claims=tuple(row["user_claims"]),
        logo_uri=row["logo_uri"],
    )


def register(db: Connection, document: Any) -> str:
    """Register a client and give its id; an identical replay gives the same answer. Raises ClientRefused."""
    new = _read(NewClient, document)
    digest = hashlib.sha256(json.dumps(new.model_dump(), sort_keys=True).encode()).hexdigest()
    row = db.execute(
        "INSERT INTO clients (client_id, relying_party_id, public_key, created_from, name, logo_uri, "
        "redirect_uris, acr, user_claims) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (client_id) DO UPDATE SET client_id = excluded.client_id RETURNING created_from",
        [new.clientId, new.relyingPartyId, Jsonb(new.publicKey), digest, *_columns(new)],
    ).fetchone()
    assert row is not None
    if row["created_from"] != digest:
        raise ClientRefused("duplicate_client_id", f"there is a client {new.clientId} already")
    return new.clientId


def change(db: Connection, client_id: str, document: Any) -> str:
    """Change a client and give its id. Raises ClientRefused."""
    changed = _read(ChangedClient, document)
    row = db.execute(
        "UPDATE clients SET name = %s, logo_uri = %s, redirect_uris = %s, acr = %s, user_claims = %s, "
        "status = %s WHERE client_id = %s RETURNING client_id",
        [*_columns(changed), changed.status, client_id],
    ).fetchone()
    if row is None:
        raise ClientRefused("invalid_client_id", "there is no such client")
    return client_id


def import_public_key(document: Mapping[str, Any]) -> Key:
    """Read a public JWK that signatures can be verified with. Raises ValueError."""
    if not all(_is_plain(document[name]) for name in KEY_MEMBERS if name in document):
        raise ValueError("a member of the key is not short plain text")
    if document.get("kty") not in ("RSA", "EC", "OKP") or "d" in document:
        raise ValueError("the key is not the public half of an RSA, EC or OKP key")
    try:
        return JWKRegistry.import_key(dict(document))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the key can't be read: {error}") from None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_MEMBER and value.isascii() and value.isprintable()


def _columns(details: ClientDetails) -> list[Any]:
    return [
        details.clientName,
        details.logoUri,
        list(details.redirectUris),
        list(details.authContextRefs),
        list(details.userClaims),
    ]


def _read(kind: type[Details], document: Any) -> Details:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise ClientRefused(
            ERRORS.get(field, "invalid_request"), f"{field or 'request'}: {first['msg']}"
        ) from None


def _web_address(uri: str) -> str:
    """Refuse what a browser must not be sent to, and what would break out of a header."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not an http or https address")
    if not uri.isascii() or not uri.isprintable() or set(uri) & set(" \"'<>\\;,"):
        raise ValueError("a character that addresses don't have")
    return uri
