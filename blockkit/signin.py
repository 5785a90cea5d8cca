"""Logs people in to a block's own pages: a relying party of identity by code flow, PKCE and private_key_jwt.

Nothing is stored here. The session is identity's access token in a cookie that no script can read and
no other site can send along; what a log-in needs on its way back is in a second, short-lived one. The
client's key lives as long as the process; with a new epoch a new client is registered.

The block needs the right to identity's `createOidcClient`, and `public:` the pages' prefix.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from blockkit.access import ANYONE, Caller
from blockkit.app import Kit
from blockkit.problems import Problem

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WAY_LASTS = 900
"""Seconds; as long as identity keeps a log-in open."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page, and the word that only their own forms carry."""

    caller: Caller
    seal: str

    def require_seal(self, seal: str) -> None:
        """Raises Problem 403 for a form that was not made for this person."""
        if not hmac.compare_digest(self.seal.encode(), seal.encode()):
            raise Problem(403, "form-too-old", "this form was made for another log-in; open the page again")


class SignIn:
    """The log-in of one block's pages; `home` is their prefix, such as `/desk`."""

    def __init__(self, kit: Kit, name: str, home: str) -> None:
        self._kit = kit
        self._name = name
        self.home = home
        """The pages' prefix."""
        self._lock = threading.Lock()
        self._client: tuple[int, str, ECKey] | None = None
        self.address = kit.settings.public_url(kit.slug)
        """Where the block's pages are for a browser, without a slash at the end."""

    def visitor(self, request: Request) -> Visitor | None:
        """Tell who is there; None for somebody who is not logged in (any more)."""
        if self._kit.settings.standalone:
            return Visitor(ANYONE, "alone")
        token = request.cookies.get(self._cookie("session"), "")
        try:
            caller = self._kit.access.caller(f"Bearer {token}")
        except Problem as refusal:
            if refusal.status != 401:
                raise
            return None
        secret = (self._kit.settings.secret or "").encode()
        return Visitor(caller, hmac.new(secret, token.encode(), hashlib.sha256).hexdigest())

    def begin(self, onward: str) -> Response:
        """Send the browser to identity's log-in; it comes back to `{home}/back` and goes on to `onward`."""
        if self._kit.settings.standalone:  # where everybody is `anyone`
            return RedirectResponse(self.address + self.home, 303)
        client_id, _ = self._registered()
        way = {
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48),
            "onward": onward if self._is_ours(onward) else self.home,
        }
        query = {
            "client_id": client_id,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": "openid profile",
            "state": way["state"],
            "nonce": way["nonce"],
            "code_challenge": create_s256_code_challenge(way["verifier"]),
            "code_challenge_method": "S256",
        }
        answer = RedirectResponse(f"{self._kit.settings.issuer_url}/authorize?{urlencode(query)}", 303)
        packed = base64.urlsafe_b64encode(json.dumps(way).encode()).decode()
        self._set(answer, "way", packed, WAY_LASTS)
        return answer

    def finish(self, request: Request) -> Response:
        """Take the code, get the token for it, and go on. Raises Problem 403 for what we did not begin."""
        try:
            way = json.loads(base64.urlsafe_b64decode(request.cookies.get(self._cookie("way"), "")))
            state, nonce, verifier, onward = (
                str(way[each]) for each in ("state", "nonce", "verifier", "onward")
            )
        except (ValueError, KeyError, TypeError):
            raise Problem(403, "login-over", "this log-in was begun elsewhere or is too old") from None
        given = request.query_params
        if not hmac.compare_digest(given.get("state", "").encode(), state.encode()):
            raise Problem(403, "login-over", "this log-in was begun elsewhere or is too old")
        if "code" not in given:
            raise Problem(403, "login-refused", "nobody was logged in")
        client_id, key = self._registered()
        told = self._exchange(client_id, key, given["code"], verifier)
        self._kit.access.identified(str(told.get("id_token", "")), client_id=client_id, nonce=nonce)
        answer = RedirectResponse(self.address + (onward if self._is_ours(onward) else self.home), 303)
        self._set(answer, "session", str(told["access_token"]), int(told["expires_in"]))
        self._forget(answer, "way")
        return answer

    def leave(self) -> Response:
        """End the session."""
        answer = RedirectResponse(self.address + self.home, 303)
        self._forget(answer, "session")
        return answer

    @property
    def alone(self) -> bool:
        """Whether the block runs alone, so that nobody can log in."""
        return self._kit.settings.standalone

    @property
    def origin(self) -> str:
        """Where forms may lead."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.address))

    @property
    def _redirect_uri(self) -> str:
        return f"{self.address}{self.home}/back"

    def _is_ours(self, onward: str) -> bool:
        return onward.startswith(self.home) and onward.isascii() and "\\" not in onward

    def _exchange(self, client_id: str, key: ECKey, code: str, verifier: str) -> Mapping[str, Any]:
        now = int(self._kit.clock.machine().timestamp())
        claims = {
            **{"iss": client_id, "sub": client_id, "aud": f"{self._kit.settings.issuer_url}/oauth/token"},
            **{"iat": now, "exp": now + 60, "jti": secrets.token_hex(16)},
        }
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": client_id,
            "code_verifier": verifier,
            "client_assertion_type": ASSERTION,
            "client_assertion": jwt.encode({"alg": "ES256"}, claims, key, algorithms=["ES256"]),
        }
        answer = self._kit.peers.submit_page("identity", "/oauth/token", form)
        if answer.status_code != 200:
            raise Problem(403, "login-refused", "identity gave no token for this log-in; begin again")
        told: Mapping[str, Any] = answer.json()
        return told

    def _registered(self) -> tuple[str, ECKey]:
        """Give this epoch's client, registering it when it is not known yet. Raises Problem 502."""
        with self._lock:
            if self._client is None or self._client[0] != self._kit.clock.epoch:
                client_id = f"{self._kit.slug}-{secrets.token_hex(8)}"
                key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": client_id})
                self._register(client_id, key)
                self._client = (self._kit.clock.epoch, client_id, key)
            return self._client[1], self._client[2]

    def _register(self, client_id: str, key: ECKey) -> None:
        request = {
            "clientId": client_id,
            "clientName": self._name,
            "relyingPartyId": self._kit.slug,
            "logoUri": f"{self.address}/logo.svg",
            "redirectUris": [self._redirect_uri],
            "authContextRefs": ["idbb:acr:generated-code", "idbb:acr:linked-wallet"],
            "publicKey": key.as_dict(private=False),
            "userClaims": ["name"],
            "grantTypes": ["authorization_code"],
            "clientAuthMethods": ["private_key_jwt"],
        }
        body = {
            "requestTime": self._kit.clock.machine().isoformat(timespec="milliseconds"),
            "request": request,
        }
        answer = self._kit.peers.call("identity", "POST", "/client-mgmt/oidc-client", json=body)
        if answer.status_code != 200 or answer.json().get("errors"):
            raise Problem(502, "login-unavailable", "identity did not register these pages as a client")

    def _cookie(self, purpose: str) -> str:
        return f"{self._kit.slug}-{purpose}"

    def _set(self, answer: Response, purpose: str, value: str, seconds: int) -> None:
        answer.set_cookie(
            self._cookie(purpose),
            value,
            max_age=seconds,
            path=urlsplit(self.address).path or "/",
            httponly=True,
            samesite="lax",
            secure=self.address.startswith("https:"),
        )

    def _forget(self, answer: Response, purpose: str) -> None:
        answer.delete_cookie(self._cookie(purpose), path=urlsplit(self.address).path or "/")
