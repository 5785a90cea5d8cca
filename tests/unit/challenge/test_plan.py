"""Where faults strike: drawn from what an unfaulted play did, the same for the same draw."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.challenge.plan import choose_blocks, choose_faults, draw_points, see
from sandbox.errors import NotFound, UsageError
from sandbox.model.challenge import CHALLENGES
from sandbox.model.faults import FAULTS
from sandbox.model.run import Call, Exchange, Message, Outcome, StepFinished, StepResult
from sandbox.model.wiring import CONTROLS_SERVICE, application_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
BLOCKS = frozenset({"payments", "registration", "payee-institutions"})


def exchange(number: int, block: str, operation: str, **more: Any) -> Exchange:
    values = {
        "id": f"ex-{number}",
        "number": number,
        "at": NOW,
        "today": "2026-01-01",
        "kind": "call",
        "client": MINISTRY,
        "service": application_of(block),
        "block": block,
        "method": "POST",
        "path": "/",
        "operation_id": operation,
        "status": 200,
        "milliseconds": 1.0,
    }
    return Exchange.model_validate({**values, **more})


def step(number: int, sentence: str, exchange_id: str, *, calls: bool = True) -> StepFinished:
    message = Message()
    call = Call(
        method="POST",
        url="http://127.0.0.1/",
        operation_id="any",
        block="any",
        request=message,
        status=200,
        response=message,
    )
    return StepFinished(
        result=StepResult(
            number=number,
            path=("story",),
            step_id=f"step-{number}",
            sentence=sentence,
            source="scenarios/x/scenario.arazzo.yaml:1",
            outcome=Outcome.PASSED,
            depth=0,
            iteration=1,
            started=NOW,
            milliseconds=1.0,
            call=call if calls else None,
            exchanges=(exchange_id,),
        )
    )


LOG = [
    exchange(1, "payments", "readBatch"),
    exchange(2, "controls", "reset", kind="control", service=CONTROLS_SERVICE),
    exchange(3, "registration", "createApplication"),
    exchange(4, "payments", "payBulk", client=application_of("registration")),
    exchange(5, "registration", "releasePayroll"),
    exchange(6, "payee-institutions", "settle", client=application_of("payments")),
    exchange(7, "", "payroll-paid", kind="callback", client=application_of("payments"), service=MINISTRY),
    exchange(8, "registration", "decideApplication", refused="not-allowed", status=403),
]
EVENTS = [
    step(1, "The sandbox is as it was seeded.", "ex-2"),
    step(2, "The person applies.", "ex-3"),
    step(3, "The payroll is released.", "ex-5"),
    step(4, "All of it.", "ex-5", calls=False),
]
SEEN = see(LOG, EVENTS)


def test_only_what_follows_the_reset_can_be_struck() -> None:
    assert [each.number for each in SEEN.exchanges] == [3, 4, 5, 6, 7, 8]
    assert SEEN.begins_with_a_reset


def test_a_story_without_a_reset_is_struck_anywhere() -> None:
    seen = see(LOG[2:], EVENTS)
    assert not seen.begins_with_a_reset
    assert len(seen.exchanges) == 6


def test_a_call_fault_strikes_each_block_once_and_never_what_was_refused() -> None:
    points, why = draw_points(SEEN, CHALLENGES["drop"], BLOCKS, draw=1)
    assert why == ""
    assert [point.block for point in points] == ["payee-institutions", "payments", "registration"]
    assert "decideApplication" not in {point.operation for point in points}


def test_a_call_among_blocks_is_struck_before_the_step_that_came_last_before_it() -> None:
    settle, pay, _ = draw_points(SEEN, CHALLENGES["drop"], BLOCKS, draw=1)[0]
    assert (settle.operation, settle.client, settle.step) == ("settle", application_of("payments"), 3)
    assert (pay.operation, pay.step, pay.sentence) == ("payBulk", 2, "The person applies.")


def test_a_callback_fault_strikes_each_kind_of_its_sender() -> None:
    (point,), _ = draw_points(SEEN, CHALLENGES["callback-drop"], BLOCKS, draw=1)
    assert (point.block, point.operation, point.client, point.step) == ("payments", "payroll-paid", "", 3)


def test_a_killed_instance_needs_no_operation_and_the_database_no_block() -> None:
    killed, _ = draw_points(SEEN, CHALLENGES["instance-killed"], frozenset({"payments"}), draw=1)
    assert [(point.block, point.operation) for point in killed] == [("payments", "")]
    (database,), _ = draw_points(SEEN, CHALLENGES["database-restarted"], BLOCKS, draw=1)
    assert (database.block, database.operation) == ("", "")


def test_the_same_draw_gives_the_same_points_and_another_one_others() -> None:
    many = see([*LOG, *(exchange(n, "payments", f"op{n}") for n in range(9, 200))], EVENTS)

    def drawn(draw: int) -> list[str]:
        return [point.operation for point in draw_points(many, CHALLENGES["drop"], BLOCKS, draw=draw)[0]]

    assert drawn(1) == drawn(1)
    assert len({tuple(drawn(draw)) for draw in range(5)}) > 1


def test_as_many_points_as_asked_for_at_most() -> None:
    assert len(draw_points(SEEN, CHALLENGES["drop"], BLOCKS, draw=1, most=2)[0]) == 2


def test_a_fault_that_nothing_can_meet_says_why() -> None:
    quiet = see([each for each in LOG if each.kind != "callback"], EVENTS)
    points, why = draw_points(quiet, CHALLENGES["callback-delay"], BLOCKS, draw=1)
    assert points == ()
    assert why == "no message of a block crosses the mediator in this scenario"


def test_every_fault_of_the_mediator_is_played_and_so_are_kills_and_restarts() -> None:
    names = [fault.name for fault in choose_faults(())]
    assert names == [*FAULTS, "instance-killed", "mediator-restarted", "database-restarted"]
    assert [fault.name for fault in choose_faults(["instance-killed", "drop"])] == ["drop", "instance-killed"]


def test_an_unknown_fault_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(UsageError, match="no fault is called 'callback-dropp'; did you mean 'callback-drop'"):
        choose_faults(["callback-dropp"])
    with pytest.raises(UsageError, match=r"no fault is called 'qqqqqq'$") as refused:
        choose_faults(["qqqqqq"])
    assert "database-restarted" in refused.value.hint


def test_a_block_that_the_scenario_lacks_is_refused() -> None:
    with pytest.raises(NotFound, match="the scenario has no block 'messaging'") as refused:
        choose_blocks(["messaging"], sorted(BLOCKS))
    assert refused.value.hint == "its blocks are: payee-institutions, payments, registration"
    assert choose_blocks((), sorted(BLOCKS)) == BLOCKS
