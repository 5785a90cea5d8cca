"""Who is calling: access tokens of the identity block, verified by its published keys."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from blockkit.clock import Clock
from blockkit.peers import Peers
from blockkit.problems import Problem
from blockkit.settings import BlockSettings

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
KINDS = frozenset({"at+jwt", "application/at+jwt"})
"""RFC 9068, section 4: whoever accepts an id_token here lets in what was made out to somebody else."""

KEYS_LAST = timedelta(minutes=1)
"""A key that identity withdraws as compromised lets nobody in for longer than this."""
ID_TOKENS = frozenset({"jwt"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a token. In a standalone block everybody is `anyone`, who may do everything."""

    individual_id: str
    roles: frozenset[str]
    anyone: bool = False

    def may_act_as(self, *roles: str) -> bool:
        """Whether the person holds one of the roles."""
        return self.anyone or bool(self.roles & set(roles))

    def is_person(self, individual_id: str) -> bool:
        """Whether the token is this person's own."""
        return self.anyone or (bool(individual_id) and self.individual_id == individual_id)


ANYONE = Caller(individual_id="", roles=frozenset(), anyone=True)


class Access:
    """Verifies tokens; keeps the keys for a minute, unless the epoch changes or an unknown one turns up."""

    def __init__(self, settings: BlockSettings, peers: Peers, clock: Clock) -> None:
        self._settings = settings
        self._peers = peers
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[int, datetime, KeySet] | None = None

    def caller(self, authorization: str | None) -> Caller:
        """Verify `Bearer <token>`. Raises Problem 401 for a missing, expired or foreign token."""
        if self._settings.standalone:
            return ANYONE
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(401, "token-missing", "this operation needs an access token of the identity block")
        claims = self._claims(token)
        return Caller(
            individual_id=str(claims.get("individual_id", "")), roles=frozenset(claims.get("roles", []))
        )

    def require(self, authorization: str | None, *roles: str) -> Caller:
        """Verify the token and one of the roles. Raises Problem 401 or 403."""
        caller = self.caller(authorization)
        if not caller.may_act_as(*roles):
            raise Problem(403, "role-missing", f"this operation needs one of the roles: {', '.join(roles)}")
        return caller

    def identified(self, id_token: str, *, client_id: str, nonce: str) -> dict[str, Any]:
        """Verify an id_token made out to a client of ours. Raises Problem 401."""
        claims = self._claims(id_token, ID_TOKENS)
        if claims.get("aud") != client_id or claims.get("nonce") != nonce:
            raise Problem(401, "token-refused", "the id_token was made out to somebody else, or is old")
        return claims

    def _claims(self, token: str, kinds: frozenset[str] = KINDS) -> dict[str, Any]:
        for fresh in (False, True):
            try:
                decoded = jwt.decode(token, self._key_set(fresh=fresh), algorithms=ALGORITHMS)
                if str(decoded.header.get("typ", "")).lower() not in kinds:
                    raise Problem(401, "token-refused", "this is another kind of token than is wanted here")
                registry = jwt.JWTClaimsRegistry(
                    iss={"essential": True, "value": self._settings.issuer_url},
                    exp={"essential": True},
                )
                registry.validate(decoded.claims)
            except (JoseError, ValueError) as error:
                if fresh:
                    raise Problem(401, "token-refused", f"the access token was refused: {error}") from None
            else:
                return dict(decoded.claims)
        raise AssertionError("unreachable")

    def _key_set(self, *, fresh: bool) -> KeySet:
        with self._lock:
            now = self._clock.machine()
            known = self._keys
            if fresh or known is None or known[0] != self._clock.epoch or now - known[1] >= KEYS_LAST:
                answer = self._peers.open_page("identity", "/.well-known/jwks.json")
                if answer.status_code != 200:
                    raise Problem(502, "keys-unreachable", "identity did not publish its keys")
                known = (self._clock.epoch, now, KeySet.import_key_set(answer.json()))
                self._keys = known
            return known[2]
