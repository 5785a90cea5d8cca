"""A requirement is met by checks that held, and never by their absence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.conformance.requirements import choose_groups, conclude, judge_requirements
from sandbox.conformance.values import Exercised, Finding, Met, Part, Report, SeedProof
from sandbox.model.block import BlockDescriptor, Implementation
from sandbox.model.run import Outcome

GROUP = Implementation(
    group="batches", operations=("pay", "read"), level="required", requirements=("6.1", "6.2")
)


def exercised(operation: str, **counts: Any) -> Exercised:
    return Exercised(operation_id=operation, summary=operation, **counts)


def finding(**more: Any) -> Finding:
    told = {
        "part": Part.CONTRACT,
        "check": "c",
        "operation_id": "pay",
        "sentence": "s",
        "reason": "r",
        **more,
    }
    return Finding.model_validate(told)


def verdict(
    *operations: Exercised, findings: tuple[Finding, ...] = (), out_of_reach: dict[str, str] | None = None
) -> Met:
    found = {one.operation_id: one for one in operations}
    (first, second) = judge_requirements([GROUP], found, findings, out_of_reach or {})
    assert (first.number, second.number) == ("6.1", "6.2")
    assert first.verdict is second.verdict
    return first.verdict


ACCEPTED = (exercised("pay", cases=9, accepted=2, steps=3), exercised("read", cases=9, accepted=1))


def test_it_is_met_when_every_operation_was_right_and_a_behaviour_held() -> None:
    assert verdict(*ACCEPTED) is Met.MET


@pytest.mark.parametrize(
    "operations",
    [
        (),
        ACCEPTED[:1],
        (exercised("pay", cases=900, steps=3), ACCEPTED[1]),
        (exercised("pay", cases=9, accepted=9), ACCEPTED[1]),
        (exercised("pay", accepted=9, steps=9), ACCEPTED[1]),
    ],
    ids=[
        "nothing was looked at",
        "one was never called",
        "nothing was accepted",
        "no behaviour looked",
        "no request was generated",
    ],
)
def test_what_no_check_showed_is_not_tested(operations: tuple[Exercised, ...]) -> None:
    assert verdict(*operations) is Met.NOT_TESTED


def test_what_is_out_of_reach_is_never_met_and_says_why() -> None:
    assert verdict(*ACCEPTED, out_of_reach={"pay": "It takes a neighbour."}) is Met.NOT_TESTED
    assert verdict(*ACCEPTED, findings=(finding(),), out_of_reach={"pay": "So."}) is Met.NOT_MET
    found = {one.operation_id: one for one in ACCEPTED}
    (first, _) = judge_requirements([GROUP], found, (), {"pay": "It takes a neighbour."})
    assert (
        first.why == "3 steps of behaviours held, success is out of reach alone. pay: It takes a neighbour."
    )


def test_one_finding_is_enough_for_not_met() -> None:
    assert verdict(*ACCEPTED, findings=(finding(),)) is Met.NOT_MET
    assert verdict(findings=(finding(),)) is Met.NOT_MET


def test_findings_with_known_values_and_about_other_operations_count_for_nothing_here() -> None:
    others = (finding(on_known_values=True), finding(operation_id="another"))
    assert verdict(*ACCEPTED, findings=others) is Met.MET


def test_each_level_holds_those_above_it() -> None:
    levels = ("required", "recommended", "optional")
    groups = [Implementation(group=level, operations=(), level=level) for level in levels]  # type: ignore[arg-type]
    descriptor = BlockDescriptor(
        name="X", slug="x", summary="Does it.", module="blocks.x", implements=tuple(groups)
    )
    assert [len(choose_groups(descriptor, level)) for level in ("required", "recommended", "all")] == [
        1,
        2,
        3,
    ]


def test_the_whole_passes_only_when_something_was_met_and_nothing_found() -> None:
    met = judge_requirements([GROUP], {one.operation_id: one for one in ACCEPTED}, (), {})
    untested = judge_requirements([GROUP], {}, (), {})
    assert conclude("X", met, (), ())[0] is Outcome.PASSED
    assert conclude("X", untested, (), ())[0] is Outcome.ERROR
    assert conclude("X", met, (finding(operation_id="another"),), ())[0] is Outcome.FAILED
    outcome, sentence = conclude("X", met, (), ("withdrawal",))
    assert outcome is Outcome.FAILED
    assert "what it was prepared for" in sentence


@pytest.mark.parametrize(
    ("specification", "number", "said"),
    [
        ("consent", "UC-1", ""),
        ("messaging", "", "apart from the definitions"),
        ("", "", "GovStack specifies no such block"),
    ],
)
def test_a_report_says_why_a_requirement_has_no_number(specification: str, number: str, said: str) -> None:
    (judged,) = judge_requirements([GROUP.model_copy(update={"requirements": (number,)})], {}, (), {})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    report = Report(
        **{"block": "b", "name": "B", "specification": specification, "version": "1", "product": "p"},
        **{"level": "required", "started": now, "finished": now, "outcome": Outcome.PASSED, "sentence": "s"},
        **{"proof": SeedProof(commitment="c", seed=1, salt="s", given=False), "cases": 0, "plays": ()},
        **{"operations": (), "requirements": (judged,), "findings": ()},
    )
    assert said in report.unnumbered
    assert bool(report.unnumbered) is bool(said)
