"""Plays a real log-in at the identity block: authorization code with PKCE, as a browser and a client would.

The person types an id and the one-time code that arrives in the sandbox's inbox; the client
proves itself by `private_key_jwt`. Nothing is taken from a back door, so what comes out is the
identity block's own token, or its own refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import uuid
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey

from sandbox.calls.gate import AWAY, Gate
from sandbox.controls.browser import Form, first_form
from sandbox.controls.timepiece import Timepiece
from sandbox.errors import BlockUnreachable, RequestRefused, SandboxError
from sandbox.model.wiring import CONTROLS_SERVICE, application_of

IDENTITY = application_of("identity")
MESSAGING = application_of("messaging")
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CODE = re.compile(r"\b\d{6}\b")
_MOST_PAGES = 6
_TURNS = 64
"""Whoever shares one waits for each other without need; more would be kept for nobody."""


class LogIn:
    """Registers one client per epoch, then logs in whoever is named."""

    def __init__(self, *, mediator_url: str, issuer_url: str, secret: str, timepiece: Timepiece) -> None:
        self._mediator_url = mediator_url
        self._issuer = issuer_url
        self._proof = hmac.new(secret.encode(), b"outbound", hashlib.sha256).hexdigest()
        self._timepiece = timepiece
        self._lock = threading.Lock()
        self._registered: tuple[int, str, ECKey] | None = None
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))

    def token(self, individual_id: str) -> dict[str, Any]:
        """Log in; gives `access_token`, `token_type`, `expires_in`. Raises RequestRefused."""
        with Gate(self._mediator_url, self._proof) as gate:
            client_id, key = self._client(gate)
            verifier = secrets.token_urlsafe(48)
            state = secrets.token_urlsafe(16)
            query = urlencode(
                {
                    "client_id": client_id,
                    "redirect_uri": self._redirect_uri,
                    "response_type": "code",
                    "scope": "openid profile",
                    "state": state,
                    "nonce": secrets.token_urlsafe(16),
                    "code_challenge": create_s256_code_challenge(verifier),
                    "code_challenge_method": "S256",
                }
            )
            with self._turn_of(individual_id):
                code = self._visit(gate, f"{self._issuer}/authorize?{query}", individual_id, state)
            answer = gate.open_page(
                "POST",
                self._inside(f"{self._issuer}/oauth/token"),
                form={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": self._redirect_uri,
                    "client_id": client_id,
                    "code_verifier": verifier,
                    "client_assertion_type": _ASSERTION,
                    "client_assertion": self._assertion(client_id, key),
                },
            )
            if answer.status_code != 200:
                raise _no(
                    answer.status_code, f"identity gave no token to {individual_id}: {answer.text[:200]}"
                )
            body = answer.json()
            return {name: body[name] for name in ("access_token", "token_type", "expires_in")}

    def _turn_of(self, individual_id: str) -> threading.Lock:
        """Give the lock that one person's log-ins hold in turn: their codes arrive in one inbox."""
        return self._turns[zlib.crc32(individual_id.encode()) % _TURNS]

    @property
    def _redirect_uri(self) -> str:
        """Where a browser would be sent back to; its address is read, it is never visited."""
        return f"{self._issuer.removesuffix('/public/identity')}/callbacks/log-in"

    def _inside(self, url: str) -> str:
        """Turn a public address of the mediator into the one that is reached from here."""
        public = self._issuer.removesuffix("/public/identity")
        return self._mediator_url + url.removeprefix(public) if url.startswith(public) else url

    def _client(self, gate: Gate) -> tuple[str, ECKey]:
        with self._lock:
            if self._registered is None or self._registered[0] != self._timepiece.epoch:
                client_id = f"sandbox-{secrets.token_hex(8)}"
                key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": client_id})
                self._register(gate, client_id, key)
                self._registered = (self._timepiece.epoch, client_id, key)
            return self._registered[1], self._registered[2]

    def _register(self, gate: Gate, client_id: str, key: ECKey) -> None:
        request = {
            "clientId": client_id,
            "clientName": "Sandbox controls",
            "relyingPartyId": client_id,
            "logoUri": f"{self._issuer}/logo.svg",
            "redirectUris": [self._redirect_uri],
            "authContextRefs": ["idbb:acr:generated-code"],
            "publicKey": key.as_dict(private=False),
            "userClaims": ["name", "birthdate"],
            "grantTypes": ["authorization_code"],
            "clientAuthMethods": ["private_key_jwt"],
        }
        answer = gate.call(
            IDENTITY,
            "POST",
            "/client-mgmt/oidc-client",
            client=CONTROLS_SERVICE,
            json={"requestTime": self._timepiece.now().isoformat(), "request": request},
        )
        if answer.status_code != 200 or answer.json().get("errors"):
            raise _no(
                answer.status_code, f"identity did not register the controls as a client: {answer.text[:200]}"
            )

    def _visit(self, gate: Gate, url: str, individual_id: str, state: str) -> str:
        """Fill in page after page until the browser is sent back with a code."""
        already = self._newest_message(gate, individual_id)
        answer = gate.open_page("GET", self._inside(url))
        for _ in range(_MOST_PAGES):
            if answer.is_redirect:
                target = str(answer.url.join(answer.headers["location"]))
                if target.startswith(self._redirect_uri) or urlsplit(target).path == "/callbacks/log-in":
                    return _code_of(target, state)
                answer = gate.open_page("GET", self._inside(target))
                continue
            form = first_form(answer.text, str(answer.url))
            if answer.status_code != 200 or form is None:
                raise _no(
                    answer.status_code,
                    f"identity refused to log in {individual_id}: {answer.status_code} {_words(answer.text)}",
                )
            self._fill(gate, form, individual_id, already)
            answer = gate.open_page("POST", self._inside(form.action), form=form.fields)
        raise RequestRefused(f"identity showed {_MOST_PAGES} pages and logged nobody in")

    def _fill(self, gate: Gate, form: Form, individual_id: str, already: str) -> None:
        if "individual_id" in form.fields:
            form.fields["individual_id"] = individual_id
        if "otp" in form.fields:
            form.fields["otp"] = self._one_time_code(gate, individual_id, already)

    def _one_time_code(self, gate: Gate, individual_id: str, already: str) -> str:
        message = self._inbox(gate, individual_id)
        if not message or message[-1]["id"] == already:
            raise RequestRefused(f"no one-time code arrived in the inbox of {individual_id}")
        found = _CODE.search(message[-1]["text"])
        if found is None:
            raise RequestRefused(f"the newest message to {individual_id} holds no one-time code")
        return found.group()

    def _newest_message(self, gate: Gate, individual_id: str) -> str:
        messages = self._inbox(gate, individual_id)
        return str(messages[-1]["id"]) if messages else ""

    def _inbox(self, gate: Gate, individual_id: str) -> list[Mapping[str, Any]]:
        """Read a person's messages, oldest first."""
        answer = gate.call(MESSAGING, "GET", f"/inbox/{individual_id}", client=CONTROLS_SERVICE)
        if answer.status_code != 200:
            raise _no(
                answer.status_code,
                f"messaging did not show the inbox of {individual_id}: {answer.text[:200]}",
            )
        messages: list[Mapping[str, Any]] = answer.json()["messages"]
        return messages

    def _assertion(self, client_id: str, key: ECKey) -> str:
        now = int(self._timepiece.now().timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": f"{self._issuer}/oauth/token",
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + 60,
        }
        return jwt.encode({"alg": "ES256", "kid": client_id}, claims, key, algorithms=["ES256"])


def _no(status: int, said: str) -> SandboxError:
    """Tell a refusal from a block that is not there for the moment, after which it is worth asking again."""
    return BlockUnreachable(said) if status in AWAY else RequestRefused(said)


def _code_of(target: str, state: str) -> str:
    query = parse_qs(urlsplit(target).query)
    if query.get("state") != [state] or "code" not in query:
        raise RequestRefused(f"identity sent the browser back without a code: {query.get('error', ['?'])[0]}")
    return query["code"][0]


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[:200].strip()
