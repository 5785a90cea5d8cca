"""How numbers, failures and figures read."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.run import Check, Outcome
from sandbox.model.scenario import FigureSpec, Findings
from sandbox.runner.verdict import conclude_passed, explain_check, write_number


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1840000, "1,840,000"),
        (0, "0"),
        (-1234, "-1,234"),
        (50.0, "50"),
        (1234.5, "1,234.50"),
        (True, "yes"),
        (False, "no"),
        ("RWF", "RWF"),
        (None, "null"),
        ([1, 2], "[1,2]"),
    ],
)
def test_a_value_is_written_for_a_reader(value: Any, written: str):
    assert write_number(value) == written


def test_the_sentence_takes_inputs_and_outputs_and_the_figures_their_exchanges():
    findings = Findings(
        passed="{households} households got {total}.",
        figures=(FigureSpec(output="total", label="Paid", unit="RWF"),),
    )
    verdict = conclude_passed(
        findings, {"households": 20}, {"total": 1840000}, {"total": ("x1", "x2")}, {"passed": 3}
    )
    assert verdict.outcome is Outcome.PASSED
    assert verdict.sentence == "20 households got 1,840,000."
    assert [(one.name, one.value, one.unit, one.exchanges) for one in verdict.figures] == [
        ("total", 1840000, "RWF", ("x1", "x2"))
    ]


@pytest.mark.parametrize(
    "findings",
    [
        Findings(passed="{total} paid."),
        Findings(passed="Paid.", figures=(FigureSpec(output="total", label="Paid"),)),
    ],
)
def test_a_finding_without_a_value_is_no_success(findings: Findings):
    verdict = conclude_passed(findings, {}, {}, {}, {"passed": 1})
    assert verdict.outcome is Outcome.FAILED
    assert verdict.sentence == ("Every step passed, but the story gave no 'total', which its findings name.")


def test_a_long_value_is_cut_in_the_sentence():
    said = explain_check(Check(condition="c", held=False, found="x" * 1000, wanted=1))
    assert len(said) < 250
    assert said.endswith("…, wanted 1")


def test_a_unit_may_be_an_output_of_the_story():
    verdict = conclude_passed(
        Findings(passed="Paid.", figures=(FigureSpec(output="total", label="Paid", unit="{currency}"),)),
        {},
        {"total": 20, "currency": "RWF"},
        {},
        {"passed": 1},
    )
    assert verdict.figures[0].unit == "RWF"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("$response.body#/count >= 8", "count: found 0, wanted at least 8"),
        ("$response.body#/applications/0/applicantState == 'x'", "applicant state: found 0, wanted 8"),
        (
            "$response.body#/body/NumberFailedCases != $inputs.n",
            "number failed cases: found 0, wanted anything but 8",
        ),
        ("$statusCode == 200", "status of the answer: found 0, wanted 8"),
        ("$statusCode == 200 && $inputs.x == 1", "$statusCode == 200 && $inputs.x == 1: found 0, wanted 8"),
        ("$..results[?@.a == 'b']", "$..results[?@.a == 'b']: found 0, wanted 8"),
    ],
)
def test_what_was_found_and_wanted_is_said_in_words_where_it_can_be(condition: str, said: str) -> None:
    assert explain_check(Check(condition=condition, held=False, found=0, wanted=8)) == said
