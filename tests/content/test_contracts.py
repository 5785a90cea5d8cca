"""Every block keeps its contract: it serves what it promises, says truly where that comes from, never breaks.

Blocks are found by their folders, so a new one is tried without being named here.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import SECRET, PeersDouble, contract_operations, environment_for, served_operations

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT.parent / "shared" / "specs" / "govstack"
BLOCKS = sorted(file.parent.name for file in (ROOT / "blocks").glob("*/openapi.yaml"))
METHODS = ("get", "put", "post", "delete", "patch")
ROLES = (
    "citizen",
    "enrolment-officer",
    "payroll-maker",
    "payroll-checker",
    "payroll-releaser",
    "registrar",
    "auditor",
    "treasury-officer",
    "voucher-officer",
)
NAMES_OF_PERSONS = ("individualId", "userId")
FORM = "application/x-www-form-urlencoded"
SURROGATE = "\ud800"
DEEP: Any = json.loads("[" * 300 + "]" * 300)
"""Deep enough to break what recurses, shallow enough for the parser to let it in."""
ODD_VALUES: tuple[Any, ...] = (
    "\x00",
    SURROGATE,
    "",
    "x" * 5000,
    None,
    [],
    {},
    DEEP,
    True,
    -1,
    10**30,
    1e308,
    float("nan"),
)
ODD_BODIES = (
    b"",
    b"{",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[null]",
    b"{}",
    b'"text"',
    b"1e999",
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 400 + b"{}" + b"}" * 400,
)
ODD_NAMES = ("1", "\x00", SURROGATE, "x" * 500, "é..1", "9" * 30)


@dataclass(frozen=True)
class Operation:
    """One operation of a contract, its parameters with those of its path."""

    contract: Mapping[str, Any]
    path: str
    method: str
    document: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def names(self, place: str) -> list[str]:
        return [each["name"] for each in self.parameters if each["in"] == place]

    def media(self) -> tuple[str, Any]:
        content = resolve(self.contract, self.document.get("requestBody", {})).get("content", {})
        return next(((kind, each.get("schema", {})) for kind, each in content.items()), ("", {}))


@cache
def contract_of(block: str) -> dict[str, Any]:
    return read_contract(ROOT / "blocks" / block)


def operations(block: str) -> list[Operation]:
    contract = contract_of(block)
    return [
        Operation(
            contract,
            path,
            method,
            item[method],
            tuple(
                resolve(contract, each)
                for each in (*item.get("parameters", ()), *item[method].get("parameters", ()))
            ),
        )
        for path, item in contract["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolve(contract: Mapping[str, Any], part: Any) -> Any:
    while isinstance(part, dict) and "$ref" in part:
        found: Any = contract
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def make_app(block: str, database_url: str, peers: PeersDouble) -> FastAPI:
    environment = {
        **environment_for(database_url),
        "SANDBOX_TOKEN": "token-of-the-sandbox",
        "ALLOWED_HOSTS": "testserver",
    }
    made = importlib.import_module(f"blocks.{block}.app").create_app(environment, transport=peers.transport())
    assert isinstance(made, FastAPI)
    return made


def test_no_block_is_overlooked() -> None:
    assert sorted(file.parent.name for file in (ROOT / "blocks").glob("*/block.yaml")) == BLOCKS
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_has_what_readers_and_harnesses_need(block: str) -> None:
    folder = ROOT / "blocks" / block
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "```mermaid\nstateDiagram-v2\n" in readme
    assert "\n## What it leaves out\n" in readme
    assert callable(importlib.import_module(f"blocks.{block}.fixtures").enter)
    assert [*(folder / "conformance").glob("*.arazzo.yaml")]
    assert [*(folder / "tests").glob("test_*.py")]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_published_operation_has_its_level(block: str) -> None:
    groups = YAML(typ="safe").load(ROOT / "blocks" / block / "block.yaml")["implements"]
    assert {each["level"] for each in groups} <= {"required", "recommended", "optional"}
    levelled = {name for each in groups for name in each["operations"]}
    published = {
        each.document["operationId"] for each in operations(block) if each.document["x-source"] != "own"
    }
    assert published - levelled == set()


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_promised_is_served(block: str, peers: PeersDouble) -> None:
    app = make_app(block, "postgresql://nowhere", peers)
    assert served_operations(app) == contract_operations(contract_of(block))


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_said_to_be_published_is(block: str) -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("the published definitions are not beside the repository")
    claims = {
        (each.document["x-source"], each.method, nameless(each.path))
        for each in operations(block)
        if each.document["x-source"] != "own"
    }
    published = {
        (source, method, nameless(path))
        for source in {claim[0] for claim in claims}
        for path, item in read_published(source)["paths"].items()
        for method in item
    }
    assert claims <= published


def read_published(source: str) -> Any:
    reader = YAML(typ="safe")
    reader.allow_duplicate_keys = True  # one published file states a key twice
    return reader.load((PUBLISHED / source).read_text(encoding="utf-8"))


def nameless(path: str) -> str:
    """Leave out what does not tell operations apart: parameters' names, and a query in the path."""
    return re.sub(r"\{[^{}]+\}", "{}", path.partition("?")[0])


@pytest.mark.parametrize("block", BLOCKS)
def test_a_person_named_in_an_address_is_marked(block: str) -> None:
    for operation in operations(block):
        named = [each for each in operation.parameters if each["name"] in NAMES_OF_PERSONS]
        for parameter in named:
            assert parameter.get("x-personal") is True, operation.name
        if named:
            assert operation.document.get("x-subject"), operation.name


@pytest.mark.parametrize("block", BLOCKS)
def test_whatever_is_sent_gets_an_answer_that_the_contract_names(
    block: str, make_database: Callable[..., str], peers: PeersDouble
) -> None:
    load = importlib.import_module(f"blocks.{block}.seed").load
    app = make_app(block, make_database(load), peers)
    headers = {"X-Sandbox-Secret": SECRET, "Authorization": peers.token("1", *ROLES)}
    surprises: set[str] = set()
    with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
        for operation in operations(block):
            for target, body, kind in requests(operation):
                sent = {"Content-Type": kind} if kind else {}
                stated = dict.fromkeys(operation.names("header"), "1")
                answer = client.request(
                    operation.method, target, content=body, headers={**stated, **sent}, follow_redirects=False
                )
                if str(answer.status_code) not in operation.document["responses"]:
                    surprises.add(
                        f"{operation.name} -> {answer.status_code} to {target[:80]!r} {body[:80]!r}: "
                        + answer.text[-120:]
                    )
    assert not surprises, "\n".join(sorted(surprises))


def requests(operation: Operation) -> Iterator[tuple[str, bytes, str]]:
    """Yield target, body and content type of everything odd that can be sent to an operation."""
    kind, schema = operation.media()
    usual = json.dumps(sample(operation.contract, schema)).encode() if kind else b""
    for name in ODD_NAMES:
        yield address(operation, name), usual, "application/json" if kind else ""
    if not kind:
        return
    plain = address(operation, "1")
    for body in ODD_BODIES:
        yield plain, body, "application/json"
        yield plain, body, FORM
    yield plain, b"", ""
    filled = sample(operation.contract, schema)
    for value in ODD_VALUES:
        for body in spoiled(filled, value):
            yield plain, json.dumps(body).encode(), "application/json"


def address(operation: Operation, value: str) -> str:
    told = quote(value.encode("utf-8", "surrogatepass"), safe="")
    path = re.sub(r"\{[^{}]+\}", told, operation.path)
    query = "&".join(f"{name}={told}" for name in operation.names("query"))
    return f"{path}?{query}" if query else path


def sample(contract: Mapping[str, Any], schema: Any, depth: int = 0) -> Any:
    """Make something of about the shape that a schema wants, with every property it names."""
    schema = resolve(contract, schema)
    for choice in ("const", "default", "example"):
        if choice in schema:
            return schema[choice]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return sample(contract, schema[several][0], depth)
    if "allOf" in schema:
        parts = [sample(contract, part, depth) for part in schema["allOf"]]
        return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
    if "properties" in schema and depth < 8:
        return {name: sample(contract, part, depth + 1) for name, part in schema["properties"].items()}
    if "items" in schema:
        return [sample(contract, schema["items"], depth + 1)] * schema.get("minItems", 1)
    types = schema.get("type", "object")
    of_type: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {"a": "b"}}
    return of_type.get(types if isinstance(types, str) else types[0], "1" * schema.get("minLength", 1))


def spoiled(value: Any, odd: Any) -> Iterator[Any]:
    """Yield copies of a document, each with one value replaced."""
    yield odd
    if isinstance(value, dict):
        for name, part in value.items():
            for other in spoiled(part, odd):
                yield {**value, name: other}
    elif isinstance(value, list) and value:
        for other in spoiled(value[0], odd):
            yield [other, *value[1:]]
