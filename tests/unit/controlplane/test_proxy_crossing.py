"""What crosses the proxy: headers, cookies and addresses, each way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.controlplane.proxy.cookies import inward, outward
from sandbox.controlplane.proxy.crossing import headers_inward, headers_outward, with_addresses
from sandbox.controlplane.proxy.place import find_place

INSIDE, PROXIED = "http://127.0.0.1:41000", "http://10.0.0.7:8801"
FOUND = find_place("/s/demo/public/consent/consents?")
assert FOUND is not None
PLACE = FOUND


@pytest.mark.parametrize(
    "path",
    [
        "/s/demo/_sandbox/clock",
        "/s/demo/public",
        "/s/demo/public/",
        "/s/demo/public/../_sandbox/clock",
        "/s/demo/public/consent/%2e%2e/%2e%2e/_sandbox/clock",
        "/s/demo/public/consent/..%2f..%2f_sandbox",
        "/s/demo/public/consent/%252e%252e/x",
        "/s/demo/public/consent\\..\\x",
        "/s/demo/public/consent/%0d%0ax",
        "/s/demo/callbacks/x",
        "/s/Demo/public/consent/",
        "//s/demo/public/consent/",
    ],
)
def test_a_path_that_leads_elsewhere_leads_nowhere(path: str) -> None:
    assert find_place(path) is None


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("a=1", "block.demo.consent.a=1; Path=/s/demo/public/consent; HttpOnly; SameSite=Lax"),
        (
            "a=1; Domain=10.0.0.7; Path=/public/consent/x; SameSite=Strict; Max-Age=60",
            "block.demo.consent.a=1; Max-Age=60; Path=/s/demo/public/consent/x; HttpOnly; SameSite=Strict",
        ),
        (
            "sandbox_session=evil; Path=/; SameSite=None; Secure",
            "block.demo.consent.sandbox_session=evil; Path=/s/demo/public/consent; HttpOnly; SameSite=Lax",
        ),
        (
            "__Host-a=1; Path=/s/other/public/consent",
            "block.demo.consent.__Host-a=1; Path=/s/demo/public/consent; HttpOnly; SameSite=Lax",
        ),
        (
            "a=1; Path=/public/consent/../../x",
            "block.demo.consent.a=1; Path=/s/demo/public/consent; HttpOnly; SameSite=Lax",
        ),
        (
            "a=1; Path=/public/consents",
            "block.demo.consent.a=1; Path=/s/demo/public/consent; HttpOnly; SameSite=Lax",
        ),
        ("a b=1", None),
        ("=sandbox_session=evil", None),
        ("sandbox_session", None),
    ],
)
def test_a_block_s_cookie_is_its_own(told: str, wanted: str | None) -> None:
    assert outward(told, PLACE, secure=False) == wanted


def test_only_a_block_s_own_cookies_go_in() -> None:
    sent = [
        "sandbox_session=s; sandbox_pages=p; block.demo.consent.a=1; block.demo.identity.b=2",
        "block.other.consent.c=3; d=4; block.demo.consent.e=5",
    ]
    assert inward(sent, PLACE) == "a=1; e=5"


def test_headers_inward_hold_nothing_of_ours_and_the_caller_s_authorization() -> None:
    sent = [
        (b"host", b"10.0.0.7:8801"),
        (b"cookie", b"sandbox_session=s"),
        (b"authorization", b"Bearer of-the-block"),
        (b"sandbox-token", b"ours"),
        (b"Information-Mediator-Secret", b"forged"),
        (b"x-forwarded-host", b"evil"),
        (b"connection", b"close, x-hop"),
        (b"x-hop", b"1"),
        (b"origin", PROXIED.encode()),
        (b"referer", b"http://10.0.0.7:8801/s/demo/public/consent/?code=1"),
    ]
    assert headers_inward(sent, PLACE, INSIDE, PROXIED) == [
        (b"authorization", b"Bearer of-the-block"),
        (b"host", b"127.0.0.1:41000"),
        (b"accept-encoding", b"identity"),
        (b"origin", b"http://127.0.0.1:41000"),
    ]


def test_headers_outward_speak_for_this_page_alone() -> None:
    told = [
        (b"Content-Type", b"text/html"),
        (b"content-length", b"10"),
        (b"Service-Worker-Allowed", b"/"),
        (b"clear-site-data", b'"cookies"'),
        (b"strict-transport-security", b"max-age=1"),
        (b"access-control-allow-origin", b"*"),
        (b"transfer-encoding", b"chunked"),
        (b"location", b"http://127.0.0.1:41000/public/identity/authorize?redirect_uri=http%3A%2F%2F127"),
        (b"content-security-policy", b"form-action http://127.0.0.1:41000 http://rp.example"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"bad name=1"),
        (b"x-frame-options", b"ALLOWALL"),
    ]
    given = headers_outward(told, PLACE, INSIDE, PROXIED)
    names = [name for name, _ in given]
    assert (
        b"location",
        PROXIED.encode() + b"/s/demo/public/identity/authorize?redirect_uri=http%3A%2F%2F127",
    ) in given
    assert (b"content-security-policy", b"form-action " + PROXIED.encode() + b" http://rp.example") in given
    policies = b"".join(value for name, value in given if name == b"content-security-policy")
    assert b"sandbox allow-forms allow-same-origin" in policies
    assert b"allow-scripts" not in policies
    assert names.count(b"set-cookie") == 1
    assert [value for name, value in given if name == b"x-frame-options"] == [b"DENY"]
    assert (b"cross-origin-opener-policy", b"same-origin") in given
    assert (b"cross-origin-resource-policy", b"same-origin") in given
    assert not {
        b"content-length",
        b"service-worker-allowed",
        b"clear-site-data",
        b"strict-transport-security",
        b"access-control-allow-origin",
        b"transfer-encoding",
    } & set(names)


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        (b"/public/consent/consents", b"/s/demo/public/consent/consents"),
        (b"consents", b"consents"),
        (b"http://127.0.0.1:41000", b"http://10.0.0.7:8801/s/demo"),
        (b"http://127.0.0.1:410001/x", b"http://127.0.0.1:410001/x"),
        (b"http://rp.example/back?code=1", b"http://rp.example/back?code=1"),
        (b"//rp.example/back", b"//rp.example/back"),
    ],
)
def test_a_redirect_leads_through_the_proxy(location: bytes, wanted: bytes) -> None:
    given = headers_outward([(b"location", location)], PLACE, INSIDE, PROXIED)
    assert (b"location", wanted) in given


@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
def test_addresses_in_a_page_change_wherever_it_is_cut(size: int) -> None:
    page = b"<a href='http://a:1/x'>http://a:1</a> http://http://a: http://a:"

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(page), size):
            yield page[start : start + size]

    async def whole() -> bytes:
        return b"".join([part async for part in with_addresses(parts(), b"http://a:1", b"http://b:2/s/demo")])

    assert asyncio.run(whole()) == page.replace(b"http://a:1", b"http://b:2/s/demo")


@pytest.mark.parametrize(
    ("path", "of_a_block"),
    [
        ("/s/demo/public/consent/consents", True),
        ("/s/demo/r1/SBX/GOV/CENTRAL/payments/batches", True),
        ("/s/demo/r1/SBX/GOV/CENTRAL/sandbox/reset", False),
        ("/s/demo/r1/SBX/GOV/CENTRAL/s%61ndbox/reset", False),
        ("/s/demo/r1//SBX/GOV/CENTRAL/payments", False),
        ("/s/demo/r1/SBX/GOV/OTHER/payments", False),
    ],
)
def test_only_what_is_a_block_s_for_certain_is_open_to_whoever_may_not_change_the_sandbox(
    path: str, of_a_block: bool
) -> None:
    place = find_place(path)
    assert place is not None
    assert place.is_of_a_block == of_a_block
