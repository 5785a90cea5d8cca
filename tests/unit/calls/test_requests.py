"""How values are spelt in addresses, headers and bodies, and which of them are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.calls.requests import Argument, CannotSend, build_request
from sandbox.model.operation import OperationDoc, ParameterDoc

OPERATION = OperationDoc(
    operation_id="op",
    method="post",
    path="/a/{one}/b/{two}",
    summary="s",
    source="own",
    parameters=(
        ParameterDoc(name="joined", location="query", required=False, explode=False),
        ParameterDoc(name="deep", location="query", required=False, style="deepObject"),
    ),
)
BARE = OperationDoc(operation_id="op", method="POST", path="/a", summary="s", source="own")
PREFIX = "/r1/SBX/GOV/CENTRAL/things"


def test_a_path_is_filled_and_nothing_in_a_value_ends_its_segment():
    arguments = [Argument("one", "path", "x/../y?z#ä"), Argument("two", "path", [1, "b"])]
    request = build_request(OPERATION, "things", arguments)
    assert request.method == "POST"
    assert request.target == f"{PREFIX}/a/x%2F..%2Fy%3Fz%23%C3%A4/b/1,b"


@pytest.mark.parametrize("value", ["", ".", "..", None])
def test_a_path_value_that_would_leave_the_operation_is_refused(value: Any):
    with pytest.raises(CannotSend, match="the path's 'one' can't be"):
        build_request(OPERATION, "things", [Argument("one", "path", value), Argument("two", "path", 1)])


def test_a_missing_path_value_is_named():
    with pytest.raises(CannotSend, match="no value for two"):
        build_request(OPERATION, "things", [Argument("one", "path", 1)])


@given(value=st.text() | st.text(st.characters(), max_size=3))
def test_no_path_value_changes_the_number_of_segments(value: str):
    try:
        request = build_request(
            OPERATION, "things", [Argument("one", "path", value), Argument("two", "path", 2)]
        )
    except CannotSend:
        assert value in ("", ".", "..") or any("\ud800" <= sign <= "\udfff" for sign in value)
    else:
        assert request.target.startswith(f"{PREFIX}/a/")
        assert request.target.endswith("/b/2")
        assert request.target.count("/") == PREFIX.count("/") + 4
        assert "?" not in request.target


@pytest.mark.parametrize(
    ("name", "value", "query"),
    [
        ("query.alive", True, "?query.alive=true"),
        ("n", 1.5, "?n=1.5"),
        ("q", "a b&c=ü", "?q=a%20b%26c%3D%C3%BC"),
        ("many", ["x", 2], "?many=x&many=2"),
        ("joined", ["x", 2], "?joined=x%2C2"),
        ("deep", {"a": 1, "b": "c"}, "?deep%5Ba%5D=1&deep%5Bb%5D=c"),
        ("flat", {"a": 1}, "?a=1"),
        ("none", None, ""),
        ("none", [], ""),
        ("empty", "", "?empty="),
    ],
)
def test_a_query_is_spelt_as_openapi_says(name: str, value: Any, query: str):
    arguments = [Argument("one", "path", 1), Argument("two", "path", 2), Argument(name, "query", value)]
    assert build_request(OPERATION, "things", arguments).target == f"{PREFIX}/a/1/b/2{query}"


def test_headers_and_cookies():
    arguments = [
        Argument("Authorization", "header", "Bearer t"),
        Argument("X-List", "header", [1, "b"]),
        Argument("X-None", "header", None),
        Argument("session", "cookie", "a;b"),
        Argument("flag", "cookie", True),
    ]
    request = build_request(BARE, "things", arguments)
    assert request.headers == {
        "authorization": "Bearer t",
        "x-list": "1,b",
        "cookie": "session=a%3Bb; flag=true",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Information-Mediator-Secret", "x"),
        ("X-Sandbox-Secret", "x"),
        ("Host", "elsewhere"),
        ("Content-Length", "0"),
        ("bad name", "x"),
        ("X-Own", "a\r\nX-Sandbox-Secret: b"),
        ("X-Own", "漢"),
    ],
)
def test_a_header_that_is_not_the_steps_to_set_is_refused(name: str, value: str):
    with pytest.raises(CannotSend, match="the header"):
        build_request(BARE, "things", [Argument(name, "header", value)])


@pytest.mark.parametrize(
    ("content_type", "payload", "content"),
    [
        ("application/json", {"ä": [1, None, 1.5, True]}, '{"ä": [1, null, 1.5, true]}'.encode()),
        ("application/json", None, b"null"),
        ("application/merge-patch+json", {"a": 1}, b'{"a": 1}'),
        ("application/x-www-form-urlencoded", {"a": "x y", "b": [1, 2], "c": None}, b"a=x+y&b=1&b=2"),
        ("text/plain", "héllo", "héllo".encode()),
    ],
)
def test_a_body_is_written_in_its_media_type(content_type: str, payload: Any, content: bytes):
    request = build_request(BARE, "things", [], content_type=content_type, payload=payload, has_body=True)
    assert request.content == content
    assert request.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("content_type", "payload", "said"),
    [
        ("application/json", float("nan"), "can't be written as JSON"),
        ("application/x-www-form-urlencoded", [1], "a form needs an object"),
        ("application/xml", "<a/>", "can't be written here"),
    ],
)
def test_a_body_that_can_not_be_written_is_refused(content_type: str, payload: Any, said: str):
    with pytest.raises(CannotSend, match=said):
        build_request(BARE, "things", [], content_type=content_type, payload=payload, has_body=True)


def test_expressions_can_read_what_was_sent():
    operation = OperationDoc(operation_id="op", method="GET", path="/{v}", summary="s", source="own")
    request = build_request(operation, "things", [Argument("v", "path", 5), Argument("q", "query", [1])])
    assert (request.path, request.query, request.body) == ({"v": "5"}, {"q": [1]}, None)


@pytest.mark.parametrize(
    ("block", "path", "address"),
    [
        ("payments", "/credits", "/r1/SBX/GOV/CENTRAL/payments"),
        ("information-mediator", "/listClients", "/r1/SBX/GOV/CENTRAL/information-mediator"),
        ("information-mediator", "/r1/SBX/GOV/CENTRAL/information-mediator/listMethods", ""),
    ],
)
def test_what_of_the_target_names_the_application_is_told_apart(block: str, path: str, address: str) -> None:
    operation = OperationDoc(operation_id="op", method="GET", path=path, summary="s", source="own")
    made = build_request(operation, block, [])
    assert made.target == address + path
    assert made.address == address
