"""What crosses the proxy and what does not: headers in, headers out, addresses in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from sandbox.controlplane.proxy.cookies import inward, outward
from sandbox.controlplane.proxy.place import Place, moved

TOKEN = "sandbox-token"  # noqa: S105  a header's name
POLICY = "sandbox allow-forms allow-same-origin allow-downloads; frame-ancestors 'none'"
"""Forms and cookies work; no script of a block ever runs, so nothing can speak for whoever looks on."""
FIXED = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
_NOT_IN = frozenset(
    b"host cookie referer origin accept-encoding expect forwarded sandbox-token x-forwarded-for "
    b"x-forwarded-host x-forwarded-proto x-real-ip information-mediator-secret x-sandbox-secret".split()
)
_NOT_OUT = frozenset(
    b"set-cookie set-cookie2 service-worker-allowed clear-site-data strict-transport-security "
    b"public-key-pins alt-svc nel report-to reporting-endpoints refresh origin-agent-cluster "
    b"access-control-allow-origin access-control-allow-credentials server date".split()
) | {name for name, _ in FIXED}
"""Besides what is set anew: what would speak for the whole host, the console with it."""
Headers = list[tuple[bytes, bytes]]


def headers_inward(sent: Iterable[tuple[bytes, bytes]], place: Place, inside: str, proxied: str) -> Headers:
    """Give what of a request's headers the sandbox may see."""
    sent = list(sent)
    dropped = _HOP_BY_HOP | _NOT_IN | _named_by_connection(sent)
    passed = [(name, value) for name, value in sent if name.lower() not in dropped]
    passed.append((b"host", inside.partition("://")[2].encode()))
    passed.append((b"accept-encoding", b"identity"))
    for name, value in sent:
        if name.lower() == b"origin":
            passed.append((name, inside.encode() if value == proxied.encode() else value))
    own = inward([value.decode("latin-1") for name, value in sent if name.lower() == b"cookie"], place)
    if own:
        passed.append((b"cookie", own.encode("latin-1")))
    return passed


def headers_outward(told: Headers, place: Place, inside: str, proxied: str) -> Headers:
    """Give an answer's headers as the browser gets them."""
    dropped = _HOP_BY_HOP | _NOT_OUT | _named_by_connection(told)
    if is_page(told):
        dropped |= {b"content-length", b"etag"}  # addresses in it change
    passed: Headers = []
    for given, value in told:
        name = given.lower()
        if name in (b"location", b"content-location"):
            passed.append((name, moved(value.decode("latin-1"), inside, place, proxied).encode("latin-1")))
        elif name == b"content-security-policy":  # beside ours: a browser holds to both
            passed.append((name, value.replace(inside.encode(), proxied.encode())))
        elif name == b"set-cookie":
            cookie = outward(value.decode("latin-1"), place, secure=proxied.startswith("https:"))
            passed += [(name, cookie.encode("latin-1"))] if cookie else []
        elif name not in dropped:
            passed.append((name, value))
    if not any(name == b"cache-control" for name, _ in passed):
        passed.append((b"cache-control", b"no-store"))
    return [*passed, *FIXED]


def is_page(headers: Headers) -> bool:
    """Whether an answer is a page, in which addresses of the sandbox stand."""
    return any(
        name.lower() == b"content-type" and value.lower().startswith((b"text/html", b"application/xhtml"))
        for name, value in headers
    )


async def with_addresses(parts: AsyncIterator[bytes], inside: bytes, outside: bytes) -> AsyncIterator[bytes]:
    """Put one address in another's place as a page flows by; held back is never more than one address."""
    rest = b""
    async for part in parts:
        rest += part
        *done, rest = rest.split(inside)
        for each in done:
            yield each + outside
        # What may be the beginning of an address waits for what follows.
        held = next(
            (n for n in range(min(len(inside) - 1, len(rest)), 0, -1) if inside.startswith(rest[-n:])), 0
        )
        ready, rest = rest[: len(rest) - held], rest[len(rest) - held :]
        if ready:
            yield ready
    if rest:
        yield rest


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for part in value.split(b",")
    )
