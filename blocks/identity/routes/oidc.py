"""What clients call without a browser: tokens, userinfo, keys, discovery."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool

from blockkit.app import Kit
from blockkit.records import Connection
from blocks.identity.clients import AUTH_METHOD, SCOPES, Client, find_client
from blocks.identity.codes import accepted_claims, token_is_good
from blocks.identity.links import CLAIMS_OF, claims_of
from blocks.identity.persons import Person, find_person
from blocks.identity.provider import ACR, WALLET_ACR, Asked, NotPlain
from blocks.identity.service import Service
from blocks.identity.signing import ALGORITHM


def make_router(kit: Kit, service: Service) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        form = await request.form()
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return await run_in_threadpool(_exchange, kit, service, pairs)

    @router.get("/oidc/userinfo")
    def userinfo(authorization: Annotated[str, Header()] = "") -> Response:
        with kit.records.transaction() as db:
            signer = service.signer(db)
            scheme, _, access_token = authorization.partition(" ")
            found = _holder(service, db, access_token) if scheme.lower() == "bearer" else None
            if found is None:
                challenge = 'Bearer error="invalid_token", error_description="the token is not good here"'
                return Response(status_code=401, headers={"WWW-Authenticate": challenge})
            person, client, scope = found
            claims = {
                "sub": signer.subject(client.client_id, person.individual_id),
                "aud": client.client_id,
                "iat": int(kit.clock.machine().timestamp()),
                **_claims(person, client, scope, accepted_claims(db, access_token)),
            }
            return Response(
                signer.sign(claims, kind="JWT"),
                media_type="application/jwt",
                headers={"Cache-Control": "no-store"},
            )

    @router.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return service.signer(db).published()

    @router.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        issuer = service.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/oauth/token",
            "userinfo_endpoint": f"{issuer}/oidc/userinfo",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "acr_values_supported": [ACR, WALLET_ACR],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "userinfo_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": [AUTH_METHOD],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", *(claim for claims in CLAIMS_OF.values() for claim in claims)],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }

    return router


def _exchange(kit: Kit, service: Service, pairs: list[tuple[str, str]]) -> Response:
    try:
        asked = Asked("POST", pairs)
    except NotPlain as fault:
        return JSONResponse({"error": "invalid_request", "error_description": str(fault)}, 400)
    with kit.records.transaction() as db:
        response: Response = service.provider(db).create_token_response(asked)
    return response


def _holder(service: Service, db: Connection, token: str) -> tuple[Person, Client, str] | None:
    """Give whose token it is, to whom it was issued, and for what; None when it is not good."""
    try:
        claims = service.signer(db).claims_of(token, kind="at+jwt")
    except (JoseError, ValueError):
        return None
    if not token_is_good(db, service.kit.clock, token):
        return None
    person, client = find_person(db, claims["individual_id"]), find_client(db, claims["client_id"])
    if person is None or person.deceased or client is None:
        return None
    return person, client, str(claims["scope"])


def _claims(person: Person, client: Client, scope: str, accepted: frozenset[str] | None) -> dict[str, Any]:
    known = {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "gender": person.sex,
        "birthdate": person.birth_date.isoformat() if person.birth_date else None,
        "email": person.email,
        "phone_number": person.phone,
    }
    opened = claims_of(client, scope.split())
    return {
        name: value
        for name, value in known.items()
        if value is not None and name in opened and (accepted is None or name in accepted)
    }
