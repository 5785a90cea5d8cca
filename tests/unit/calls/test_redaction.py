"""No secret leaves the runner, wherever it stands and however it is spelt."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.calls.redaction import REDACTED, Redactor

SECRET = "s3cret/with+odd=signs&more"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "Information-Mediator-Secret",
        "X-Sandbox-Secret",
        "X-Api-Key",
        "X-CSRF-Token",
    ],
)
def test_a_header_whose_name_promises_a_secret_is_blank(name: str):
    assert Redactor().headers({name: "anything", "X-Other": "stays"}) == {name: REDACTED, "X-Other": "stays"}


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("access_token", "abc", False),
        ("refresh_token", "abc", False),
        ("accessToken", "abc", False),
        ("client_secret", "abc", False),
        ("client_assertion", "abc", False),
        ("password", "abc", False),
        ("pin", 1234, False),
        ("otp", "123456", False),
        ("code_verifier", "abc", False),
        ("voucher_number", "991", False),
        ("code", "SplxlOBeZQQYbYS6WxSbIA", False),
        ("code", "RW-01", True),
        ("token_type", "Bearer", True),
        ("pinned", "abc", True),
        ("access_token", None, True),
        ("shipping", "abc", True),
    ],
)
def test_a_field_whose_name_promises_a_secret_is_blank(field: str, value: Any, kept: bool):
    assert Redactor().body([{field: value}]) == [{field: value if kept else REDACTED}]


def test_a_field_marked_by_the_contract_is_blank_in_every_item():
    body = {"vouchers": [{"serial": 1, "number": 12}, {"serial": 2, "number": 13}], "a/b": {"c": 1}, "n": 1}
    assert Redactor().body(body, ("vouchers/*/number", "a~1b/c")) == {
        "vouchers": [{"serial": 1, "number": REDACTED}, {"serial": 2, "number": REDACTED}],
        "a/b": {"c": REDACTED},
        "n": 1,
    }
    assert Redactor().body({"a": 1}, ("",)) == REDACTED


@pytest.mark.parametrize(
    "spelt",
    [
        SECRET,
        quote(SECRET, safe=""),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"client:{SECRET}".encode()).decode(),
        base64.b64encode(f"clients:{SECRET}:x".encode()).decode(),
    ],
)
def test_an_issued_secret_is_found_in_every_spelling(spelt: str):
    redacted = Redactor([SECRET]).value({"note": f"before {spelt} after"})
    assert spelt not in json.dumps(redacted)
    assert REDACTED in redacted["note"]
    assert redacted["note"].startswith("before ")


def test_a_token_that_came_back_is_known_from_then_on():
    redactor = Redactor()
    opaque = "opaque-token-without-dots"
    assert redactor.value({"seen": opaque}) == {"seen": opaque}
    redactor.learn_from({"session": [{"access_token": opaque}]})
    assert redactor.value({"seen": f"x{opaque}y", opaque: 1}) == {"seen": f"x{REDACTED}y", REDACTED: 1}


def test_a_marked_secret_that_came_back_is_known_from_then_on():
    redactor = Redactor()
    redactor.learn_from({"vouchers": [{"number": "9988776655"}]}, ("vouchers/*/number",))
    assert redactor.text("paid with 9988776655") == f"paid with {REDACTED}"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"token {JWT}.", f"token {REDACTED}."),
        ("Bearer abcdefgh12345-opaque", f"Bearer {REDACTED}"),
        ("a basic registration", "a basic registration"),
        ("http://m/cb?code=SplxlOBeZQQYbYS6WxSbIA&x=1", f"http://m/cb?code={REDACTED}&x=1"),
        ("http://m/a?access_token=abc&page=2", f"http://m/a?access_token={REDACTED}&page=2"),
        ("http://m/a?district=RW-01&state=open", "http://m/a?district=RW-01&state=open"),
        (
            'log {"access_token":"a\\"b","token_type":"x"}',
            f'log {{"access_token":"{REDACTED}","token_type":"x"}}',
        ),
        ("the bearer of this letter", "the bearer of this letter"),
    ],
)
def test_a_text_loses_what_looks_like_a_secret(text: str, redacted: str):
    assert Redactor().text(text) == redacted


def test_a_short_secret_is_not_looked_for_by_value():
    assert Redactor(["0000"]).text("1000000 francs") == "1000000 francs"


def test_the_original_is_left_as_it_was():
    body = {"access_token": "abc", "list": [{"pin": "1"}]}
    Redactor().body(body)
    assert body == {"access_token": "abc", "list": [{"pin": "1"}]}


@given(
    secret=st.text(alphabet=st.characters(codec="ascii", exclude_categories=["C"]), min_size=8, max_size=40),
    before=st.text(max_size=10),
    after=st.text(max_size=10),
)
def test_no_secret_survives_in_any_text(secret: str, before: str, after: str):
    redacted = Redactor([secret]).text(before + secret + after)
    assert secret not in redacted or secret in REDACTED
