"""The pages a person sees: who are you, what is your code, and back to the service."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, Cookie, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.identity import links, logins
from blocks.identity.pages import Pages
from blocks.identity.persons import Person, find_person
from blocks.identity.provider import Asked, NotPlain, Provider
from blocks.identity.service import Service, grant_linked
from blocks.identity.wallets import Refused

COOKIE = "identity-browser"
XSRF = "XSRF-TOKEN"

LoginId = Annotated[str, Form(alias="login", max_length=100)]
Individual = Annotated[str, Form(max_length=64, pattern=r"^[^\x00-\x1f]*$")]
Browser = Annotated[str, Cookie(alias=COOKIE, max_length=100)]


def make_router(kit: Kit, service: Service) -> APIRouter:
    """Make the routes of `/authorize` and `/login`."""
    router = APIRouter()
    pages = Pages(service.issuer, kit.settings.sandbox_id)

    @router.get("/authorize")
    def authorize(request: Request, browser: Browser = "") -> Response:
        try:
            asked = Asked("GET", request.query_params.multi_items())
        except NotPlain as fault:
            return pages.refuse(f"The request can't be read: {fault}.", 400)
        with kit.records.transaction() as db:
            provider = service.provider(db)
            try:
                grant = provider.get_consent_grant(asked)
            except OAuth2Error as error:
                return _refused(provider, pages, asked, error)
            browser, xsrf = browser or secrets.token_urlsafe(32), secrets.token_urlsafe(32)
            data = asked.payload.data
            login = logins.begin(db, kit.clock, data, grant.request.client.name, browser, xsrf)
            page = pages.ask_who(login, grant.request.client.name, data["redirect_uri"])
        page.set_cookie(
            COOKIE,
            browser,
            path=service.path,
            httponly=True,
            samesite="lax",
            secure=service.issuer.startswith("https:"),
        )
        # The published definition's word against forged requests; scripts of our own origin may read it.
        page.set_cookie(
            XSRF, xsrf, path=service.path, samesite="strict", secure=service.issuer.startswith("https:")
        )
        return page

    @router.post("/login/wallet")
    def use_wallet(
        login: LoginId,
        browser: Browser = "",
        link: Annotated[str, Form(max_length=100, pattern=r"^[A-Za-z0-9_-]*$")] = "",
    ) -> Response:
        try:
            with kit.records.transaction() as db:
                row = links.find_login(db, kit.clock, login, browser=browser)
                name, onward = row["client_name"], row["parameters"]["redirect_uri"]
                if not link:
                    code, _ = links.make_code(db, kit.clock, row)
                    return pages.show_link(login, name, onward, code)
                found = links.find_link(db, row, link)
                if found["state"] == "consented":
                    links.collect(db, login, found)
                    return RedirectResponse(grant_linked(service, db, row, found), 303)
            return pages.show_link(login, name, onward, link, waiting=True)
        except Refused as refusal:
            return pages.refuse(f"This can't be done: {refusal}.", 403)

    @router.post("/login/individual")
    def name_person(login: LoginId, individual_id: Individual, browser: Browser = "") -> Response:
        try:
            with kit.records.transaction() as db:
                known, letter = logins.name_person(db, kit.clock, login, browser, individual_id.strip())
            if letter is not None:
                send_letter(kit, letter, known.client_name)
        except Problem as over:
            return pages.refuse(over.detail, over.status)
        return pages.ask_code(login, known.client_name, known.parameters["redirect_uri"])

    @router.post("/login/code")
    def enter_code(
        login: LoginId, otp: Annotated[str, Form(max_length=20)], browser: Browser = ""
    ) -> Response:
        try:
            with kit.records.transaction() as db:
                attempt = logins.enter_code(db, kit.clock, login, browser, otp)
                if attempt.individual_id is not None:
                    person = find_person(db, attempt.individual_id)
                    return _go_back(service, pages, db, attempt.login, person)
        except Problem as over:
            return pages.refuse(over.detail, over.status)
        if attempt.attempts_left <= 0:
            return pages.refuse("Too many wrong codes. Begin again at the service you came from.", 403)
        return pages.ask_code(
            login,
            attempt.login.client_name,
            attempt.login.parameters["redirect_uri"],
            attempts_left=attempt.attempts_left,
        )

    @router.post("/login/cancel")
    def cancel(login: LoginId, browser: Browser = "") -> Response:
        try:
            with kit.records.transaction() as db:
                return _go_back(service, pages, db, logins.cancel(db, kit.clock, login, browser), None)
        except Problem as over:
            return pages.refuse(over.detail, over.status)

    return router


def _go_back(
    service: Service, pages: Pages, db: Connection, login: logins.Login, person: Person | None
) -> Response:
    """Send the browser back to the client: with a code, or without one when there is no person."""
    provider = service.provider(db)
    asked = Asked("POST", login.parameters.items())
    try:
        grant = provider.get_consent_grant(asked, end_user=person)
    except OAuth2Error as error:  # the client was changed or closed in between
        return _refused(provider, pages, asked, error)
    response: Any = provider.create_authorization_response(asked, grant_user=person, grant=grant)
    assert isinstance(response, Response)
    return response


def _refused(provider: Provider, pages: Pages, asked: Asked, error: OAuth2Error) -> Response:
    """Tell the client where its address is known to be its own, else the person."""
    if error.redirect_uri:
        response: Response = provider.handle_error_response(asked, error)
        return response
    page: HTMLResponse = pages.refuse(f"The service sent an unfit request: {error.description}", 400)
    return page


def send_letter(kit: Kit, letter: logins.Letter, client_name: str) -> None:
    """Have a one-time code delivered. Raises Problem 502."""
    answer = kit.peers.call(
        "messaging",
        "POST",
        f"/inbox/{letter.individual_id}/messages",
        json={
            "channel": "sms",
            "subject": "Your one-time code",
            "text": f"{letter.code} is your one-time code to log in to {client_name}. It works for five "
            "minutes. Nobody but the log-in page will ever ask for it.",
            "sensitive": True,
        },
    )
    if answer.status_code not in (200, 201, 202):
        raise Problem(502, "code-not-sent", f"messaging did not take the one-time code: {answer.status_code}")
