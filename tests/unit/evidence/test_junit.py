from __future__ import annotations

from xml.etree import ElementTree as ET

from sandbox.evidence.junit import write_junit
from sandbox.evidence.story import read_story
from sandbox.model.run import Check, Outcome
from tests.fakes.sample_run import play_run


def test_every_step_is_one_test_case() -> None:
    story = read_story(play_run().events)
    suite = ET.fromstring(write_junit("cash-transfer", story.results)).find("testsuite")
    assert suite is not None
    assert len(suite.findall("testcase")) == len(story.results) == int(suite.attrib["tests"])
    assert suite.attrib["failures"] == "0"


def test_a_case_is_named_by_its_sentence_and_classed_by_its_path() -> None:
    story = read_story(play_run(households=1).events)
    cases = ET.fromstring(write_junit("cash-transfer", story.results)).iter("testcase")
    found = {case.attrib["name"]: case.attrib["classname"] for case in cases}
    assert (
        found["The person is who they say they are."]
        == "cash-transfer.visit-household.journey.verify-identity"
    )


def test_a_failure_tells_what_was_found_and_wanted() -> None:
    story = read_story(play_run(fault_at="enrol-payee").events)
    failures = list(ET.fromstring(write_junit("cash-transfer", story.results)).iter("failure"))
    assert failures[0].attrib["message"] == "the answer was 500, wanted 202"
    assert "$statusCode == 202: found 500, wanted 202" in (failures[0].text or "")


def test_errors_and_skipped_steps_are_told_apart() -> None:
    result = read_story(play_run(households=1).events).results[0]
    error = result.model_copy(update={"outcome": Outcome.ERROR, "reason": "no answer"})
    skipped = result.model_copy(update={"outcome": Outcome.SKIPPED})
    root = ET.fromstring(write_junit("x", [error, skipped]))
    assert [len(list(root.iter(kind))) for kind in ("failure", "error", "skipped")] == [0, 1, 1]


def test_characters_that_xml_cannot_hold_do_not_break_it() -> None:
    hostile = "a\x00b\x1b[31m<c>&\ud800\uffff]]>"
    result = (
        read_story(play_run(households=1).events)
        .results[0]
        .model_copy(
            update={
                "sentence": hostile,
                "outcome": Outcome.FAILED,
                "reason": hostile,
                "checks": (Check(condition=hostile, held=False, found=hostile, wanted={hostile: 1}),),
            }
        )
    )
    case = next(ET.fromstring(write_junit(hostile, [result])).iter("testcase"))
    assert case.attrib["name"] == "a\\u0000b\\u001b[31m<c>&\\ud800\\uffff]]>"


def test_a_run_without_steps_is_an_empty_suite() -> None:
    assert ET.fromstring(write_junit("x", [])).attrib["tests"] == "0"
