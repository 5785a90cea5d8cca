"""Whatever comes over the wire is answered or cut off, and the block goes on answering others."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from sandbox.calls.direct import DirectClient
from sandbox.errors import BlockUnreachable
from sandbox.model.operation import OperationDoc
from tests.conformance.conftest import Standing

LARGE = 4 * 1024 * 1024
DEEP = 50_000
BODIES: dict[str, tuple[str, bytes]] = {
    "an empty body": ("application/json", b""),
    "null": ("application/json", b"null"),
    "a broken document": ("application/json", b'{"a": '),
    "bad UTF-8": ("application/json", b'{"a": "\xff\xfe"}'),
    "half a character": ("application/json", b'{"a": "\\ud800"}'),
    "NUL": ("application/json", json.dumps({"a": "\0"}).encode()),
    "no number": ("application/json", b'{"a": NaN, "b": -Infinity, "c": 1e400}'),
    "a number of 5,000 digits": ("application/json", b'{"a": ' + b"9" * 5000 + b"}"),
    "lists nested without end": ("application/json", b"[" * DEEP),
    "lists nested deeply": ("application/json", b"[" * DEEP + b"]" * DEEP),
    "objects nested deeply": ("application/json", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "a body of 4 MiB": ("application/json", b'{"a": "' + b"x" * LARGE + b'"}'),
    "XML": ("application/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    "a form": ("application/x-www-form-urlencoded", b"a=1&a=2&%ff=%00"),
    "parts without a boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "no media type at all": ("", b"{}"),
    "a media type that is none": ("application/json; charset=no-such-charset", b"{}"),
}


def writing(standing: Standing) -> Iterator[OperationDoc]:
    """Operations that take a body."""
    for doc in standing.block.docs.values():
        if doc.bodies:
            yield doc


def path_of(doc: OperationDoc) -> str:
    path = doc.path
    for parameter in doc.parameters:
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", "1")
    return path


def is_alive(standing: Standing) -> bool:
    with DirectClient(standing.address) as client:
        return client.send("GET", f"{standing.address}/healthz", [], None).status == 200


def test_a_rough_body_is_refused_in_words(standing: Standing) -> None:
    """Small ones at every operation that takes a body, large ones at the first of them."""
    docs = list(writing(standing))
    broken = []
    with DirectClient(standing.address) as client:
        for name, (kind, content) in BODIES.items():
            for doc in docs if len(content) < 10_000 else docs[:1]:
                headers = [("content-type", kind)] if kind else []
                try:
                    status = client.send(doc.method, standing.address + path_of(doc), headers, content).status
                except BlockUnreachable:
                    continue  # cut off
                if status >= 500:
                    broken.append((name, doc.operation_id, status))
    assert broken == []
    assert is_alive(standing)


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "/" + "a" * 30_000,
        "/?" + "a=1&" * 5_000,
        "/%",
        "//",
        "/a b",
    ],
    ids=[
        "NUL",
        "bad UTF-8",
        "dots",
        "long",
        "many parameters",
        "half an escape",
        "empty segments",
        "a space",
    ],
)
def test_a_rough_address_is_refused_or_cut_off(standing: Standing, path: str) -> None:
    assert statuses(standing, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()) in (
        *({status} for status in range(300, 500)),
        set(),
    )
    assert is_alive(standing)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 50) for n in range(5_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 300_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        b"\xff" * 4096,
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=[
        *("a flood of headers", "a long header", "no chunk", "a negative length", "two lengths"),
        *("a TLS greeting", "noise", "another HTTP"),
    ],
)
def test_what_is_no_request_is_refused_or_cut_off(standing: Standing, sent: bytes) -> None:
    assert statuses(standing, sent) in (*({status} for status in range(300, 500)), set())
    assert is_alive(standing)


def test_clients_that_never_finish_keep_nobody_waiting(standing: Standing) -> None:
    doc = next(writing(standing), None)
    starts = [b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "]
    if doc is not None:
        head = f"{doc.method} {path_of(doc)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        starts.append(f'{head}Content-Length: 1000\r\n\r\n{{"a": '.encode())
    with ExitStack() as stack:
        for number in range(60):
            slow = stack.enter_context(connect(standing))
            slow.sendall(starts[number % len(starts)])
        assert all(is_alive(standing) for _ in range(5))
    assert is_alive(standing)


def connect(standing: Standing) -> socket.socket:
    parts = urlsplit(standing.address)
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def statuses(standing: Standing, sent: bytes) -> set[int]:
    """Send bytes, hang up one way, and give the status that came, if any."""
    with connect(standing) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            got = line.recv(4096)
        except TimeoutError:
            pytest.fail("neither answered nor cut off")
        except OSError:
            return set()
    return {int(got[9:12])} if got.startswith(b"HTTP/1.") else set()
