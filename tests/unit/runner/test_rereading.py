"""Which documents another runner would read again after it has played them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.model.scenario import Scenario
from sandbox.runner.rereading import find_rereadings
from tests.fakes.arazzo import echo, scenario_of, story_of

NAMES = {"scenario": {"inner", "outer"}, "outer": {"inner"}, "inner": set()}
AGAIN = "outer.arazzo.yaml is entered when inner.arazzo.yaml, which it names, was played"
LEAF = [{"workflowId": "main", "steps": [echo("e")]}]


def plays(step_id: str, workflow: str, **more: Any) -> dict[str, Any]:
    return {"stepId": step_id, "workflowId": workflow, **more}


OUTER = [{"workflowId": "main", "steps": [plays("deeper", "inner.main")]}]


def story_with(*steps: dict[str, Any]) -> Scenario:
    """A story of these steps, beside `outer`, which names and plays `inner`."""
    scenario = scenario_of(story_of(*steps), others={"outer": OUTER, "inner": LEAF})
    documents = {
        path: replace(
            one,
            sources={
                name: source
                for name, source in one.sources.items()
                if name in NAMES[path.name.removesuffix(".arazzo.yaml")]
            },
        )
        for path, one in scenario.documents.items()
    }
    return replace(scenario, documents=documents, story=documents[scenario.story.path])


def told(*steps: dict[str, Any]) -> list[tuple[str, int]]:
    return [(message, place.line) for place, message, _ in find_rereadings(story_with(*steps))]


def test_a_document_that_names_no_other_is_played_any_number_of_times() -> None:
    assert told(plays("a", "inner.main"), plays("b", "inner.main")) == []


def test_a_document_that_plays_others_is_entered_once() -> None:
    assert told(plays("a", "outer.main")) == []
    assert told(plays("a", "outer.main"), plays("b", "outer.main")) == [(AGAIN, 20)]


def test_what_it_names_may_be_played_after_it_and_not_before() -> None:
    assert told(plays("a", "outer.main"), plays("b", "inner.main")) == []
    assert told(plays("a", "inner.main"), plays("b", "outer.main")) == [(AGAIN, 20)]


def test_a_loop_enters_again() -> None:
    back = [{"name": "again", "type": "goto", "stepId": "a"}]
    assert told(echo("a"), plays("b", "outer.main", onSuccess=back)) == [(AGAIN, 20)]


def test_a_story_that_leads_back_to_itself_is_left_to_those_who_refuse_it() -> None:
    assert told(plays("a", "story")) == []
