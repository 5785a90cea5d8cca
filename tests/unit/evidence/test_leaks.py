from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from sandbox.evidence.leaks import LiveSecrets

SECRET = 's3cr3t/+value"with ü'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.b64encode(f"ab:{SECRET}:cd".encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        quote(SECRET, safe=""),
        json.dumps({"a": SECRET}),
        SECRET.replace('"', "&#34;"),
    ],
)
def test_a_secret_is_found_in_every_form_in_which_it_travels(form: str) -> None:
    secrets = LiveSecrets([SECRET])
    assert secrets.occurs_in(f"before {form} after".encode())
    assert not secrets.occurs_in(secrets.mask(f"before {form} after").encode())


def test_text_without_the_secret_is_left_as_it_is() -> None:
    text = "nothing of the kind, s3cr3t/value"
    assert LiveSecrets([SECRET]).mask(text) == text
    assert not LiveSecrets([SECRET]).occurs_in(text.encode())


def test_values_too_short_to_be_told_from_data_are_not_searched_for() -> None:
    assert not LiveSecrets(["1234", ""]).occurs_in(b"account 1234")


def test_without_secrets_nothing_is_found() -> None:
    assert not LiveSecrets([]).occurs_in(b"anything")


def test_bytes_that_are_no_text_are_searched_too() -> None:
    assert LiveSecrets(["a-long-secret"]).occurs_in(b"\xff\xfe\x00a-long-secret\xff")
