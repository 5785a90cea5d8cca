"""What conditions hold, what they show, and what is not a condition."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.calls.conditions import Condition, equal, parse_condition
from sandbox.calls.context import Context
from sandbox.calls.criteria import check, parse_criterion
from sandbox.calls.expressions import ExpressionError
from sandbox.calls.messages import Answer
from sandbox.model.run import Check

CONTEXT = Context(
    inputs={"limit": 400, "less": -3, "none": None, "quote": 'it\'s "so" \\', "dot": "a.c"},
    steps={"apply": {"score": 612.5}},
    answer=Answer(
        url="http://m/x",
        status=201,
        headers={"location": "/applications/app-12"},
        body={
            "state": "Approved",
            "ok": True,
            "no": False,
            "zero": 0,
            "text": "5",
            "list": [{"k": 1, "name": "abc"}, {"k": 3, "name": 'it\'s "so" \\'}],
            "nothing": None,
            "aaa": "a" * 5000 + "!",
        },
    ),
)


def simple(condition: str) -> Check:
    return check(parse_criterion(condition, "simple", None), CONTEXT)


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ("$statusCode == 201", True),
        ("$statusCode==201", True),
        ("201 == $statusCode", True),
        ("$statusCode == 200", False),
        ("$statusCode != 200", True),
        ("$statusCode < 202", True),
        ("$statusCode <= 201", True),
        ("$statusCode > 201", False),
        ("$statusCode >= 201", True),
        ("$statusCode == '201'", False),
        ("$statusCode != '201'", True),
        ("$inputs.less == -3", True),
        ("$inputs.less < -2.5", True),
        ("$inputs.limit == 4e2", True),
        ("$steps.apply.outputs.score > $inputs.limit", True),
        ("$response.body#/state == 'APPROVED'", True),
        ("$response.body#/state != 'approved'", False),
        ("$response.body#/state > 'alpha'", True),
        ("$response.body#/text < 6", False),
        ("$response.body#/text >= 6", False),
        ("$response.body#/nothing == null", True),
        ("$inputs.none == $response.body#/nothing", True),
        ("$response.body#/nothing < 1", False),
        ("$response.body#/zero == false", False),
        ("$response.body#/ok == true", True),
        ("$response.body#/ok == 1", False),
        ("$response.body#/ok", True),
        ("!$response.body#/no", True),
        ("$response.body#/zero", False),
        ("$response.body.list[1].k == 3", True),
        ("$response.body#/list/0/k == $response.body#/list/1/k", False),
        ("$response.header.Location == '/applications/app-12'", True),
        ("$inputs.quote == 'it''s \"so\" \\'", True),
        ("$statusCode == 201 && $response.body#/ok == true", True),
        ("$statusCode == 201 && $response.body#/ok == false", False),
        ("$statusCode == 404 || $response.body#/ok == true", True),
        ("$statusCode == 404 || $response.body#/ok == false", False),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!(true && false)", True),
        ("!!true", True),
        ("!($statusCode == 201)", False),
        ("$response.body#/absent == null", False),
        ("$response.body#/absent != 1", False),
        ("!($response.body#/absent == 1)", False),
        ("$statusCode == 201 || $response.body#/absent == 1", True),
        ("$response.body#/absent == 1 || $statusCode == 201", False),
    ],
)
def test_a_simple_condition_holds_as_the_standard_says(condition: str, held: bool):
    found = simple(condition)
    assert found.held is held, found


def test_both_values_are_shown_and_for_joined_conditions_those_that_decided():
    assert simple("$statusCode == 200") == Check(
        condition="$statusCode == 200", held=False, found=201, wanted=200
    )
    joined = simple("$statusCode == 201 && $inputs.limit > $steps.apply.outputs.score")
    assert (joined.found, joined.wanted) == (400, 612.5)
    absent = simple("$response.body#/list/9 == 1")
    assert absent.found == "$response.body#/list/9 reaches nothing: there is no '9' in a list of 2"


@pytest.mark.parametrize(
    ("kind", "context", "condition", "held"),
    [
        ("regex", "$response.header.Location", r"^/applications/app-\d+$", True),
        ("regex", "$response.header.Location", r"^app", False),
        ("regex", "$response.header.Absent", r".*", False),
        ("regex", "$statusCode", r"^20\d$", True),
        ("regex", "$response.body#/state", r"(?i)^APP", True),
        ("regex", "$response.body#/list/0/name", "^{$inputs.dot}$", False),
        ("regex", "$inputs.dot", "^{$inputs.dot}$", True),
        ("regex", "$response.body#/aaa", "^(a+)+$", False),
        ("jsonpath", "$response.body", "$.state", True),
        ("jsonpath", "$response.body", "$.absent", False),
        ("jsonpath", "$response.body", "$.nothing", True),
        ("jsonpath", "$response.body", "$.list[?@.k > 1]", True),
        ("jsonpath", "$response.body", "$..list[?(@.k > 3)]", False),
        ("jsonpath", "$response.body", "$..list[?@.name == '{$inputs.quote}']", True),
        ("jsonpath", "$response.body", "$..list[?@.k == {$response.body#/list/1/k}]", True),
        ("jsonpath", "$response.body", "$..list[?match(@.name, 'a.c')]", True),
        ("jsonpath", "$response.body", "$[?search(@, '(a+)+$')]", False),
        ("jsonpath", "$response.body#/list", "$[?(@.k > 1)]", True),
        ("jsonpath", "$statusCode", "$.a", False),
    ],
)
def test_patterns_and_paths(kind: Literal["regex", "jsonpath"], context: str, condition: str, held: bool):
    found = check(parse_criterion(condition, kind, context), CONTEXT)
    assert found.held is held, found


def test_a_value_put_into_a_path_can_not_change_the_path():
    hostile = Context(
        inputs={"name": "x' || true || 'x"}, answer=Answer(url="", status=200, body={"l": [{"n": "a"}]})
    )
    path = parse_criterion("$..l[?@.n == '{$inputs.name}']", "jsonpath", "$response.body")
    assert not check(path, hostile).held


@pytest.mark.parametrize(
    ("kind", "context", "condition", "said"),
    [
        ("simple", None, "", "is not a condition"),
        ("simple", None, "$statusCode = 200", "is not a condition"),
        ("simple", None, "$statusCode == 200 ==", "is not a condition"),
        ("simple", None, '$response.body#/a == "x"', "is not a condition"),
        ("simple", None, "($statusCode == 200", "is not a condition"),
        ("simple", None, "open('/etc/passwd')", "is not a condition"),
        ("simple", None, "$inptus.a == 1", "is not a runtime expression"),
        ("simple", None, "$inputs.a == 1 and 2", "is not a condition"),
        ("simple", None, "!" * 60 + "true", "may nest 50 times"),
        ("simple", "body", "$statusCode == 200", "wanted: an expression such as"),
        ("regex", None, ".*", "needs a 'context'"),
        ("regex", "$response.body", "(", "not a regular expression"),
        ("regex", "$response.body", r"(a)\1", "not a regular expression"),
        ("jsonpath", "$response.body", "$[", "not a JSONPath"),
        ("jsonpath", "$response.body", "$statusCode", "not a JSONPath"),
        ("jsonpath", "body", "$.a", "needs a 'context'"),
    ],
)
def test_what_is_no_criterion_is_refused_before_anything_runs(
    kind: Literal["simple", "regex", "jsonpath"], context: str | None, condition: str, said: str
):
    with pytest.raises(ExpressionError, match=said):
        parse_criterion(condition, kind, context)


@given(text=st.one_of(st.text(), st.text(alphabet="$.()!&|<>=' 019aetrufls-", max_size=30)))
def test_any_text_is_a_condition_or_refused_and_nothing_else_happens(text: str):
    try:
        parsed = parse_condition(text)
    except ExpressionError:
        return
    assert isinstance(parsed, Condition)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(left=JSON, right=JSON)
def test_equality_is_the_same_from_both_sides_and_everything_equals_itself(left: Any, right: Any):
    assert equal(left, right) is equal(right, left)
    assert equal(left, left)
