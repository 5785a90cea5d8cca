"""Where a scenario leaves the profile, told as advice with file and line."""
# ruff: noqa: E501  (the table reads by rows)

from __future__ import annotations

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.model.scenario import Scenario
from sandbox.runner.profile import find_departures
from sandbox.settings import CONTENT_ROOT
from tests.fakes.echo_content import OK, EchoContent, operation, send, story


def departures(scenario: Scenario) -> list[str]:
    return [str(error).split(": ", 1)[1] for error in find_departures(scenario)]


DEPARTURES = [
    # (what the step says beside its target, what is told)
    ({"operationId": "echo"}, "the operation 'echo' doesn't name its source"),
    ({"description": None}, "the step 's' has no description"),
    ({"successCriteria": [{"condition": "$response.body#/x == 1"}]}, "the step 's' has no criterion on $statusCode"),
    ({"timeout": 10}, "'timeout' is kept by no other runner"),
    ({"outputs": {"o": "$inputs.o#/a"}}, "a pointer behind $inputs in '$inputs.o#/a'"),
    ({"outputs": {"o": {"context": "$response.body", "selector": "/a", "type": "jsonpointer"}}}, "a selector object"),
    ({"onFailure": [{"name": "on", "type": "goto", "stepId": "s"}]}, "'on' is a goto after a failure"),
    ({"onSuccess": [{"name": "on", "type": "goto", "workflowId": "story"}]}, "'on' leads to a workflow"),
    ({"requestBody": {"payload": {}}}, "the requestBody has no contentType"),
    ({"requestBody": {"contentType": "application/json", "payload": {}}}, "an empty payload"),
    ({"requestBody": {"contentType": "application/json", "payload": "{}"}}, "the payload is JSON written as text"),
    ({"requestBody": {"contentType": "application/json", "payload": {}, "replacements": [{"target": "/l/-", "value": "x"}]}}, "the target '/l/-' is not in the payload"),
    ({"successCriteria": [*OK, {"condition": "$statusCode == 200 && true"}]}, "&& in the condition"),
    ({"successCriteria": [*OK, {"condition": "$statusCode == 1 || true"}]}, "|| in the condition"),
    ({"successCriteria": [*OK, {"condition": "!($statusCode == 1)"}]}, "! in the condition"),
    ({"successCriteria": [*OK, {"condition": "($statusCode == 200)"}]}, "( ) in the condition"),
    ({"successCriteria": [*OK, {"condition": "200 == $statusCode"}]}, "a literal on the left in the condition"),
    ({"successCriteria": [*OK, {"condition": "$response.body#/n > -1"}]}, "a negative literal in the condition"),
    ({"successCriteria": [*OK, {"condition": "$response.body.l[0] == 1"}]}, "an index [i] in the condition"),
    ({"successCriteria": [*OK, {"condition": "$.l[?@.k]", "context": "$response.body", "type": "jsonpath"}]}, "doesn't begin with '$..'"),
    ({"successCriteria": [*OK, {"condition": "$..l[?@.k == {$inputs.x}]", "context": "$response.body", "type": "jsonpath"}]}, "an expression inside the JSONPath"),
    ({"successCriteria": [*OK, {"condition": "x", "context": "$response.body", "type": "regex"}]}, "a regex over the whole of $response.body"),
    ({"onSuccess": [{"name": "on", "type": "end", "criteria": [{"condition": "$inputs.x == 1"}]}]}, "'on' looks at $inputs"),
    ({"successCriteria": [*OK, {"condition": "$..l", "context": "$response.body", "type": {"type": "jsonpath", "version": "rfc9535"}}]}, "a criterion type object"),
    ({"successCriteria": [*OK, {"condition": "$statusCode == 200", "context": "$response.body"}]}, "a simple criterion has no 'context'"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), DEPARTURES)
def test_what_leaves_the_profile_is_told(said, told, echo_content: EchoContent) -> None:
    step = {**send("s", {"a": 1}), "description": "It is sent.", **said}
    document = story([{key: value for key, value in step.items() if value is not None}], version="1.1.0")
    found = departures(echo_content.read(document))
    assert [one for one in found if told in one], found


def test_a_step_that_plays_a_workflow_has_rules_of_its_own(echo_content: EchoContent) -> None:
    step = {
        "stepId": "s",
        "description": "It is played.",
        "workflowId": "child",
        "successCriteria": [{"condition": "$outputs.v == 1"}],
        "onFailure": [{"name": "again", "type": "retry"}],
    }
    child = {
        "workflowId": "child",
        "steps": [operation("c", "echo")],
        "dependsOn": ["other"],
        "outputs": {"v": "$steps.c.outputs.v"},
    }
    child["steps"][0]["outputs"] = {"v": "$statusCode"}
    other = {"workflowId": "other", "summary": "Other.", "steps": [send("o", {})]}
    found = departures(echo_content.read(story([step], workflows=[child, other])))
    for told in (
        "the story has a second workflow",
        "the workflow 'child' has no summary",
        "dependsOn is played otherwise elsewhere",
        "'successCriteria' on a step that plays a workflow",
        "retry ('again') on a step that plays a workflow",
    ):
        assert [one for one in found if told in one], told


def test_a_description_that_a_comma_cuts_in_two_is_told(echo_content: EchoContent) -> None:
    step = {**send("s", {"a": 1}), "description": "It is sent."}
    inputs = {"type": "object", "properties": {"month": {"description": "The month", "as yyyy-mm.": None}}}
    (found,) = departures(echo_content.read(story([step], summary="A story.", inputs=inputs)))
    assert found.startswith("'as yyyy-mm.' in the inputs is no word of JSON Schema")


def test_a_step_within_the_profile_is_passed_over(echo_content: EchoContent) -> None:
    step = {**send("s", {"a": 1}), "description": "It is sent."}
    assert departures(echo_content.read(story([step], summary="A story."))) == []


@pytest.mark.parametrize("slug", open_catalog(CONTENT_ROOT).scenario_slugs())
def test_what_is_shipped_stays_within_the_profile(slug: str) -> None:
    assert departures(open_catalog(CONTENT_ROOT).scenario(slug)) == []
