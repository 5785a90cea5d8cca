"""The constructs of Arazzo that runners were measured on: for each, small documents and what must come of them.

A row runs right by the standard's text, or is refused by name. Conditions are tried both ways.
"""
# ruff: noqa: E501  (the table reads by rows)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.echo_content import OK, OTHER_SOURCE, operation, send, story


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One document, and what must come of it; what is None is not looked at."""

    document: dict[str, Any]
    others: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    passed: bool = True
    bodies: Sequence[Any] | None = None
    paths: Sequence[str] | None = None
    headers: Mapping[str, str | None] | None = None
    """Of the last request."""
    query: Mapping[str, list[str]] | None = None
    order: Sequence[str] | None = None
    naps: Sequence[float] | None = None
    outputs: Mapping[str, Any] | None = None
    reason: str | None = None
    """Part of the verdict's sentence."""
    refused: str | None = None
    """Part of what is said when the document is not run."""


Rows = dict[str, Sequence[Case]]
BODY = {
    "a": {"b": [{"k": 1}, {"k": 2}]},
    "l": [{"k": 1, "id": "x"}, {"k": 2, "id": "y"}],
    "n": 5,
    "m": 5,
    "s": "Abc",
    "t": True,
    "z": None,
    "d": -1,
}


def inputs_of(**defaults: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"default": value} for name, value in defaults.items()}}


def on_body(*criteria: Any, version: str = "1.0.1", body: Any = BODY, **more: Any) -> dict[str, Any]:
    """A story of one step that gets `body` back and holds it to the criteria."""
    entries = [{"condition": one} if isinstance(one, str) else one for one in criteria]
    return story([send("s", body, successCriteria=[*OK, *entries])], version=version, **more)


def both_ways(true: Any, false: Any, **more: Any) -> Sequence[Case]:
    return (Case(document=on_body(true, **more)), Case(document=on_body(false, **more), passed=False))


def typed(kind: str, condition: str, context: str = "$response.body") -> dict[str, str]:
    return {"condition": condition, "context": context, "type": kind}


def jsonpath(condition: str, context: str = "$response.body") -> dict[str, str]:
    return typed("jsonpath", condition, context)


def passing_on(value: Any, sent: Any, **more: Any) -> Sequence[Case]:
    """One step that sends `value`, of which `sent` reaches the wire."""
    return (Case(document=story([send("s", value)], **more), bodies=[sent]),)


def carrying(value: Any, expression: str = "$response.body") -> Sequence[Case]:
    """A step's output that the next step sends on unchanged."""
    steps = [send("one", value, outputs={"o": expression}), send("two", {"v": "$steps.one.outputs.o"})]
    return (Case(document=story(steps), bodies=[value, {"v": value}]),)


def child(*steps: Any, **more: Any) -> dict[str, Any]:
    return {
        "workflowId": "w2",
        "steps": list(steps) or [send("c", {"v": "$inputs.v"}, outputs={"v": "$response.body#/v"})],
        "inputs": inputs_of(v=1),
        "outputs": {"v": "$steps.c.outputs.v"},
        **more,
    }


def calling(step_id: str = "call", **more: Any) -> dict[str, Any]:
    return {"stepId": step_id, "workflowId": "w2", **more}


def flaky(fails: int, *, actions: Sequence[Any], criteria: Any = OK, **more: Any) -> dict[str, Any]:
    body = {"contentType": "application/json", "payload": {"fails": fails, **more}}
    return operation("s", "flaky", requestBody=body, successCriteria=criteria, onFailure=list(actions))


def retry(**more: Any) -> dict[str, Any]:
    return {"name": "again", "type": "retry", "retryAfter": 0.5, **more}


FAILING = operation("s", "answer", parameters=[{"name": "code", "in": "path", "value": 404}])
BARE_FAILING = {key: value for key, value in FAILING.items() if key != "successCriteria"}
HEADER = {"name": "X-Who", "in": "header", "value": "workflow"}
PARAMETER = {"parameters": {"who": {"name": "X-Who", "in": "header", "value": "component"}}}
BY_REFERENCE = {"reference": "$components.parameters.who"}
LOOP = {
    "name": "back",
    "type": "goto",
    "stepId": "next",
    "criteria": [{"condition": "$steps.next.outputs.n == 0"}],
}

OPERATIONS: Rows = {
    "operationId bare, one source": [
        Case(document=story([{**send("s", {}), "operationId": "echo"}]), paths=["/things/echo"])
    ],
    "operationId $sourceDescriptions.<name>.<op>": [
        Case(document=story([send("s", {})]), paths=["/things/echo"])
    ],
    "operationId bare, two sources": [
        Case(
            document=story([{**operation("s", "ping"), "operationId": "ping"}], sources=[OTHER_SOURCE]),
            paths=["/others/ping"],
        )
    ],
    "operationPath": [
        Case(
            document=story(
                [
                    {
                        "stepId": "s",
                        "operationPath": "{$sourceDescriptions.things.url}#/paths/~1echo/get",
                        "successCriteria": OK,
                    }
                ]
            ),
            paths=["/things/echo"],
        )
    ],
}
VALUES: Rows = {
    "whole expression keeps type (int, list, object)": passing_on(
        {"i": "$inputs.i", "l": "$inputs.l", "o": "$inputs.o"},
        {"i": 7, "l": [1], "o": {"a": 1}},
        inputs=inputs_of(i=7, l=[1], o={"a": 1}),
    ),
    "payload is one expression": passing_on("$inputs.o", {"a": [1]}, inputs=inputs_of(o={"a": [1]})),
    "object keys with a dash survive": carrying({"with-dash": 1}),
    "object keys with a dash survive inside a list": carrying([{"with-dash": 1}]),
    "embedded {expr} in a string": passing_on(
        {"t": "a {$inputs.i} b"}, {"t": "a 7 b"}, inputs=inputs_of(i=7)
    ),
    "embedded {expr} in a header parameter": [
        Case(
            document=story(
                [
                    send(
                        "s",
                        {},
                        parameters=[{"name": "Authorization", "in": "header", "value": "Bearer {$inputs.t}"}],
                    )
                ],
                inputs=inputs_of(t="tok"),
            ),
            headers={"authorization": "Bearer tok"},
        )
    ],
    "payload as JSON text template": passing_on(
        '{"a": "{$inputs.t}", "n": {$inputs.i}, "l": [{$inputs.i}]}',
        {"a": 'x"}', "n": 7, "l": [7]},
        inputs=inputs_of(i=7, t='x"}'),
    ),
    "replacements: existing target": [
        Case(
            document=story(
                [
                    {
                        **send("s", {}),
                        "requestBody": {
                            "contentType": "application/json",
                            "payload": {"a": {"b": 0}},
                            "replacements": [{"target": "/a/b", "value": "$inputs.i"}],
                        },
                    }
                ],
                inputs=inputs_of(i=7),
            ),
            bodies=[{"a": {"b": 7}}],
        )
    ],
    "replacements: target that is absent": [
        Case(
            document=story(
                [
                    {
                        **send("s", {}),
                        "requestBody": {
                            "contentType": "application/json",
                            "payload": {"a": {}},
                            "replacements": [{"target": "/a/b", "value": "x"}],
                        },
                    }
                ]
            ),
            bodies=[{"a": {"b": "x"}}],
        )
    ],
    "replacements: append to an array (/list/-)": [
        Case(
            document=story(
                [
                    {
                        **send("s", {}),
                        "requestBody": {
                            "contentType": "application/json",
                            "payload": {"list": [1]},
                            "replacements": [{"target": "/list/-", "value": "x"}],
                        },
                    }
                ]
            ),
            bodies=[{"list": [1, "x"]}],
        )
    ],
    "$inputs.o#/a/b": passing_on({"v": "$inputs.o#/a/b"}, {"v": 3}, inputs=inputs_of(o={"a": {"b": 3}})),
    "$inputs.o.a.b (dots)": passing_on({"v": "$inputs.o.a.b"}, {"v": 3}, inputs=inputs_of(o={"a": {"b": 3}})),
    "$steps.s.outputs.o#/l/0/id": [
        Case(
            document=story(
                [
                    send("s", BODY, outputs={"o": "$response.body"}),
                    send("t", {"v": "$steps.s.outputs.o#/l/0/id"}),
                ]
            ),
            bodies=[BODY, {"v": "x"}],
        )
    ],
    "$response.body#/l/0/id as output": [
        Case(
            document=story(
                [send("s", BODY, outputs={"o": "$response.body#/l/0/id"})],
                outputs={"o": "$steps.s.outputs.o"},
            ),
            outputs={"o": "x"},
        )
    ],
    "$response.header.X-Echo as output": [
        Case(
            document=story(
                [send("s", {}, outputs={"o": "$response.header.X-Echo"})], outputs={"o": "$steps.s.outputs.o"}
            ),
            outputs={"o": "forty-two"},
        )
    ],
    "$request.body, $method, $url, $statusCode as outputs": [
        Case(
            document=story(
                [
                    send(
                        "s", {"a": 1}, outputs={"b": "$request.body#/a", "m": "$method", "c": "$statusCode"}
                    ),
                    send(
                        "t",
                        {},
                        outputs={"u": "$url"},
                        successCriteria=[{"condition": r"/echo$", "context": "$url", "type": "regex"}],
                    ),
                ],
                outputs={"b": "$steps.s.outputs.b", "m": "$steps.s.outputs.m", "c": "$steps.s.outputs.c"},
            ),
            outputs={"b": 1, "m": "POST", "c": 200},
        )
    ],
    "stepId with a dash": [
        Case(
            document=story(
                [
                    send("s-1", {"a": 1}, outputs={"o": "$response.body#/a"}),
                    send("t", {"v": "$steps.s-1.outputs.o"}),
                ]
            ),
            bodies=[{"a": 1}, {"v": 1}],
        )
    ],
    "output with no value fails the step": [
        Case(
            document=story([send("s", {}, outputs={"o": "$response.body#/absent"})]),
            passed=False,
            reason="reaches nothing",
        )
    ],
    "null in a body may be an output": carrying({"n": None}),
    "arithmetic in a value ($inputs.x + 1) [not in the spec]": [
        Case(
            document=story([send("s", {"v": "$inputs.x + 1"})], inputs=inputs_of(x=1)),
            refused="is not a runtime expression: unexpected ' + 1'",
        )
    ],
    "defaults of inputs": passing_on({"v": "$inputs.x"}, {"v": 9}, inputs=inputs_of(x=9)),
    "a required input that is missing is refused": [
        Case(
            document=story(
                [calling()],
                workflows=[child(inputs={"type": "object", "required": ["v"], "properties": {"v": {}}})],
            ),
            refused="w2 needs the input 'v'",
        )
    ],
}
SIMPLE: Rows = {
    "simple == on $statusCode": both_ways("$statusCode == 200 ", "$statusCode == 201"),
    "simple: pointer in a condition": both_ways(
        "$response.body#/a/b/1/k == 2", "$response.body#/a/b/1/k == 1"
    ),
    "simple: < <= > >=": [
        *both_ways("$response.body#/n < 6", "$response.body#/n < 5"),
        *both_ways("$response.body#/n <= 5", "$response.body#/n <= 4"),
        *both_ways("$response.body#/n > 4", "$response.body#/n > 5"),
        *both_ways("$response.body#/n >= 5", "$response.body#/n >= 6"),
    ],
    "simple: &&": both_ways(
        "$response.body#/n == 5 && $response.body#/t == true",
        "$response.body#/n == 5 && $response.body#/t == false",
    ),
    "simple: ||": both_ways(
        "$response.body#/n == 6 || $response.body#/t == true",
        "$response.body#/n == 6 || $response.body#/t == false",
    ),
    "simple: ( ) grouping": both_ways(
        "($response.body#/n == 6 || $response.body#/n == 5) && $statusCode == 200",
        "$response.body#/n == 5 && ($statusCode == 1 || $statusCode == 2)",
    ),
    "simple: ! (not)": both_ways("!($response.body#/n == 6)", "!($response.body#/n == 5)"),
    "simple: string literal": both_ways("$response.body#/l/0/id == 'x'", "$response.body#/l/0/id == 'y'"),
    "simple: strings compare without case (MUST)": both_ways(
        "$response.body#/s == 'aBC'", "$response.body#/s != 'aBC'"
    ),
    "simple: null": both_ways("$response.body#/z == null", "$response.body#/n == null"),
    "simple: true/false": both_ways("$response.body#/t == true", "$response.body#/t == false"),
    "simple: negative number": both_ways("$response.body#/d == -1", "$response.body#/d == -2"),
    "simple: two fields of one body": both_ways(
        "$response.body#/n == $response.body#/m", "$response.body#/n == $response.body#/d"
    ),
    "simple: index and dot ($response.body.body.l[1].k)": both_ways(
        "$response.body.body.l[1].k == 2", "$response.body.body.l[1].k == 1", body={"body": BODY}
    ),
    "simple: header": both_ways("$response.header.X-Echo == 'forty-two'", "$response.header.X-Echo == 'no'"),
    "simple: two steps' outputs": [
        Case(
            document=story(
                [
                    send("a", {"v": 1}, outputs={"v": "$response.body#/v"}),
                    send("b", {"v": other}, outputs={"v": "$response.body#/v"}),
                    send(
                        "c", {}, successCriteria=[{"condition": "$steps.a.outputs.v == $steps.b.outputs.v"}]
                    ),
                ]
            ),
            passed=passed,
        )
        for other, passed in ((1, True), (2, False))
    ],
}
PATTERNS: Rows = {
    "regex on $statusCode": both_ways(
        typed("regex", "^2", "$statusCode"), typed("regex", "^4", "$statusCode")
    ),
    "regex on a pointer": both_ways(
        typed("regex", "^A.c$", "$response.body#/s"), typed("regex", "^B", "$response.body#/s")
    ),
    "regex on a header": both_ways(
        typed("regex", "two$", "$response.header.X-Echo"), typed("regex", "^two", "$response.header.X-Echo")
    ),
    "jsonpath $.a.b[?@.k > 1] (RFC 9535)": both_ways(
        jsonpath("$.a.b[?@.k > 1]"), jsonpath("$.a.b[?@.k > 2]")
    ),
    "jsonpath $.a.b[?(@.k > 1)]": both_ways(jsonpath("$.a.b[?(@.k > 1)]"), jsonpath("$.a.b[?(@.k > 2)]")),
    "jsonpath $..l[?@.k > 1]": both_ways(jsonpath("$..l[?@.k > 1]"), jsonpath("$..l[?@.k > 2]")),
    "jsonpath $..l[?(@.k > 1)]": both_ways(jsonpath("$..l[?(@.k > 1)]"), jsonpath("$..l[?(@.k > 2)]")),
    "jsonpath with a list as context: $[?(@.k > 1)]": both_ways(
        jsonpath("$[?(@.k > 1)]", "$response.body#/l"), jsonpath("$[?(@.k > 2)]", "$response.body#/l")
    ),
    "jsonpath, the spec's own $[?count(@.l) > 0] form on an object": both_ways(
        jsonpath("$[?count(@.l) > 0]"), jsonpath("$[?count(@.l) > 1]")
    ),
    "jsonpath: count of matches $[?count(@.l[?@.k > 1]) == 1]": both_ways(
        jsonpath("$[?count(@.l[?@.k > 1]) == 1]"), jsonpath("$[?count(@.l[?@.k > 0]) == 1]")
    ),
    "jsonpath: length $[?length(@.l) == 2]": both_ways(
        jsonpath("$[?length(@.l) == 2]"), jsonpath("$[?length(@.l) == 3]")
    ),
    "criterion type object {jsonpath, draft-goessner}": [
        Case(
            document=on_body(
                {
                    "condition": "$.n",
                    "context": "$response.body",
                    "type": {"type": "jsonpath", "version": "draft-goessner-dispatch-jsonpath-00"},
                },
                version="1.1.0",
            ),
            refused="jsonpath 'draft-goessner-dispatch-jsonpath-00' is not run here",
        ),
        Case(
            document=on_body(
                {
                    "condition": "$.n",
                    "context": "$response.body",
                    "type": {"type": "jsonpath", "version": "rfc9535"},
                },
                version="1.1.0",
            )
        ),
        Case(
            document=on_body(
                {
                    "condition": "$.q",
                    "context": "$response.body",
                    "type": {"type": "jsonpath", "version": "rfc9535"},
                },
                version="1.1.0",
            ),
            passed=False,
        ),
    ],
    "jsonpath with {$inputs.x} inside (1.0.1)": both_ways(
        jsonpath("$..l[?@.k == {$inputs.x}]"),
        jsonpath("$..l[?@.k == {$inputs.y}]"),
        inputs=inputs_of(x=2, y=3),
    ),
    "jsonpath with {$inputs.x} inside (1.1.0)": both_ways(
        jsonpath("$..l[?@.id == '{$inputs.x}']"),
        jsonpath("$..l[?@.id == '{$inputs.y}']"),
        inputs=inputs_of(x="y", y="q'"),
        version="1.1.0",
    ),
    "xpath": [Case(document=on_body(typed("xpath", "//x")), refused="xpath is not run here")],
    "no successCriteria and a declared 4xx answer: step fails": [
        Case(document=story([BARE_FAILING]), passed=False, reason="the answer was 404")
    ],
    "no successCriteria and an undeclared-but-default 5xx answer: step fails": [
        Case(
            document=story([{**BARE_FAILING, "parameters": [{"name": "code", "in": "path", "value": 500}]}]),
            passed=False,
            reason="the answer was 500",
        )
    ],
}
ACTIONS: Rows = {
    "retry until success": [
        Case(document=story([flaky(2, actions=[retry(retryLimit=5)])]), order=["s"], naps=[0.5, 0.5])
    ],
    "retry: retryAfter is waited": [
        Case(document=story([flaky(1, actions=[retry(retryAfter=2.5)])]), naps=[2.5])
    ],
    "retry: retryLimit ends it, step fails": [
        Case(document=story([flaky(9, actions=[retry(retryLimit=2)])]), passed=False, naps=[0.5, 0.5])
    ],
    "retry: no retryLimit means one": [
        Case(document=story([flaky(9, actions=[retry()])]), passed=False, naps=[0.5])
    ],
    "retry: Retry-After header overrules (SHOULD)": [
        Case(document=story([flaky(1, actions=[retry()], after="7")]), naps=[7.0])
    ],
    "retry only when its criteria hold": [
        Case(
            document=story([flaky(9, actions=[retry(criteria=[{"condition": "$response.body#/n == 1"}])])]),
            passed=False,
            naps=[],
        )
    ],
    "retry: criteria on $statusCode hold": [
        Case(
            document=story([flaky(1, actions=[retry(criteria=[{"condition": "$statusCode == 503"}])])]),
            naps=[0.5],
        )
    ],
    "retry with stepId runs that step first": [
        Case(
            document=story([send("first", {}), flaky(1, actions=[retry(stepId="first")])]),
            order=["first", "first", "s"],
        )
    ],
    "goto a later step": [
        Case(
            document=story(
                [
                    send("a", {}, onSuccess=[{"name": "on", "type": "goto", "stepId": "c"}]),
                    send("b", {}),
                    send("c", {}),
                ]
            ),
            order=["a", "c"],
        )
    ],
    "end": [
        Case(
            document=story([send("a", {}, onSuccess=[{"name": "enough", "type": "end"}]), send("b", {})]),
            order=["a"],
        )
    ],
    "goto back: loop of 20, condition on a step's output": [
        Case(
            document=story(
                [
                    flaky(
                        19,
                        actions=[],
                        criteria=[{"condition": r"^(200|503)$", "context": "$statusCode", "type": "regex"}],
                    )
                    | {"stepId": "next", "outputs": {"n": "$statusCode"}},
                    send(
                        "visit",
                        {},
                        onSuccess=[{**LOOP, "criteria": [{"condition": "$steps.next.outputs.n == 503"}]}],
                    ),
                    send("close", {}),
                ]
            ),
            order=[*["next", "visit"] * 20, "close"],
        )
    ],
    "action criteria may read $response / $statusCode": [
        Case(
            document=story(
                [
                    send(
                        "a",
                        {"n": 1},
                        onSuccess=[
                            {
                                "name": "no",
                                "type": "end",
                                "criteria": [{"condition": "$response.body#/n == 2"}],
                            },
                            {
                                "name": "on",
                                "type": "goto",
                                "stepId": "c",
                                "criteria": [{"condition": "$statusCode == 200"}],
                            },
                        ],
                    ),
                    send("b", {}),
                    send("c", {}),
                ]
            ),
            order=["a", "c"],
        )
    ],
    "onFailure goto another step; run counted as passed": [
        Case(
            document=story(
                [
                    {**FAILING, "onFailure": [{"name": "on", "type": "goto", "stepId": "c"}]},
                    send("b", {}),
                    send("c", {}),
                ]
            ),
            order=["s", "c"],
        )
    ],
    "goto a workflow": [
        Case(
            document=story(
                [
                    send("a", {}, onSuccess=[{"name": "on", "type": "goto", "workflowId": "w2"}]),
                    send("b", {}),
                ],
                workflows=[child()],
                outputs={"v": "$workflows.w2.outputs.v"},
            ),
            order=["a", "c"],
            outputs={"v": 1},
        ),
        Case(
            document=story(
                [{**FAILING, "onFailure": [{"name": "on", "type": "goto", "workflowId": "w2"}]}],
                workflows=[child()],
            ),
            order=["s", "c"],
        ),
        Case(
            document=story(
                [send("a", {}, onSuccess=[{"name": "on", "type": "goto", "workflowId": "w2"}])],
                workflows=[child(FAILING, outputs={})],
            ),
            order=["a", "s"],
            passed=False,
        ),
    ],
}
NESTED: Rows = {
    "nested workflow, inputs by parameters": [
        Case(
            document=story([calling(parameters=[{"name": "v", "value": 5}])], workflows=[child()]),
            bodies=[{"v": 5}],
        )
    ],
    "nested workflow, output by $outputs.v (same name)": [
        Case(
            document=story(
                [calling(outputs={"v": "$outputs.v"}), send("t", {"o": "$steps.call.outputs.v"})],
                workflows=[child()],
            ),
            bodies=[{"v": 1}, {"o": 1}],
        )
    ],
    "nested workflow, output renamed by $outputs.v": [
        Case(
            document=story(
                [calling(outputs={"other": "$outputs.v"}), send("t", {"o": "$steps.call.outputs.other"})],
                workflows=[child()],
            ),
            bodies=[{"v": 1}, {"o": 1}],
        )
    ],
    "nested workflow, $steps.c.outputs.v with no outputs map": [
        Case(
            document=story([calling(), send("t", {"o": "$steps.call.outputs.v"})], workflows=[child()]),
            refused="step 'call' has no output 'v'",
        )
    ],
    "nested workflow, $workflows.w2.outputs.v": [
        Case(
            document=story([calling(), send("t", {"o": "$workflows.w2.outputs.v"})], workflows=[child()]),
            bodies=[{"v": 1}, {"o": 1}],
        )
    ],
    "a failing nested workflow fails the step": [
        Case(
            document=story([calling(), send("t", {})], workflows=[child(FAILING, outputs={})]),
            passed=False,
            order=["s", "call"],
        )
    ],
    "nested workflow retried by onFailure": [
        Case(
            document=story(
                [calling(onFailure=[retry(retryLimit=3)])],
                workflows=[child(flaky(2, actions=[]), outputs={})],
            ),
            order=["s", "s", "s", "call"],
            naps=[0.5, 0.5],
        )
    ],
    "dependsOn runs the other workflow first": [
        Case(document=story([send("a", {})], dependsOn=["w2"], workflows=[child()]), order=["c", "a"]),
        Case(
            document=story([send("a", {})], dependsOn=["w2"], workflows=[child(FAILING, outputs={})]),
            order=["s"],
            passed=False,
        ),
        Case(
            document=story(
                [calling(), {**calling("again"), "workflowId": "w3"}],
                workflows=[child(), {"workflowId": "w3", "dependsOn": ["w2"], "steps": [send("d", {})]}],
            ),
            order=["c", "call", "d", "again"],
        ),
    ],
    "dependsOn, $workflows.w2.outputs.v": [
        Case(
            document=story(
                [send("a", {"o": "$workflows.w2.outputs.v"})], dependsOn=["w2"], workflows=[child()]
            ),
            bodies=[{"v": 1}, {"o": 1}],
        )
    ],
    "workflow-level header parameter": [
        Case(document=story([send("a", {})], parameters=[HEADER]), headers={"x-who": "workflow"})
    ],
    "step overrides a workflow-level parameter": [
        Case(
            document=story(
                [send("a", {}, parameters=[{**HEADER, "name": "x-who", "value": "step"}])],
                parameters=[HEADER],
            ),
            headers={"x-who": "step"},
        )
    ],
    "workflow-level header is inherited by a nested workflow": [
        Case(document=story([calling()], parameters=[HEADER], workflows=[child()]), headers={"x-who": None})
    ],
}
REUSABLE: Rows = {
    "components.parameters by reference": [
        Case(
            document=story([send("a", {}, parameters=[BY_REFERENCE])], components=PARAMETER),
            headers={"x-who": "component"},
        )
    ],
    "components.parameters with value override": [
        Case(
            document=story(
                [send("a", {}, parameters=[{**BY_REFERENCE, "value": "mine"}])], components=PARAMETER
            ),
            headers={"x-who": "mine"},
        )
    ],
    "components.parameters at workflow level": [
        Case(
            document=story([send("a", {})], parameters=[BY_REFERENCE], components=PARAMETER),
            headers={"x-who": "component"},
        )
    ],
    "components.failureActions": [
        Case(
            document=story(
                [flaky(1, actions=[{"reference": "$components.failureActions.again"}])],
                components={"failureActions": {"again": retry()}},
            ),
            naps=[0.5],
        )
    ],
    "components.successActions": [
        Case(
            document=story(
                [send("a", {}, onSuccess=[{"reference": "$components.successActions.stop"}]), send("b", {})],
                components={"successActions": {"stop": {"name": "stop", "type": "end"}}},
            ),
            order=["a"],
        )
    ],
    "components.inputs by $ref": passing_on(
        {"v": "$inputs.x"},
        {"v": 4},
        inputs={"$ref": "#/components/inputs/mine"},
        components={"inputs": {"mine": inputs_of(x=4)}},
    ),
    "workflow-level failureActions": [
        Case(
            document=story(
                [{key: value for key, value in flaky(1, actions=[]).items() if key != "onFailure"}],
                failureActions=[retry()],
            ),
            naps=[0.5],
        )
    ],
    "workflow-level successActions": [
        Case(
            document=story([send("a", {}), send("b", {})], successActions=[{"name": "stop", "type": "end"}]),
            order=["a"],
        )
    ],
    "workflow of another file (type: arazzo)": [
        Case(
            document=story(
                [{**calling(), "workflowId": "$sourceDescriptions.other.w2"}],
                sources=[{"name": "other", "type": "arazzo", "url": "other.arazzo.yaml"}],
            ),
            others={"other.arazzo.yaml": story([], workflows=[]) | {"workflows": [child()]}},
            bodies=[{"v": 1}],
        )
    ],
}
NEWER: Rows = {
    "1.1: version accepted": [Case(document=story([send("a", {})], version="1.1.0"))],
    "1.1: selector object as output (jsonpath)": [
        Case(
            document=story(
                [
                    send(
                        "a",
                        BODY,
                        outputs={
                            "one": {"context": "$response.body", "selector": "$.l[1].id", "type": "jsonpath"},
                            "all": {"context": "$response.body", "selector": "$.l[*].id", "type": "jsonpath"},
                            "there": {
                                "context": "$response.body",
                                "selector": "/l/0/id",
                                "type": "jsonpointer",
                            },
                        },
                    )
                ],
                version="1.1.0",
                outputs={
                    "one": "$steps.a.outputs.one",
                    "all": "$steps.a.outputs.all",
                    "there": "$steps.a.outputs.there",
                },
            ),
            outputs={"one": "y", "all": ["x", "y"], "there": "x"},
        ),
        Case(
            document=story(
                [
                    send(
                        "a",
                        BODY,
                        outputs={"o": {"context": "$response.body", "selector": "$.q", "type": "jsonpath"}},
                    )
                ],
                version="1.1.0",
            ),
            passed=False,
            reason="$.q selects nothing",
        ),
    ],
    "1.1: goto workflow with parameters": [
        Case(
            document=story(
                [
                    send(
                        "a",
                        {"n": 3},
                        onSuccess=[
                            {
                                "name": "on",
                                "type": "goto",
                                "workflowId": "w2",
                                "parameters": [{"name": "v", "value": "$response.body#/n"}],
                            }
                        ],
                    )
                ],
                version="1.1.0",
                workflows=[child()],
            ),
            bodies=[{"n": 3}, {"v": 3}],
        )
    ],
    "1.1: step timeout (ms)": [
        Case(
            document=story([operation("a", "slow", timeout=20)], version="1.1.0"),
            passed=False,
            reason="no answer within",
        ),
        Case(
            document=story(
                [calling(timeout=20)], version="1.1.0", workflows=[child(operation("a", "slow"), outputs={})]
            ),
            passed=False,
            reason="no answer within",
        ),
    ],
}
OTHERS: Rows = {
    "x- extension is ignored": [Case(document={**story([send("a", {}, **{"x-note": 1})]), "x-mine": {"a": 1}})],
    "an undeclared status (no default response) fails the step": [Case(document=story([{**FAILING, "parameters": [{"name": "code", "in": "path", "value": 418}], "successCriteria": [{"condition": "$statusCode == 418"}]}]), passed=False, reason="the answer's status is 418, which the contract of answer doesn't have")],
    "an answer that breaks its OpenAPI schema fails the step": [Case(document=story([{**send("a", {"n": 1}), "operationId": "counted"}])), Case(document=story([{**send("a", {"n": "one"}), "operationId": "counted"}]), passed=False, reason="n is the text 'one', wanted type the text 'integer'")],
    "query parameter with a boolean, a number, a dotted name": [Case(document=story([operation("a", "look", parameters=[{"name": "b", "in": "query", "value": True}, {"name": "n", "in": "query", "value": 1.5}, {"name": "d.n", "in": "query", "value": "x"}])]), query={"b": ["true"], "n": ["1.5"], "d.n": ["x"]})],
    "list passed on from one step to another unchanged": carrying([1, "a", {"b": [None]}]),
    "accumulate a list across iterations inside the workflow": [Case(document=story([send("a", {"l": "$steps.a.outputs.l + [1]"})]), refused="is not a runtime expression")],
    "decimal and large numbers survive": carrying({"d": 0.1, "l": 12345678901234567890}),
    "a string of digits stays a string": carrying({"s": "007"}),
    "false and 0 and '' as outputs survive": [case for value in (False, 0, "") for case in carrying({"v": value}, "$response.body")],
    "an empty list as output survives": carrying([]),
    "steps of a nested workflow do not overwrite the caller's steps of the same name": [Case(document=story([send("c", {"v": "mine"}, outputs={"v": "$response.body#/v"}), calling(), send("t", {"v": "$steps.c.outputs.v"})], workflows=[child()]), bodies=[{"v": "mine"}, {"v": 1}, {"v": "mine"}])],
    "cookie parameter": [Case(document=story([send("a", {}, parameters=[{"name": "sid", "in": "cookie", "value": "abc"}])]), headers={"cookie": "sid=abc"})],
    "form body": [Case(document=story([operation("a", "echo", requestBody={"contentType": "application/x-www-form-urlencoded", "payload": {"a": "b c", "n": 1}})]), bodies=["a=b+c&n=1"])],
    "criteria are data: Python in a condition is not run": [Case(document=on_body("__import__('os').system('true') == 0"), refused="is not a condition")],
    "criteria are data: JavaScript in a condition is not run": [Case(document=on_body("process.exit(0) || true"), refused="is not a condition")],
    "bearer: token as a child's input, one workflow-level Authorization, step override": [Case(document=story([calling(parameters=[{"name": "v", "value": "t1"}])], workflows=[child(send("one", {}), send("two", {}, parameters=[{"name": "Authorization", "in": "header", "value": "Bearer officer"}]), outputs={}, parameters=[{"name": "Authorization", "in": "header", "value": "Bearer {$inputs.v}"}])]), headers={"authorization": "Bearer officer"})],
    "bearer: workflow-level Authorization taken from a step of the same workflow": [Case(document=story([send("log-in", {"t": "tok"}, outputs={"t": "$response.body#/t"}), send("use", {})], parameters=[{"name": "Authorization", "in": "header", "value": "Bearer {$steps.log-in.outputs.t}"}]), refused="step 'log-in' has not finished here")],
}  # fmt: skip
ROWS: Rows = {
    **OPERATIONS,
    **VALUES,
    **SIMPLE,
    **PATTERNS,
    **ACTIONS,
    **NESTED,
    **REUSABLE,
    **NEWER,
    **OTHERS,
}
