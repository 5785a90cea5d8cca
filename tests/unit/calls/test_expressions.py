"""The grammar of runtime expressions, and what each of them reaches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.calls.context import Context, ReachesNothing, WorkflowFacts, evaluate, resolve
from sandbox.calls.expressions import ExpressionError, Reference, parse_reference, parse_text, parse_value
from sandbox.calls.messages import Answer, Request

CONTEXT = Context(
    inputs={"a": {"b": [10, {"c": "deep"}]}, "dotted.name": "whole", "zero": 0, "off": False, "none": None},
    steps={"log-in": {"token": "tok", "user": {"id": "u1", "x/y": 1, "m~n": 2}, "query.alive": "dots"}},
    workflows={"pay": WorkflowFacts(inputs={"cycle": 2}, outputs={"total": 50})},
    outputs={"paid": 7},
    sources={"payments": "http://mediator/r1/SBX/GOV/CENTRAL/payments"},
    request=Request(
        block="payments",
        operation_id="pay",
        method="POST",
        target="/pay",
        headers={"x-sent": "out"},
        path={"batchId": "B1"},
        query={"query.alive": True},
        body={"sum": 3},
    ),
    answer=Answer(
        url="http://mediator/pay",
        status=201,
        headers={"x-echo": "in"},
        body={"list": [{"id": 1}, {"id": 2}], "": "empty", "nothing": None, "big": 2**60},
    ),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$url", "http://mediator/pay"),
        ("$method", "POST"),
        ("$statusCode", 201),
        ("$inputs.zero", 0),
        ("$inputs.off", False),
        ("$inputs.none", None),
        ("$inputs.a.b[1].c", "deep"),
        ("$inputs.dotted.name", "whole"),
        ("$steps.log-in.outputs.token", "tok"),
        ("$steps.log-in.outputs.user#/id", "u1"),
        ("$steps.log-in.outputs.user#/x~1y", 1),
        ("$steps.log-in.outputs.user#/m~0n", 2),
        ("$steps.log-in.outputs.query.alive", "dots"),
        ("$workflows.pay.outputs.total", 50),
        ("$workflows.pay.inputs.cycle", 2),
        ("$outputs.paid", 7),
        ("$sourceDescriptions.payments.url", "http://mediator/r1/SBX/GOV/CENTRAL/payments"),
        ("$request.header.X-Sent", "out"),
        ("$request.path.batchId", "B1"),
        ("$request.query.query.alive", True),
        ("$request.body#/sum", 3),
        ("$response.header.X-Echo", "in"),
        ("$response.body#/list/1/id", 2),
        ("$response.body.list[0].id", 1),
        ("$response.body#/list", [{"id": 1}, {"id": 2}]),
        ("$response.body#/nothing", None),
        ("$response.body#/big", 2**60),
        ("$response.body#/", "empty"),
    ],
)
def test_an_expression_gives_what_it_points_at_with_its_type(text: str, value: Any):
    found = resolve(parse_reference(text), CONTEXT)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$inputs.a.x", "there is no 'x' in an object with b"),
        ("$response.body#/list/2", "there is no '2' in a list of 2"),
        ("$response.body#/list/-", "there is no '-' in a list of 2"),
        ("$response.body#/list/01", "there is no '01' in a list of 2"),
        ("$response.body#/nothing/x", "there is no 'x' in null"),
        ("$response.body.list[9]", "there is no 9 in a list of 2"),
        ("$response.header.Location", "there is no header called 'Location'"),
        ("$request.query.page", "there is no query called 'page'"),
        ("$steps.later.outputs.x", "step 'later' has not finished"),
        ("$workflows.other.outputs.x", "workflow 'other' has not finished"),
    ],
)
def test_an_expression_that_reaches_nothing_says_what_is_there(text: str, found: str):
    with pytest.raises(ReachesNothing, match="reaches nothing") as caught:
        resolve(parse_reference(text), CONTEXT)
    assert caught.value.found == found


def test_before_the_call_there_is_no_request_and_no_answer():
    for text in ("$statusCode", "$response.body", "$method", "$request.body"):
        with pytest.raises(ReachesNothing):
            resolve(parse_reference(text), Context())


@pytest.mark.parametrize(
    "text",
    [
        "$inputs",
        "$inputs.",
        "$inptus.a",
        "$inputs.a + 1",
        "$statusCodes",
        "$response.query.a",
        "$response.body#list",
        "$response.body#/a~2",
        "$steps.s",
        "$steps.s.inputs.a",
        "$steps.s.outputs",
        "$components.parameters.p",
        "$message.payload",
        "$response.body.l[-1]",
        "$response.body.l[01]",
        "__import__('os')",
        "$inputs.a" + ".a" * 2000,
        "",
    ],
)
def test_what_is_not_in_the_grammar_is_refused(text: str):
    with pytest.raises(ExpressionError):
        parse_reference(text)


@pytest.mark.parametrize(
    ("value", "evaluated"),
    [
        ("$inputs.a.b", [10, {"c": "deep"}]),
        ("Bearer {$steps.log-in.outputs.token}", "Bearer tok"),
        ("{$inputs.zero}-{$inputs.off}-{$inputs.none}", "0-false-null"),
        ("{$response.body#/list}", '[{"id":1},{"id":2}]'),
        ("costs $5, or {5}", "costs $5, or {5}"),
        ("$5", "$5"),
        ("$", "$"),
        ({"k": ["{$inputs.zero}", "$inputs.zero", 1.5, None]}, {"k": ["0", 0, 1.5, None]}),
        ({"$inputs.zero": 1}, {"$inputs.zero": 1}),
    ],
)
def test_a_value_is_evaluated_down_to_every_text_in_it(value: Any, evaluated: Any):
    assert evaluate(parse_value(value), CONTEXT) == evaluated


@pytest.mark.parametrize("text", ["{$inputs.a", "x {$inputs.a{$inputs.b}", "{$nothing.a}"])
def test_an_expression_in_braces_must_be_whole(text: str):
    with pytest.raises(ExpressionError):
        parse_text(text)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
POINTER_KEYS = st.lists(st.text(max_size=6), max_size=4)


@given(step=NAMES, output=NAMES, index=st.integers(0, 999), keys=POINTER_KEYS)
def test_parsing_gives_back_what_was_written(step: str, output: str, index: int, keys: list[str]):
    pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    parsed = parse_reference(f"$steps.{step}.outputs.{output}[{index}]#{pointer}")
    assert (parsed.owner, parsed.part, parsed.trail) == (step, "outputs", (output, index))
    assert parsed.pointer == tuple(keys)


@given(text=st.one_of(st.text(), st.text(alphabet="$.{}[]#/~'inputsepo0", max_size=40).map("$".__add__)))
def test_any_text_is_parsed_or_refused_and_nothing_else_happens(text: str):
    try:
        parsed = parse_reference(text)
    except ExpressionError:
        return
    assert isinstance(parsed, Reference)
    assert parsed.text == text
