"""Documents that are wrong, endless or meant to exhaust their reader: named or bounded, never a traceback."""

from __future__ import annotations

import json
import os

import pytest

from sandbox.errors import ContentError
from sandbox.runner.compile import compile_scenario
from tests.fakes.echo_content import Echo, EchoContent, operation, send, story

BOMB = "arazzo: 1.0.1\n" + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)  # fmt: skip
STEPS = 10_000 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 1_000
GOTO = [{"name": "again", "type": "goto", "stepId": "s"}]


@pytest.mark.parametrize(
    ("document", "said", "line"),
    [
        (BOMB, "the file holds more than 200000 values", 7),
        ("arazzo: 1.0.1\nx-deep: " + "[" * 100 + "]" * 100, "nested more than 60 levels deep", 2),
        (b"arazzo: 1.0.1\nx-name: \xff\n", "not UTF-8 text", 2),
        ("arazzo: 1.0.1\narazzo: 1.0.1\n", "the key 'arazzo' stands twice", 2),
        (
            story([{**send("s", {}), "operationId": "$sourceDescriptions.payments.pay"}]),
            "called 'payments'",
            1,
        ),
        (story([{**send("s", {}), "operationId": "pay"}]), "no source has the operation 'pay'", 1),
        (story([send("s", {"v": "$steps.t.outputs.v"}), send("t", {})]), "'t' has not finished here", 1),
        (story([send("s", {})], dependsOn=["story"]), "dependsOn 'story' leads back to this workflow", 1),
    ],
)
def test_a_document_that_can_not_be_run_is_refused_with_its_line(
    document: object, said: str, line: int, echo_content: EchoContent
) -> None:
    refusal = echo_content.refusal(document)
    assert isinstance(refusal, ContentError)
    assert said in str(refusal)
    assert refusal.line == line


def test_a_goto_without_end_is_ended_and_named(echo: Echo, echo_content: EchoContent) -> None:
    played = echo_content.play(echo, story([send("s", {}, onSuccess=GOTO)]), most_steps=20)
    assert played.finished.verdict.outcome.value == "error"
    assert "it went on for more than 20 steps" in played.finished.verdict.sentence
    assert len(played.heard) == 20


def test_workflows_that_hand_over_for_ever_are_ended_and_named(echo: Echo, echo_content: EchoContent) -> None:
    there = [{"name": "there", "type": "goto", "workflowId": "other"}]
    back = [{"name": "back", "type": "goto", "workflowId": "story"}]
    other = {"workflowId": "other", "steps": [send("o", {}, onSuccess=back)]}
    document = story([send("s", {}, onSuccess=there)], workflows=[other])
    played = echo_content.play(echo, document, most_steps=50)
    assert "it went on for more than 50 steps" in played.finished.verdict.sentence


@pytest.mark.campaign
def test_a_document_of_many_steps_is_compiled(echo_content: EchoContent) -> None:
    steps = [operation(f"s{number}", "look") for number in range(STEPS)]
    catalog, slug = echo_content.write(json.dumps(story(steps)))
    scenario = catalog.scenario(slug)
    compiled = compile_scenario(scenario, catalog.interfaces(scenario))
    assert len(compiled.workflows[compiled.story].steps) == STEPS
