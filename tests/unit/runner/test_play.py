"""What a played scenario does on the wire and tells its listeners, construct by construct."""

from __future__ import annotations

import httpx2
import pytest

from sandbox.errors import BlockUnreachable, UsageError
from sandbox.model.run import Outcome, RunFinished, StepFinished, StepStarted
from sandbox.model.scenario import FigureSpec
from tests.fakes.arazzo import TOKEN, Stage, echo, interface_of, scenario_of, story_of


def test_two_steps_pass_and_the_second_gets_what_the_first_got():
    stage = Stage()
    finished = stage.play(
        scenario_of(
            story_of(
                echo(
                    "open",
                    {"person": "RW-1", "n": 3},
                    successCriteria=["$statusCode == 200"],
                    outputs={"person": "$response.body#/person", "count": "$response.body#/n"},
                ),
                {
                    "stepId": "look",
                    "operationId": "read",
                    "parameters": [
                        {"name": "thingId", "in": "path", "value": "$steps.open.outputs.person"},
                        {"name": "n", "in": "query", "value": "$steps.open.outputs.count"},
                        {"name": "Information-Mediator-Client", "in": "header", "value": "SBX/GOV/A/b"},
                    ],
                    "successCriteria": ["$statusCode == 200"],
                },
                outputs={"count": "$steps.open.outputs.count"},
            ),
            passed="{count} counted.",
            figures=(FigureSpec(output="count", label="Counted"),),
        )
    )
    second = stage.requests[1]
    assert str(second.url) == "http://mediator.test/r1/SBX/GOV/CENTRAL/things/things/RW-1?n=3"
    assert second.headers["Information-Mediator-Client"] == "SBX/GOV/A/b"
    assert second.headers["Information-Mediator-Secret"] == TOKEN
    assert finished.verdict.outcome is Outcome.PASSED
    assert finished.verdict.sentence == "3 counted."
    assert finished.verdict.figures[0].exchanges == ("x1",)
    assert finished.verdict.steps == {"passed": 2}
    assert [type(event).__name__ for event in stage.events] == [
        "RunStarted",
        "WorkflowStarted",
        "StepStarted",
        "StepFinished",
        "StepStarted",
        "StepFinished",
        "WorkflowFinished",
        "RunFinished",
    ]
