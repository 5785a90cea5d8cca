"""People give and withdraw consent by hand: a page each, without script, sealed for whoever looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from blockkit.testing import as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.seed import load

CLIENTS = "/r1/SBX/GOV/CENTRAL/identity/client-mgmt/oidc-client"


class Form(HTMLParser):
    """The hidden fields of a page's forms, and its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.answers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.fields[found["name"]] = found["value"]
        if tag == "button" and "value" in found:
            self.answers.append(found["value"])


class Browser:
    """A person's browser, logged in."""

    def __init__(self, office: Any) -> None:
        self.office = office
        self.person, by = office.person()
        self.cookie = {"Cookie": f"consent-session={by['Authorization'].removeprefix('Bearer ')}"}

    def open(self, agreement: str | None = None) -> httpx2.Response:
        path = f"/consents/agreements/{agreement}" if agreement else "/consents"
        answer: httpx2.Response = self.office.client.get(path, headers=self.cookie)
        return answer

    def answer(self, agreement: str, word: str, **changed: str) -> httpx2.Response:
        fields = {**Form(self.open(agreement).text).fields, "answer": word, **changed}
        sent: httpx2.Response = self.office.client.post(
            f"/consents/agreements/{agreement}", data=fields, headers=self.cookie, follow_redirects=False
        )
        return sent


@pytest.fixture
def browser(office: Any) -> Browser:
    return Browser(office)


def test_a_person_agrees_withdraws_and_agrees_again(office: Any, browser: Browser) -> None:
    agreement = office.agreement(controller={"name": "Ministry"})
    page = browser.open(agreement)
    assert "You have not answered." in page.text
    assert Form(page.text).answers == ["yes", "no"]
    for word, words, left in (
        ("yes", "You agree.", ["no"]),
        ("no", "You have withdrawn your consent.", ["yes"]),
        ("yes", "You agree.", ["no"]),
    ):
        sent = browser.answer(agreement, word)
        assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (
            303,
            f"http://public.test/public/consent/consents/agreements/{agreement}",
        )
        page = browser.open(agreement)
        assert words in page.text
        assert Form(page.text).answers == left
        assert words in browser.open().text
    found = office.client.get(
        "/service/verification/consent-records/", params={"individualId": browser.person}
    ).json()["consentRecords"]
    assert [(each["optIn"], each["state"]) for each in found] == [(True, "signed")]
    assert len(re.findall("<td>(?:Yes|No)</td>", page.text)) == 3
    assert office.officer.get("/audit/chain/").json()["holds"] is True


def test_a_no_without_a_yes_is_no_withdrawal(office: Any, browser: Browser) -> None:
    agreement = office.agreement()
    browser.answer(agreement, "no")
    assert "You do not agree." in browser.open(agreement).text
    assert "You do not agree." in browser.open().text


def test_a_text_that_changed_must_be_read_again_but_a_no_needs_no_text(office: Any, browser: Browser) -> None:
    agreement = office.agreement()
    browser.answer(agreement, "yes")
    shown = Form(browser.open(agreement).text).fields["shown"]
    text = {"purpose": "Try harder.", "lawfulBasis": "consent"}
    office.officer.put(f"/config/data-agreement/{agreement}/", json={"dataAgreement": text})
    page = browser.open(agreement).text
    assert "This text has changed since you answered." in page
    assert Form(page).answers == ["yes", "no"]
    stale = browser.answer(agreement, "yes", shown=shown)
    assert (stale.status_code, "reads differently" in stale.text) == (400, True)
    assert browser.answer(agreement, "yes").status_code == 303
    assert "This text has changed" not in browser.open(agreement).text
    closed = {"dataAgreement": {**text, "active": False}}
    office.officer.put(f"/config/data-agreement/{agreement}/", json=closed)
    assert Form(browser.open(agreement).text).answers == ["no"]
    assert browser.answer(agreement, "no", shown=shown).status_code == 303
    assert "takes no more consents" in browser.open(agreement).text


def test_a_form_counts_for_whom_it_was_made_alone(office: Any, browser: Browser) -> None:
    agreement = office.agreement()
    other = Browser(office)
    foreign = Form(other.open(agreement).text).fields["seal"]
    for seal in (foreign, "0", "x" * 64):
        assert browser.answer(agreement, "yes", seal=seal).status_code == 403
    assert office.client.post(
        "/consents/agreements/x", data={"seal": "x", "shown": "x", "answer": "yes"}
    ).text.count("Log in")
    found = office.client.get(
        "/service/verification/consent-records/", params={"individualId": browser.person}
    ).json()
    assert found["consentRecords"] == []


def test_what_others_wrote_is_shown_and_not_run(office: Any, browser: Browser) -> None:
    evil = "<script>alert(1)</script>'\""
    agreement = office.agreement(
        purpose=evil, controller={"name": evil}, dpia=evil, lawfulBasis=evil, dataUse=evil
    )
    for page in (browser.open(), browser.open(agreement)):
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_whoever_is_not_logged_in_is_asked_to(office: Any) -> None:
    for cookie in ({}, {"Cookie": "consent-session=a.b.c"}):
        page = office.client.get("/consents", headers=cookie)
        assert (page.status_code, "Log in" in page.text) == (200, True)
    for path in ("/consents/back", "/consents/back?state=x&code=y"):
        assert office.client.get(path).status_code == 403


def test_a_page_that_is_not_there_says_so(browser: Browser) -> None:
    answer = browser.open("nothing")
    assert (answer.status_code, "no data agreement" in answer.text) == (404, True)


def test_the_log_in_leads_to_identity_and_out_again(office: Any, browser: Browser) -> None:
    office.peers.answer("POST", CLIENTS, 200, {"response": {}, "errors": []})
    answer = office.client.get("/consents/login", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("http://public.test/public/identity/authorize?")
    seal = Form(browser.open().text).fields["seal"]
    refused, left = (
        office.client.post(
            "/consents/logout", data={"seal": each}, headers=browser.cookie, follow_redirects=False
        )
        for each in ("another", seal)
    )
    assert refused.status_code == 403
    assert left.status_code == 303
    assert 'consent-session=""' in left.headers["set-cookie"]


def test_a_block_that_runs_alone_says_why_nobody_can_log_in(make_database: Callable[..., str]) -> None:
    alone = {**environment_for(make_database(load)), "SANDBOX_SECRET": ""}
    with as_mediator(create_app(alone)) as client:
        for path in ("/consents", "/consents/login", "/consents/agreements/a"):
            assert "runs alone" in client.get(path).text


def test_an_officer_publishes_what_people_then_agree_to(office: Any, browser: Browser) -> None:
    token = office.peers.token("STAFF-registrar", "registrar").removeprefix("Bearer ")
    officer = {"Cookie": f"consent-session={token}"}
    home = office.client.get("/consents", headers=officer)
    assert "Publish an agreement" in home.text
    page = office.client.get("/consents/publish", headers=officer).text
    seal = re.search("name=seal value='([^']+)'", page)
    assert seal is not None, page
    fields = {"seal": seal[1], "name": "by-hand", "purpose": "Verify applications.", "asker": "Ministry"}
    sent = office.client.post("/consents/publish", data=fields, headers=officer, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"].rpartition("/")[2]) == (303, "by-hand")
    assert browser.answer("by-hand", "yes").status_code == 303
    assert "You agree." in browser.open("by-hand").text


def test_nobody_else_publishes(office: Any, browser: Browser) -> None:
    assert "Publish an agreement" not in browser.open().text
    assert office.client.get("/consents/publish", headers=browser.cookie).status_code == 403
    fields = {"seal": "x", "name": "not-theirs", "purpose": "p", "asker": "a"}
    sent = office.client.post("/consents/publish", data=fields, headers=browser.cookie)
    assert sent.status_code == 403
    assert "not-theirs" not in browser.open().text
