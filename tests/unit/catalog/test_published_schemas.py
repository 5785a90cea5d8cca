"""Whatever the published JSON Schemas refuse is refused here, with its line; what both accept is read.

The schemas are no part of the project: without their folder this is skipped.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.catalog.catalog import open_catalog
from tests.fakes.echo_content import EchoContent, send, story

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "arazzo"
pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the schemas are not in {PUBLISHED}")

Document = dict[str, Any]
Change = Callable[[Document], object]


def whole(version: str) -> Document:
    """A document with every kind of object in it."""
    action = {"name": "stop", "type": "end", "criteria": [{"condition": "$statusCode == 200"}]}
    retry = {"name": "again", "type": "retry", "retryAfter": 1, "retryLimit": 2}
    step = send("s", {"a": 1}, outputs={"o": "$response.body#/a"}, onSuccess=[action], onFailure=[retry])
    step["parameters"] = [
        {"name": "X-A", "in": "header", "value": "b"},
        {"reference": "$components.parameters.c"},
    ]
    step["requestBody"]["replacements"] = [{"target": "/a", "value": "b"}]
    return story(
        [step],
        version=version,
        summary="A story.",
        outputs={"o": "$steps.s.outputs.o"},
        components={
            "parameters": {"c": {"name": "X-C", "in": "header", "value": "d"}},
            "successActions": {"stop": action},
            "failureActions": {"again": retry},
        },
    )


def first(document: Document) -> Document:
    found: Document = document["workflows"][0]["steps"][0]
    return found


CHANGES: dict[str, Change] = {
    "nothing": lambda d: None,
    "an extension": lambda d: d.update({"x-a": 1}),
    "an unknown key": lambda d: d.update({"a": 1}),
    "no title": lambda d: d["info"].pop("title"),
    "a version that is a number": lambda d: d["info"].update(version=1),
    "no sources": lambda d: d.update(sourceDescriptions=[]),
    "a source of no name": lambda d: d["sourceDescriptions"][0].pop("name"),
    "a source of no type": lambda d: d["sourceDescriptions"][0].pop("type"),
    "a source of another type": lambda d: d["sourceDescriptions"][0].update(type="wsdl"),
    "no workflows": lambda d: d.update(workflows=[]),
    "a workflow without steps": lambda d: d["workflows"][0].update(steps=[]),
    "a workflow without id": lambda d: d["workflows"][0].pop("workflowId"),
    "dependsOn that is text": lambda d: d["workflows"][0].update(dependsOn="a"),
    "an output that is a number": lambda d: first(d)["outputs"].update(o=1),
    "a step without id": lambda d: first(d).pop("stepId"),
    "a step of two targets": lambda d: first(d).update(workflowId="story"),
    "a step of no target": lambda d: first(d).pop("operationId"),
    "no criteria in the list": lambda d: first(d).update(successCriteria=[]),
    "the same criterion twice": lambda d: first(d)["successCriteria"].append(
        {"condition": "$statusCode == 200"}
    ),
    "a condition that is true": lambda d: first(d).update(successCriteria=[{"condition": True}]),
    "a type without context": lambda d: first(d).update(
        successCriteria=[{"condition": "a", "type": "simple"}]
    ),
    "a type object": lambda d: first(d)["successCriteria"].append(
        {"condition": "$.a", "context": "$response.body", "type": {"type": "jsonpath", "version": "rfc9535"}}
    ),
    "a type object without version": lambda d: first(d)["successCriteria"].append(
        {"condition": "$.a", "context": "$response.body", "type": {"type": "jsonpath"}}
    ),
    "a parameter without in": lambda d: first(d)["parameters"][0].pop("in"),
    "a parameter without value": lambda d: first(d)["parameters"][0].pop("value"),
    "an extension of a reference": lambda d: first(d)["parameters"][1].update({"x-a": 1}),
    "a replacement that is a number": lambda d: first(d)["requestBody"]["replacements"][0].update(value=1),
    "a goto to nowhere": lambda d: first(d).update(onSuccess=[{"name": "a", "type": "goto"}]),
    "a goto to two places": lambda d: first(d).update(
        onSuccess=[{"name": "a", "type": "goto", "stepId": "s", "workflowId": "story"}]
    ),
    "a retry after success": lambda d: first(d).update(onSuccess=[{"name": "a", "type": "retry"}]),
    "a negative retryAfter": lambda d: first(d)["onFailure"][0].update(retryAfter=-1),
    "half a retryLimit": lambda d: first(d)["onFailure"][0].update(retryLimit=1.5),
    "an action without name": lambda d: first(d)["onFailure"][0].pop("name"),
    "an unused component that is broken": lambda d: d["components"]["failureActions"]["again"].pop("type"),
    "a component of a wrong name": lambda d: d["components"]["parameters"].update({"a b": {}}),
    "timeout": lambda d: first(d).update(timeout=100),
    "half a timeout": lambda d: first(d).update(timeout=0.5),
    "a selector as output": lambda d: first(d)["outputs"].update(
        o={"context": "$response.body", "selector": "$.a", "type": "jsonpath"}
    ),
    "a selector without type": lambda d: first(d)["outputs"].update(
        o={"context": "$response.body", "selector": "$.a"}
    ),
    "parameters of an action to a step": lambda d: first(d).update(
        onSuccess=[{"name": "a", "type": "goto", "stepId": "s", "parameters": []}]
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> EchoContent:
    return EchoContent(tmp_path_factory.mktemp("published"))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_verdict_is_that_of_the_published_schema(change: str, version: str, root: EchoContent) -> None:
    schema = json.loads((PUBLISHED / f"arazzo-{version}.schema.json").read_text(encoding="utf-8"))
    document = copy.deepcopy(whole("1.0.1" if version == "1.0" else "1.1.0"))
    CHANGES[change](document)
    refusal = root.refusal(document)
    if Draft202012Validator(schema).is_valid(document):
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.line is not None


@pytest.mark.parametrize("slug", open_catalog(Path(__file__).parents[3]).scenario_slugs())
def test_what_is_shipped_is_valid_by_the_published_schema(slug: str) -> None:
    catalog = open_catalog(Path(__file__).parents[3])
    schema = json.loads((PUBLISHED / "arazzo-1.0.schema.json").read_text(encoding="utf-8"))
    for path in catalog.scenario(slug).documents:
        assert Draft202012Validator(schema).is_valid(catalog.read(path).data), path.name
