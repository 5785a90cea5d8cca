"""Every object and key of Arazzo used wrongly: the exact message, file and line, as `refusals.txt` has it.

Each line of the table is one change to a document that has everything: a key taken out, one nobody knows, a
value of another type. `python -m tests.unit.catalog.test_every_key` writes it anew, to be read as a diff.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.echo_content import EchoContent

TABLE = Path(__file__).parent / "refusals.txt"
FREE = {"payload", "value", "properties"}
"""What lies below is the author's own."""
CHILD = {"name": "child", "type": "arazzo", "url": "child.arazzo.yaml"}
CHILD_DOCUMENT = {
    "arazzo": "1.0.1",
    "info": {"title": "A child", "version": "1"},
    "sourceDescriptions": [{"name": "things", "type": "openapi", "url": "../../blocks/things/openapi.yaml"}],
    "workflows": [
        {
            "workflowId": "look",
            "steps": [{"stepId": "look", "operationId": "$sourceDescriptions.things.look"}],
        }
    ],
}
WHOLE: dict[str, Any] = {
    "arazzo": "1.0.1",
    "info": {"title": "All", "summary": "All of it.", "description": "All.", "version": "1"},
    "sourceDescriptions": [
        {"name": "things", "type": "openapi", "url": "../../blocks/things/openapi.yaml"},
        CHILD,
    ],
    "workflows": [
        {
            "workflowId": "story",
            "summary": "All.",
            "description": "All of it.",
            "inputs": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
            "dependsOn": ["$sourceDescriptions.child.look"],
            "parameters": [{"name": "X-Who", "in": "header", "value": "me"}],
            "steps": [
                {
                    "stepId": "send",
                    "description": "It is sent.",
                    "operationId": "$sourceDescriptions.things.echo",
                    "parameters": [
                        {"name": "a", "in": "query", "value": 1},
                        {"reference": "$components.parameters.b", "value": 2},
                    ],
                    "requestBody": {
                        "contentType": "application/json",
                        "payload": {"n": 1},
                        "replacements": [{"target": "/n", "value": "$inputs.n"}],
                    },
                    "successCriteria": [
                        {"condition": "$statusCode == 200"},
                        {"context": "$response.body", "condition": "$..n", "type": "jsonpath"},
                    ],
                    "onSuccess": [
                        {
                            "name": "on",
                            "type": "goto",
                            "stepId": "child",
                            "criteria": [{"condition": "$statusCode == 200"}],
                        },
                        {"reference": "$components.successActions.done"},
                    ],
                    "onFailure": [
                        {"name": "again", "type": "retry", "retryAfter": 1, "retryLimit": 2},
                        {"reference": "$components.failureActions.stop"},
                    ],
                    "outputs": {"n": "$response.body#/n"},
                },
                {"stepId": "child", "workflowId": "$sourceDescriptions.child.look"},
            ],
            "successActions": [{"name": "end-it", "type": "end"}],
            "failureActions": [{"name": "end-badly", "type": "end"}],
            "outputs": {"n": "$steps.send.outputs.n"},
        }
    ],
    "components": {
        "inputs": {"one": {"type": "object"}},
        "parameters": {"b": {"name": "b", "in": "query", "value": 1}},
        "successActions": {"done": {"name": "done", "type": "end"}},
        "failureActions": {"stop": {"name": "stop", "type": "end"}},
    },
}
Way = tuple[str | int, ...]


def changes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each change by what it is called, and the document with it."""
    for way in _ways(WHOLE, ()):
        shown = "/".join(map(str, way))
        if isinstance(way[-1], str):
            yield f"{shown} is missing", _changed(way, None)
        found = _at(WHOLE, way)
        yield f"{shown} is of another type", _changed(way, _of_another_type(found))
        if isinstance(found, dict) and not FREE & {str(part) for part in way}:
            yield f"{shown} has an unknown key", _changed((*way, "wrogn"), 1)
    yield "the whole has an unknown key", _changed(("wrogn",), 1)


def _ways(value: Any, way: Way) -> Iterator[Way]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        yield (*way, key)
        if isinstance(entry, dict | list) and key not in FREE:
            yield from _ways(entry, (*way, key))


def _at(document: Any, way: Way) -> Any:
    for key in way:
        document = document[key]
    return document


def _changed(way: Way, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(WHOLE)
    owner = _at(document, way[:-1])
    if value is None:
        del owner[way[-1]]
    else:
        owner[way[-1]] = value
    return document


def _of_another_type(value: Any) -> Any:
    if isinstance(value, str):
        return 7
    return "seven" if isinstance(value, int | list) else ["seven"]


CHANGES = list(changes())


def told(content: EchoContent, document: dict[str, Any]) -> str:
    """Say what is said of a document, in one line; each key stands on a line of its own."""
    text = json.dumps(document, indent=1)
    refusal = content.refusal(text, {"child.arazzo.yaml": CHILD_DOCUMENT})
    if refusal is None:
        return "accepted"
    place, _, rest = str(refusal).partition(": ")
    name = place.rpartition("/")[2]
    return f"{name}: {rest}" + (f" [{refusal.hint}]" if refusal.hint else "")


def test_the_document_that_has_everything_is_accepted(echo_content: EchoContent) -> None:
    assert told(echo_content, WHOLE) == "accepted"


@pytest.fixture(scope="module")
def echo_content(tmp_path_factory: pytest.TempPathFactory) -> EchoContent:
    """A content root for all changes."""
    return EchoContent(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    """What is said of each change."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" -> ", 1) for line in lines)


def test_the_table_has_every_change_and_nothing_else(table: dict[str, str]) -> None:
    assert list(table) == [name for name, _ in CHANGES]


@pytest.mark.parametrize(("name", "document"), CHANGES, ids=[name for name, _ in CHANGES])
def test_what_is_used_wrongly_is_told_as_the_table_has_it(
    name: str, document: dict[str, Any], table: dict[str, str], echo_content: EchoContent
) -> None:
    assert told(echo_content, document) == table[name]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        root = EchoContent(Path(folder))
        written = [f"{name} -> {told(root, document)}\n" for name, document in CHANGES]
    TABLE.write_text("".join(written), encoding="utf-8")
