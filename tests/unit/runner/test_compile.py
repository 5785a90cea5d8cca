"""What is found wrong with a scenario before anything is played, with file and line."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import ContentError
from sandbox.runner.compile import check_scenario, compile_scenario
from tests.fakes.arazzo import INTERFACES, echo, scenario_of, story_of

CHILD = {
    "workflowId": "visit",
    "inputs": {
        "type": "object",
        "required": ["person", "limit"],
        "properties": {"person": {}, "limit": {"default": 1}},
    },
    "steps": [echo("ask", outputs={"a": "$response.body"})],
    "outputs": {"amount": "$steps.ask.outputs.a"},
}
FIRST = echo("first", {}, outputs={"n": "$response.body#/n", "dotted.name": "$response.body"})


def visit(**more: Any) -> dict[str, Any]:
    return {
        "stepId": "call",
        "workflowId": "journey.visit",
        "parameters": [{"name": "person", "value": 1}],
        **more,
    }


def faults(*steps: Any, **more: Any) -> list[str]:
    scenario = scenario_of(
        story_of(*steps, inputs={"type": "object", "properties": {"limit": {}, "o": {}}}, **more),
        others={"journey": [CHILD]},
    )
    return [str(error) for error in check_scenario(scenario, INTERFACES)]


@pytest.mark.parametrize(
    "payload",
    [
        "$inputs.limit",
        "$inputs.o.deep.er",
        "$steps.first.outputs.n",
        "$steps.first.outputs.n#/a/b",
        "$steps.first.outputs.dotted.name",
        "$steps.first.outputs.dotted.name.deeper",
        "$workflows.visit.inputs.person",
        "$workflows.visit.outputs.amount",
        "$sourceDescriptions.things.url",
        {"deep": ["is {$inputs.limit}"]},
    ],
)
def test_an_expression_that_can_reach_something_is_no_fault(payload: Any):
    assert faults(FIRST, visit(), echo("second", payload)) == []


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("$inputs.limmit", "$inputs.limmit: no input is called 'limmit'; did you mean 'limit'?"),
        ("$components.parameters.o", "is not run here: a reusable part is asked for with 'reference'"),
        ("$steps.frist.outputs.n", "no step is called 'frist'; did you mean 'first'?"),
        ("$steps.first.outputs.m", "step 'first' has no output 'm'; known are: dotted.name, n"),
        ("$steps.second.outputs.n", "step 'second' has not finished here"),
        ("$steps.third.outputs.n", "step 'third' has not finished here"),
        ("$workflows.visit.outputs.sum", "workflow 'visit' has no output 'sum'"),
        ("$workflows.other.outputs.a", "no step up to here calls a workflow 'other'"),
        ("$sourceDescriptions.tings.url", "no source is called 'tings'; did you mean 'things'?"),
        ("$sourceDescriptions.things.name", "of a source only 'url' is known"),
        ("$outputs.amount", "only a step that has called a workflow knows $outputs"),
        ("$response.body#/n", "is known only after the call"),
        ("$statusCode", "is known only after the call"),
        ("$inptus.limit", "is not a runtime expression"),
        ("$inputs.limit + 1", "is not a runtime expression: unexpected ' + 1'"),
        ({"deep": ["a {$inputs.nope} b"]}, "no input is called 'nope'"),
        ({"a": "a {$inputs.limit"}, "never closes it"),
        ("not JSON", "the payload is text that is not JSON"),
    ],
)
def test_an_expression_that_points_nowhere_is_a_fault_with_file_and_line(payload: Any, said: str):
    found = faults(FIRST, visit(), echo("second", payload), echo("third"))
    assert len(found) == 1
    assert found[0].startswith("scenarios/trial/scenario.arazzo.yaml:30: ")
    assert said in found[0]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (echo("s", successCriteria=["$response.body#/n = 1"]), "is not a condition"),
        (echo("s", successCriteria=["$inputs.nope == 1"]), "no input is called 'nope'"),
        (echo("s", successCriteria=["$steps.s.outputs.n == 1"]), "step 's' has not finished here"),
        (echo("s", successCriteria=[{"type": "regex", "condition": "("}]), "needs a 'context'"),
        (
            echo("s", successCriteria=[{"type": "regex", "context": "$inputs.x", "condition": "a"}]),
            "no input is called 'x'",
        ),
        (
            echo(
                "s", successCriteria=[{"type": "jsonpath", "context": "$response.body", "condition": "$..["}]
            ),
            "is not a JSONPath",
        ),
        (echo("s", outputs={"o": "plain"}), "output 'o': 'plain' is not a runtime expression"),
        (echo("s", outputs={"o": "$steps.later.outputs.x"}), "no step is called 'later'"),
        (echo("s", onSuccess=[{"type": "goto", "stepId": "nowhere"}]), "no step is called 'nowhere'"),
        (echo("s", onSuccess=[{"type": "goto"}]), "goes nowhere"),
        (
            echo("s", onFailure=[{"type": "retry", "criteria": ["$inputs.nope == 1"]}]),
            "no input is called 'nope'",
        ),
        (
            echo("s", onSuccess=[{"type": "end", "criteria": ["$steps.s.outputs.n == 1"]}]),
            "step 's' has no output 'n'; there are none",
        ),
        (echo("s", requestBody={"payload": 1, "contentType": "application/xml"}), "can't be written here"),
        ({"stepId": "s", "operationId": "ecco"}, "things has no operation 'ecco'; did you mean 'echo'?"),
        ({"stepId": "s", "operationId": "tings.echo"}, "no source is called 'tings'"),
        ({"stepId": "s", "operationId": "read"}, "no value for thingId in the path /things/{thingId}"),
        (
            echo("s", parameters=[{"name": "thingId", "in": "path", "value": 1}]),
            "/echo has no 'thingId'; there are none",
        ),
        (echo("s", parameters=[{"name": "a", "value": 1}]), "parameter 'a' needs 'in'"),
        (
            echo("s", parameters=[{"name": "Information-Mediator-Secret", "in": "header", "value": "x"}]),
            "can't be set by a step",
        ),
        (visit(workflowId="journey.visits"), "no workflow is called 'visits'; did you mean 'visit'?"),
        (visit(workflowId="jorney.visit"), "no source is called 'jorney'; did you mean 'journey'?"),
        (visit(parameters=[]), "workflow 'visit' needs the input 'person'"),
        (
            visit(parameters=[{"name": "person", "value": 1}, {"name": "perso", "value": 1}]),
            "has no input 'perso'; did you mean 'person'?",
        ),
        (visit(outputs={"o": "$outputs.sum"}), "the called workflow has no output 'sum'"),
        (visit(outputs={"o": "$response.body"}), "a step that calls a workflow has no request or answer"),
    ],
)
def test_a_step_that_could_never_work_is_a_fault(step: Any, said: str):
    found = faults(step)
    assert any(said in fault and ":10: " in fault for fault in found), found


def test_actions_may_read_the_outputs_of_their_own_step():
    assert (
        faults(
            echo(
                "s",
                outputs={"more": "$response.body#/more"},
                onSuccess=[{"type": "goto", "stepId": "s", "criteria": ["$steps.s.outputs.more == true"]}],
            )
        )
        == []
    )


def test_every_operator_of_a_simple_condition_runs():
    conditions = ["!($statusCode == -1) && ($response.body.l[0] == 1 || $statusCode == 200)"]
    assert faults(echo("s", successCriteria=conditions)) == []


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"x": "$steps.s.outputs.nope"}, "step 's' has no output 'nope'"),
        ({"x": "$response.body"}, "is known only within its step"),
        ({"x": "$outputs.a"}, "only a step that has called a workflow"),
    ],
)
def test_outputs_of_a_workflow_come_from_its_steps(outputs: Any, said: str):
    found = faults(echo("s", outputs={"a": "$response.body"}), outputs=outputs)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objekt"}, "the inputs are no JSON Schema"),
        ({"properties": {"a": {"pattern": "(a)\\1"}}}, "is not a regular expression of RE2"),
        ({"patternProperties": {"^a": {}}}, "'patternProperties' is not run"),
    ],
)
def test_a_schema_of_inputs_must_be_one(schema: Any, said: str):
    found = check_scenario(scenario_of(story_of(echo("s"), inputs=schema)), INTERFACES)
    assert said in str(found[0])


def test_a_workflow_that_ends_up_calling_itself_is_refused():
    def calling(name: str, other: str) -> dict[str, Any]:
        return {"workflowId": name, "steps": [{"stepId": "s", "workflowId": other}]}

    scenario = scenario_of(
        story_of({"stepId": "s", "workflowId": "journey.a"}),
        others={"journey": [calling("a", "b"), calling("b", "a")]},
    )
    found = check_scenario(scenario, INTERFACES)
    assert ["calls itself" in str(error) for error in found] == [True, True]


def test_all_faults_are_listed_and_compiling_raises_the_first():
    scenario = scenario_of(story_of(echo("a", "$inputs.x"), echo("b", "$inputs.y"), echo("c", "$inputs.z")))
    assert [error.line for error in check_scenario(scenario, INTERFACES)] == [10, 20, 30]
    with pytest.raises(ContentError, match=r"\$inputs\.x") as caught:
        compile_scenario(scenario, INTERFACES)
    assert caught.value.line == 10
    assert "2 more" in caught.value.hint
