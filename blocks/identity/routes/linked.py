"""Linked authorization and wallet binding, as the published definition has them; nobody is kept waiting.

Where the definition polls for long, this answers `response_timeout` at once, and the browser asks again.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Body, Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.identity import links, wallets
from blocks.identity.routes.envelope import answer, read
from blocks.identity.routes.login import send_letter
from blocks.identity.routes.persons import IndividualId
from blocks.identity.service import Service, grant_linked
from blocks.identity.wallets import Refused

Document = Annotated[Any, Body()]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Token = Annotated[str, Header(alias="X-XSRF-TOKEN", max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LinkCodeForm(Form):
    transactionId: Secret  # noqa: N815  the wire's names


class LinkStatusForm(LinkCodeForm):
    linkCode: Secret  # noqa: N815


class LinkAuthCodeForm(LinkCodeForm):
    linkedCode: Secret  # noqa: N815


class TransactionForm(Form):
    linkCode: Secret  # noqa: N815


class Challenge(Form):
    authFactorType: Name  # noqa: N815
    challenge: Annotated[str, StringConstraints(min_length=1, max_length=8_000)]
    format: Name


class AuthenticateForm(Form):
    linkedTransactionId: Secret  # noqa: N815
    individualId: IndividualId  # noqa: N815
    challengeList: Annotated[tuple[Challenge, ...], Field(max_length=5)]  # noqa: N815


class ConsentForm(Form):
    linkedTransactionId: Secret  # noqa: N815
    permittedAuthorizeScopes: Annotated[tuple[Name, ...], Field(max_length=20)] = ()  # noqa: N815
    acceptedClaims: Annotated[tuple[Name, ...], Field(max_length=50)] = ()  # noqa: N815


class BindingForm(Form):
    individualId: IndividualId  # noqa: N815
    authFactorType: Name  # noqa: N815
    format: Name
    challengeList: Annotated[tuple[Challenge, ...], Field(min_length=1, max_length=5)]  # noqa: N815
    publicKey: dict[str, Any]  # noqa: N815


class CodeForm(Form):
    individualId: IndividualId  # noqa: N815


def make_router(kit: Kit, service: Service) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/linked-authorization/link-code")
    def make_link_code(document: Document = None, xsrf: Token = "") -> dict[str, Any]:
        def act(db: Connection, request: Any) -> dict[str, Any]:
            form = read(LinkCodeForm, request)
            code, ends_at = links.make_code(db, kit.clock, _login(db, form.transactionId, xsrf))
            return {
                "transactionId": form.transactionId,
                "linkCode": code,
                "expireDateTime": ends_at.isoformat(timespec="milliseconds"),
            }

        return answer(kit, document, act)

    @router.post("/linked-authorization/link-status")
    def read_link_status(document: Document = None, xsrf: Token = "") -> dict[str, Any]:
        def act(db: Connection, request: Any) -> dict[str, Any]:
            form = read(LinkStatusForm, request)
            link = links.find_link(db, _login(db, form.transactionId, xsrf), form.linkCode)
            if link["linked_at"] is None:
                raise Refused("response_timeout", "no wallet has taken the link code yet; ask again")
            return {
                "transactionId": form.transactionId,
                "linkStatus": "LINKED",
                "linkedDateTime": str(int(link["linked_at"].timestamp() * 1000)),
            }

        told = answer(kit, document, act)
        return {**told, "responseTIme": told["responseTime"]}  # as the definition spells it, here alone

    @router.post("/linked-authorization/link-auth-code")
    def collect_link_auth_code(document: Document = None, xsrf: Token = "") -> dict[str, Any]:
        def act(db: Connection, request: Any) -> dict[str, Any]:
            form = read(LinkAuthCodeForm, request)
            login = _login(db, form.transactionId, xsrf)
            link = links.find_link(db, login, form.linkedCode)
            links.collect(db, form.transactionId, link)
            location = grant_linked(service, db, login, link)
            query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
            parameters = login["parameters"]
            echoed = {name: parameters[name] for name in ("state", "nonce") if name in parameters}
            return {"code": query["code"], "redirectUri": parameters["redirect_uri"], **echoed}

        return answer(kit, document, act)

    @router.post("/linked-authorization/link-transaction")
    def open_link_transaction(document: Document = None) -> dict[str, Any]:
        def act(db: Connection, request: Any) -> dict[str, Any]:
            offer = links.take_code(db, kit.clock, read(TransactionForm, request).linkCode)
            return {
                "linkTransactionId": offer.transaction,
                "clientName": offer.client.name,
                "logoUrl": offer.client.logo_uri,
                "authorizeScopes": list(offer.scopes),
                "essentialClaims": [],
                "voluntaryClaims": list(offer.claims),
                "authFactors": [[{"type": "Wallet"}]],
                "configs": {},
            }

        return answer(kit, document, act)

    @router.post("/linked-authorization/authenticate")
    def authenticate_linked(document: Document = None) -> dict[str, Any]:
        proven = True

        def act(db: Connection, request: Any) -> dict[str, Any]:
            nonlocal proven
            form = read(AuthenticateForm, request)
            proven = links.authenticate(
                db,
                kit.clock,
                service.issuer,
                form.linkedTransactionId,
                form.individualId,
                [(each.authFactorType, each.challenge, each.format) for each in form.challengeList],
            )
            return {"linkedTransactionId": form.linkedTransactionId}

        told = answer(kit, document, act)
        # Said outside the transaction, which keeps the failure that was counted.
        return told if proven else _failed(told, "auth_failed", "the wallet does not prove this person")

    @router.post("/linked-authorization/consent")
    def consent_linked(document: Document = None) -> dict[str, Any]:
        def act(db: Connection, request: Any) -> dict[str, Any]:
            form = read(ConsentForm, request)
            links.consent(
                db, kit.clock, form.linkedTransactionId, form.permittedAuthorizeScopes, form.acceptedClaims
            )
            return {"linkedTransactionId": form.linkedTransactionId}

        return answer(kit, document, act)

    @router.post("/wallet-binding")
    def bind_wallet(
        document: Document = None,
        partner: Annotated[str, Header(alias="PARTNER-ID", max_length=100)] = "",
        partner_key: Annotated[str, Header(alias="PARTNER-API-KEY", max_length=200)] = "",
    ) -> dict[str, Any]:
        bound: wallets.Bound | None = None

        def act(db: Connection, request: Any) -> dict[str, Any]:
            nonlocal bound
            _require_partner(partner, partner_key)
            form = read(BindingForm, request)
            challenge = form.challengeList[0]
            if (challenge.authFactorType, challenge.format) not in (
                ("OTP", "alpha-numeric"),
                ("OTP", "number"),
            ):
                raise Refused("unsupported_challenge_format", "a one-time code is wanted: OTP, alpha-numeric")
            if (form.authFactorType, form.format) != ("WLA", "jwt"):
                raise Refused("key_binding_failed", "a wallet proves itself by WLA with a jwt")
            bound = wallets.bind(
                db,
                kit.clock,
                service.signer(db),
                partner=partner,
                individual_id=form.individualId,
                factor=form.authFactorType,
                code=challenge.challenge,
                public_key=form.publicKey,
            )
            if bound is None:
                return {}
            return {
                "walletUserId": bound.wallet_user,
                "certificate": bound.certificate,
                "expireDateTime": bound.ends_at.isoformat(timespec="milliseconds"),
            }

        told = answer(kit, document, act)
        if bound is None and not told["errors"]:
            return _failed(told, "invalid_auth_challenge", "the one-time code is wrong, used or too old")
        return told

    @router.post("/wallet-binding/code")
    def send_binding_code(
        document: Document = None,
        partner: Annotated[str, Header(alias="PARTNER-ID", max_length=100)] = "",
        partner_key: Annotated[str, Header(alias="PARTNER-API-KEY", max_length=200)] = "",
    ) -> dict[str, Any]:
        letters = []

        def act(db: Connection, request: Any) -> dict[str, Any]:
            _require_partner(partner, partner_key)
            form = read(CodeForm, request)
            letter = wallets.ask_for_code(db, kit.clock, partner, form.individualId)
            letters.extend([letter] if letter else [])
            return {"individualId": form.individualId}

        told = answer(kit, document, act)
        for letter in letters:
            try:
                send_letter(kit, letter, "a wallet, which will act as you from then on")
            except Problem as problem:
                return _failed(told, "unknown_error", problem.detail)
        return told

    def _login(db: Connection, transaction_id: str, xsrf: str) -> Row:
        if not xsrf:
            raise Refused("invalid_request", "the header X-XSRF-TOKEN is missing")
        return links.find_login(db, kit.clock, transaction_id, xsrf=xsrf)

    return router


def _require_partner(partner: str, partner_key: str) -> None:
    if not partner or not partner_key or not (partner + partner_key).isprintable():
        raise Refused("invalid_request", "the headers PARTNER-ID and PARTNER-API-KEY are wanted")


def _failed(told: dict[str, Any], code: str, message: str) -> dict[str, Any]:
    return {**told, "response": None, "errors": [{"errorCode": code, "errorMessage": message}]}
