"""A person logs in by one-time code, and a certified kind of client library gets tokens for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from blockkit.testing import ISSUER, PeersDouble


def query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def keys(client: TestClient) -> KeySet:
    return KeySet.import_key_set(client.get("/.well-known/jwks.json").json())


def test_the_whole_way_from_the_page_to_the_signed_userinfo(
    client: TestClient, browser: Any, party: Any
) -> None:
    url = party.url()
    page = browser.open(url)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Welfare &lt;desk&gt;" in page.text
    back = browser.log_in(url)
    assert back.status_code == 303
    assert back.headers["location"].startswith("http://service.test/back?")
    assert query(back.headers["location"])["state"] == query(url)["state"]
    token = party.fetch(back.headers["location"])
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)

    identified = jwt.decode(token["id_token"], keys(client), algorithms=["ES256"]).claims
    assert (identified["iss"], identified["aud"]) == (ISSUER, "welfare")
    assert identified["nonce"] == query(url)["nonce"]
    access = jwt.decode(token["access_token"], keys(client), algorithms=["ES256"])
    assert access.header["typ"] == "at+jwt"
    assert access.claims["individual_id"] == "ZZ1"
    assert access.claims["roles"] == ["citizen"]
    assert access.claims["aud"] == "urn:civic-sandbox:test"

    answer = party.oauth.get(f"{ISSUER}/oidc/userinfo")
    assert answer.headers["content-type"] == "application/jwt"
    told = jwt.decode(answer.text, keys(client), algorithms=["ES256"]).claims
    assert (told["name"], told["birthdate"]) == ("Amélie Alba", "1980-02-29")
    assert told["sub"] == identified["sub"] == access.claims["sub"]
    assert not {"phone_number", "gender", "individual_id"} & set(told)


def test_a_client_finds_its_way_by_discovery(client: TestClient, browser: Any, party: Any) -> None:
    told = client.get("/.well-known/openid-configuration").json()
    assert told["issuer"] == ISSUER
    assert {
        name for name, value in told.items() if name.endswith("_endpoint") and value.startswith(ISSUER)
    } == {
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
    }
    back = browser.log_in(party.url())
    assert party.oauth.fetch_token(
        told["token_endpoint"],
        code=query(back.headers["location"])["code"],
        code_verifier=party.verifier,
        redirect_uri="http://service.test/back",
    )["access_token"]


def test_two_clients_know_one_person_by_different_names(
    browser: Any, client: TestClient, make_party: Callable[..., Any]
) -> None:
    def subject(name: str) -> str:
        party = make_party(name)
        token = party.fetch(browser.log_in(party.url()).headers["location"])
        return str(jwt.decode(token["id_token"], keys(client), algorithms=["ES256"]).claims["sub"])

    assert subject("welfare") != subject("health")


def test_staff_log_in_with_their_role(client: TestClient, browser: Any, party: Any) -> None:
    back = browser.log_in(party.url(), "STAFF-payroll-maker")
    token = party.fetch(back.headers["location"])["access_token"]
    assert jwt.decode(token, keys(client), algorithms=["ES256"]).claims["roles"] == ["payroll-maker"]


def test_the_pages_work_without_script_and_name_their_fields(browser: Any, party: Any) -> None:
    first = browser.open(party.url())
    second = browser.submit(first, individual_id="ZZ1")
    for page, name in ((first, "individual_id"), (second, "otp")):
        assert f"<label for={name}>" in page.text
        assert "<html lang=en>" in page.text
        assert "<script" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action http://public.test http://service.test;" in policy
        assert "frame-ancestors 'none'" in policy


def test_the_code_is_sent_as_a_sensitive_message(browser: Any, party: Any) -> None:
    browser.submit(browser.open(party.url()), individual_id=" ZZ1 ")
    assert [letter["sensitive"] for letter in browser.letters()] == [True]


def test_nobody_learns_whether_a_person_exists(browser: Any, party: Any) -> None:
    known = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    unknown = browser.submit(browser.open(party.url()), individual_id="ZZ404")
    assert len(browser.letters()) == 1
    assert known.status_code == unknown.status_code == 200
    assert len(known.text) == len(unknown.text)
    assert browser.submit(unknown, otp="000000").status_code == 422


def test_the_third_wrong_code_ends_the_log_in(browser: Any, party: Any) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    wrong = f"{(int(browser.code()) + 1) % 10**6:06}"
    answers = [browser.submit(page, otp=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 403]
    assert "2 times" in answers[0].text
    assert "once" in answers[1].text
    assert browser.submit(page, otp=browser.code()).status_code == 403


def test_a_person_whose_code_is_guessed_at_gets_no_more_codes(browser: Any, party: Any) -> None:
    for _ in range(4):
        page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
        wrong = f"{(int(browser.code()) + 1) % 10**6:06}"
        for _ in range(3):
            browser.submit(page, otp=wrong)
    sent = len(browser.letters())
    browser.submit(browser.open(party.url()), individual_id="ZZ1")
    assert len(browser.letters()) == sent
    browser.submit(browser.open(party.url()), individual_id="ZZ2")
    assert len(browser.letters()) == sent + 1


def test_wrong_codes_cannot_be_moved_to_somebody_else(browser: Any, party: Any) -> None:
    asking = browser.open(party.url())
    page = browser.submit(asking, individual_id="ZZ1")
    wrong = f"{(int(browser.code()) + 1) % 10**6:06}"
    assert browser.submit(page, otp=wrong).status_code == 422
    assert browser.submit(asking, individual_id="ZZ2").status_code == 403
    assert browser.submit(asking, individual_id="ZZ1").status_code == 200


@pytest.mark.parametrize("person", ["ZZ1", "ZZ404"])
def test_one_log_in_asks_for_three_codes_at_most_and_the_last_one_works(
    browser: Any, party: Any, person: str
) -> None:
    asking = browser.open(party.url())
    answers = [browser.submit(asking, individual_id=person) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "begin again" in answers[-1].text
    assert len(browser.letters()) == (3 if person == "ZZ1" else 0)
    if person == "ZZ1":
        assert browser.submit(answers[2], otp=browser.code()).status_code == 303


def test_a_code_too_old_is_wrong(browser: Any, party: Any, database: str, owner: Callable[..., Any]) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    owner("UPDATE logins SET code_ends_at = now() - interval '1 second'")
    assert browser.submit(page, otp=browser.code()).status_code == 422


def test_a_code_works_once(browser: Any, party: Any) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    assert browser.submit(page, otp=browser.code()).status_code == 303
    assert browser.submit(page, otp=browser.code()).status_code == 403


def test_another_browser_cannot_finish_a_log_in(browser: Any, another_browser: Any, party: Any) -> None:
    page = browser.open(party.url())
    another_browser.open(party.url())  # has a cookie of its own
    assert another_browser.submit(page, individual_id="ZZ1").status_code == 403
    assert browser.letters() == []


def test_a_person_may_cancel(browser: Any, party: Any) -> None:
    back = browser.submit(browser.open(party.url()), form=1)
    assert back.status_code == 303
    assert query(back.headers["location"])["error"] == "access_denied"


def test_the_dead_do_not_log_in(client: TestClient, browser: Any, party: Any) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ3")
    code = browser.code()
    planted = client.post("/_sandbox/plant", json={"individualId": "ZZ3", "event": {"kind": "death"}})
    assert planted.status_code == 201
    late = browser.submit(page, otp=code)
    with pytest.raises(Exception, match="user"):
        party.fetch(late.headers["location"])
    browser.submit(browser.open(party.url()), individual_id="ZZ3")
    assert len(browser.letters()) == 1


def test_a_code_that_cannot_be_sent_is_said(browser: Any, party: Any, peers: PeersDouble) -> None:
    peers.answers.clear()
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_an_unfit_request_is_told_to_the_client(
    browser: Any, party: Any, changed: dict[str, str], error: str
) -> None:
    wanted = {**query(party.url()), **changed}
    answer = browser.web.get(f"{ISSUER}/authorize", params={k: v for k, v in wanted.items() if v})
    assert answer.status_code == 303
    assert query(answer.headers["location"])["error"] == error
    assert query(answer.headers["location"])["state"] == wanted["state"]


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://service.test/elsewhere"},
        {"redirect_uri": 'http://service.test/"><script>'},
        {"redirect_uri": ""},
        {"client_id": "stranger"},
        {"client_id": "é"},
    ],
)
def test_a_browser_is_never_sent_where_no_client_registered(
    browser: Any, party: Any, changed: dict[str, str]
) -> None:
    wanted = {**query(party.url()), **changed}
    answer = browser.web.get(f"{ISSUER}/authorize", params={k: v for k, v in wanted.items() if v})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "<script" not in answer.text


def test_no_code_and_no_token_stands_in_the_database(
    browser: Any, party: Any, owner: Callable[..., Any]
) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    login = page.text.split("name=login value='")[1].split("'")[0]
    sent = browser.code()
    back = browser.submit(page, otp=sent).headers["location"]
    token = party.fetch(back)["access_token"]
    rows = str([owner(f"SELECT * FROM {table}") for table in ("logins", "codes", "tokens")])
    cookie = browser.web.cookies["identity-browser"]
    for secret in (login, f"'{sent}'", query(back)["code"], token, cookie):
        assert secret not in rows


@pytest.fixture
def owner(database: str) -> Callable[[str], list[Any]]:
    """Run SQL on the block's database."""

    def run(statement: str) -> list[Any]:
        with psycopg.connect(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run
