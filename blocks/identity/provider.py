"""OpenID Connect's code flow, by Authlib's framework-free server on top of this block's tables.

Authlib decides what a request may do; here stands where things are kept and what is issued. One
provider serves one request inside one transaction, so that a code is used once however many present
it at the same moment. Only `private_key_jwt` and PKCE with S256 are spoken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Payload
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from starlette.responses import JSONResponse, Response

from blockkit.clock import Clock
from blockkit.records import Connection
from blocks.identity.clients import AUTH_METHOD, Client, find_client, import_public_key
from blocks.identity.codes import Code, find_code, save_code, save_token, spend_code, used_nonce
from blocks.identity.logins import digest
from blocks.identity.persons import Person, find_person
from blocks.identity.signing import ALGORITHM, Signer

ACR = "idbb:acr:generated-code"
WALLET_ACR = "idbb:acr:linked-wallet"
TOKEN_LASTS = timedelta(hours=1)
ASSERTION_SKEW = 5
"""Seconds; blocks and clients of a sandbox share one machine's clock."""
LONGEST_ASSERTION = 3600
_PLAIN = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
"""What RFC 6749, appendix A, lets parameters be written with."""


class NotPlain(Exception):
    """A parameter with characters that OAuth parameters don't have; Authlib would stumble over it."""


class Parameters(OAuth2Payload):  # type: ignore[misc]  # Authlib is untyped, and wants its own classes
    """The parameters of one request."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            if not _PLAIN.fullmatch(value):
                raise NotPlain(f"{name[:40]!r} holds characters that it may not")
            self._lists[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        """First values by name."""
        return {name: values[0] for name, values in self._lists.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """All values by name."""
        return self._lists


class Asked(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib wants it. Raises NotPlain."""

    def __init__(self, method: str, pairs: Iterable[tuple[str, str]]) -> None:
        # Authlib insists on https. Where TLS is wanted it ends in front of the mediator, not here.
        super().__init__(method, "https://identity.invalid/")
        self.payload = self.parameters = Parameters(pairs)

    @property
    def args(self) -> Mapping[str, str]:
        """Parameters of the query."""
        return self.parameters.data

    @property
    def form(self) -> Mapping[str, str]:
        """Parameters of the form."""
        return self.parameters.data


class Provider(AuthorizationServer):  # type: ignore[misc]
    """Serves one request; makes responses, never raises OAuth2Error from them."""

    def __init__(self, db: Connection, clock: Clock, signer: Signer, audience: str) -> None:
        super().__init__()
        self.db = db
        self.clock = clock
        self.signer = signer
        self._audience = audience
        self.acr = ACR
        """How the person proved themselves, for the codes of this request."""
        self.accepted: tuple[str, ...] | None = None
        """The claims that the person agreed to tell; None for all that were asked for."""
        self.register_client_auth_method(AUTH_METHOD, Assertion(self))
        self.register_grant(CodeGrant, [ProofKey(required=True), IdToken(self)])
        self.register_token_generator("default", self._issue)

    def query_client(self, client_id: str) -> Client | None:
        """Find an active client; an assertion may name it by any text at all."""
        return find_client(self.db, client_id) if _PLAIN.fullmatch(client_id) else None

    def save_token(self, token: Mapping[str, Any], request: Asked) -> None:
        """Remember a token by its digest, with the code it came from, so that it can be revoked."""
        save_token(
            self.db,
            request.authorization_code,
            str(token["access_token"]),
            self.clock.epoch,
            self.clock.machine() + TOKEN_LASTS,
        )

    def create_oauth2_request(self, request: Asked) -> Asked:
        """Take the request as it is: our routes make them."""
        return request

    def handle_response(
        self, status: int, body: dict[str, Any] | str, headers: Iterable[tuple[str, str]]
    ) -> Response:
        """Turn Authlib's answer into a response; redirects are 303, so that no browser repeats a POST."""
        plain = dict(headers)
        if isinstance(body, dict):
            plain.pop("Content-Type", None)
            return JSONResponse(body, status, plain)
        return Response(body, 303 if status == 302 else status, plain)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to signals here."""

    def _issue(
        self,
        grant_type: str,  # noqa: ARG002  Authlib's signature
        client: Client,
        user: Person,
        scope: str,
        expires_in: int | None = None,  # noqa: ARG002
        include_refresh_token: bool = False,  # noqa: ARG002
    ) -> dict[str, Any]:
        now = self.clock.machine()
        claims = {
            "sub": self.signer.subject(client.client_id, user.individual_id),
            "aud": self._audience,
            "client_id": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LASTS).timestamp()),
            "individual_id": user.individual_id,
            "roles": list(user.roles),
            "scope": scope,
        }
        return {
            "token_type": "Bearer",
            "access_token": self.signer.sign(claims, kind="at+jwt"),
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "scope": scope,
        }


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """`private_key_jwt`: a client proves itself by a short-lived assertion that counts once."""

    CLIENT_AUTH_METHOD = AUTH_METHOD

    def __init__(self, provider: Provider) -> None:
        super().__init__(leeway=ASSERTION_SKEW)
        self._provider = provider

    def get_audiences(self) -> list[str]:
        """Give the names of this server that an assertion may be made out to."""
        issuer = self._provider.signer.issuer
        return [f"{issuer}/oauth/token", issuer]

    def resolve_client_public_key(self, client: Client) -> Any:
        """Give the registered key."""
        return import_public_key(client.public_key)

    def validate_jti(self, claims: Mapping[str, Any], jti: Any) -> bool:
        """Whether this assertion was never seen; long-lived ones are refused outright."""
        now = self._provider.clock.machine()
        if claims["exp"] > now.timestamp() + LONGEST_ASSERTION:
            raise InvalidClientError(description="The assertion lives too long.")
        row = self._provider.db.execute(
            "INSERT INTO assertions (client_id, jti, ends_at) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING jti",
            [claims["sub"], digest(str(jti)), now + timedelta(seconds=LONGEST_ASSERTION + ASSERTION_SKEW)],
        ).fetchone()
        return row is not None


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Keeps authorization codes in this block's tables."""

    TOKEN_ENDPOINT_AUTH_METHODS = [AUTH_METHOD]

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """Keep a new code with everything that it is bound to."""
        data = request.payload.data
        save_code(
            self.server.db,
            self.server.clock,
            code,
            client_id=request.client.client_id,
            individual_id=request.user.individual_id,
            redirect_uri=data["redirect_uri"],
            scope=request.scope,
            nonce=data.get("nonce"),
            code_challenge=data["code_challenge"],
            acr=self.server.acr,
            accepted=self.server.accepted,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Find a code of this client that is good now; one that comes back takes its tokens with it."""
        named = self.request.payload.client_id
        if named is not None and named != client.client_id:
            raise InvalidRequestError("The client_id is not the assertion's.")
        return find_code(self.server.db, self.server.clock, code, client.client_id)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Mark a code as used; it stays known, so that its replay is noticed."""
        spend_code(self.server.db, authorization_code)

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        """Find the person whose code it is, unless they have died since."""
        person = find_person(self.server.db, authorization_code.individual_id)
        return person if person is not None and not person.deceased else None


class ProofKey(CodeChallenge):  # type: ignore[misc]
    """PKCE (RFC 7636), always, and with S256 only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Want a challenge in every authorization request."""
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with the method S256 is wanted.")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """The signed `id_token` beside the access token."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)
        self._provider = provider

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        """Whether this client has used the nonce before."""
        return used_nonce(self._provider.db, request.payload.client_id, nonce)

    def encode_id_token(self, token: Mapping[str, Any], request: Asked) -> str:
        """Sign with the block's key; claims as OpenID Connect Core 1.0, section 2."""
        code: Code = request.authorization_code
        now = self._provider.clock.machine()
        claims = {
            "sub": self._provider.signer.subject(code.client_id, code.individual_id),
            "aud": code.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LASTS).timestamp()),
            "auth_time": int(code.auth_time.timestamp()),
            "acr": code.acr,
            "at_hash": create_half_hash(token["access_token"], ALGORITHM).decode(),
        }
        if code.nonce:
            claims["nonce"] = code.nonce
        return self._provider.signer.sign(claims, kind="JWT")
