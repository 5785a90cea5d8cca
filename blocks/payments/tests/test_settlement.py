"""An accepted batch is paid once and to the end, whatever breaks on the way; the ledger always balances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from blockkit.app import Kit
from blocks.payments import batches, reports
from blocks.payments.batches import Order
from blocks.payments.completion import describe_batch
from blocks.payments.requests import Refused
from blocks.payments.settlement import reserve_next, settle_next

MakeOrder = Callable[..., Order]
Work = Callable[[], None]


class Killed(BaseException):
    """The process ends here: nobody catches it and nothing is committed."""


def accept(kit: Kit, order: Order) -> None:
    with kit.records.transaction() as db:
        batches.accept(db, order, kit.clock.today())


def told(kit: Kit, order: Order) -> dict[str, Any]:
    with kit.records.transaction() as db:
        return describe_batch(db, order.batch_id)


def balances(kit: Kit) -> dict[str, float]:
    """Balances of the kinds of accounts; funding as what it has lost."""
    with kit.records.transaction() as db:
        trial = reports.trial_balance(db)
    assert trial["imbalance"] == 0
    assert trial["journals"] == trial["newest"]
    lines = {line["kind"]: line["balance"] for line in trial["lines"]}
    return {**lines, "funding": lines["funding"] + lines["treasury"]}


def test_money_goes_from_funding_to_the_payees(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder
) -> None:
    paying = make_order("B1", 0, 1, 2)
    accept(kit, paying)
    assert told(kit, paying)["status"] == "accepted"
    assert (balances(kit)["programme"], balances(kit)["funding"]) == (60, -60)
    work()
    done = told(kit, paying)
    assert (done["status"], done["total"], done["credited"], done["failed"]) == ("completed", 3, 3, 0)
    after = balances(kit)
    assert (after["payee"], after["suspense"], after["programme"], after["funding"]) == (60, 0, 0, -60)
    assert network.institutions.total == 60


def test_money_in_flight_is_in_suspense(kit: Kit, make_order: MakeOrder) -> None:
    accept(kit, make_order("B1", 0, 1))
    assert reserve_next(kit)
    assert (balances(kit)["suspense"], balances(kit)["programme"]) == (20, 20)


def test_a_rejected_payment_comes_back_by_a_contra_entry(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder
) -> None:
    network.institutions.closed.add("ACC1")
    paying = make_order("B1", 0, 1)
    accept(kit, paying)
    work()
    assert [(one["status"], one["reason"]) for one in told(kit, paying)["results"]] == [
        ("credited", ""),
        ("rejected", "account-closed"),
    ]
    assert (balances(kit)["payee"], balances(kit)["funding"], balances(kit)["suspense"]) == (20, -20, 0)
    with kit.records.transaction() as db:
        journals = reports.list_journals(db, paying.batch_id, 100)["journals"]
    returned = next(journal for journal in journals if journal["kind"] == "return")
    reserve = next(journal for journal in journals if journal["number"] == returned["contraOf"])
    assert (reserve["kind"], reserve["instructionId"]) == ("reserve", returned["instructionId"])


def test_what_can_not_be_paid_is_rejected_and_the_rest_is_paid(
    kit: Kit, work: Work, make_order: MakeOrder
) -> None:
    paying = make_order("B1", 0, 8, 9, 77, 2)
    accept(kit, paying)
    work()
    assert [one["reason"] for one in told(kit, paying)["results"]] == [
        "",
        "address-unroutable",
        "institution-unknown",
        "payee-unknown",
        "",
    ]
    assert (balances(kit)["payee"], balances(kit)["funding"]) == (40, -40)


@pytest.mark.parametrize("kill", ["before the institution decides", "before the answer is recorded"])
def test_a_worker_killed_in_the_middle_pays_nobody_twice(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder, kill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> Any:
        raise Killed

    paying = make_order("B1", 0, 2, 4)
    accept(kit, paying)
    assert reserve_next(kit)
    with monkeypatch.context() as patch:
        patch.setattr(network.institutions, "answer" if kill.startswith("before the inst") else "fault", die)
        with pytest.raises(Killed):
            settle_next(kit, lambda _: 0.0)
    assert told(kit, paying)["credited"] == 0
    assert balances(kit)["suspense"] == 60
    work()
    assert (told(kit, paying)["status"], told(kit, paying)["credited"]) == ("completed", 3)
    assert (network.institutions.total, balances(kit)["payee"]) == (60, 60)


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: httpx2.Response(503),
        lambda _: httpx2.Response(200, text="<html>"),
        lambda _: httpx2.Response(200, json={"results": [{"status": "perhaps"}]}),
        lambda _: httpx2.Response(200, json={"results": []}),
        lambda _: httpx2.Response(404, json=["nothing here"]),
    ],
)
def test_an_answer_that_says_nothing_is_asked_for_again(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder, broken: Any
) -> None:
    faults = [broken, broken]
    network.institutions.fault = lambda answer: faults.pop()(answer) if faults else answer
    paying = make_order("B1", 0, 1)
    accept(kit, paying)
    work()
    assert told(kit, paying)["credited"] == 2
    assert (network.institutions.total, balances(kit)["payee"]) == (40, 40)


def test_an_entitlement_is_paid_once_whatever_the_batch(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder
) -> None:
    network.institutions.closed.add("ACC1")
    accept(kit, make_order("B1", 0, 1))
    work()
    network.institutions.closed.clear()
    again, later = make_order("B2", 0, 1, 2), make_order("B3", 0, period="2026-02")
    accept(kit, again)
    accept(kit, later)
    work()
    assert [one["reason"] for one in told(kit, again)["results"]] == ["already-paid", "", ""]
    assert told(kit, later)["credited"] == 1
    assert network.institutions.total == balances(kit)["payee"] == 80


def test_a_payee_that_stands_twice_in_a_batch_is_paid_once(
    kit: Kit, work: Work, make_order: MakeOrder
) -> None:
    first, second = make_order("B1", 0), make_order("B1", 0, prefix="X")
    both = Order(
        batch_id=first.batch_id,
        source_bb=first.source_bb,
        programme=first.programme,
        period=first.period,
        credits=first.credits + second.credits,
        correlation="c",
    )
    accept(kit, both)
    work()
    assert [one["reason"] for one in told(kit, both)["results"]] == ["", "already-paid"]


def test_an_instruction_of_another_batch_is_rejected(kit: Kit, work: Work, make_order: MakeOrder) -> None:
    accept(kit, make_order("B1", 0, prefix="SAME"))
    again = make_order("B2", 0, period="2026-02", prefix="SAME")
    accept(kit, again)
    work()
    assert told(kit, again)["results"][0]["reason"] == "instruction-reused"


def test_a_batch_beyond_the_funding_is_refused_whole(kit: Kit, make_order: MakeOrder) -> None:
    with pytest.raises(Refused, match="does not cover"):
        accept(kit, make_order("B1", 0, 1, amount=600_000_000_000))
    assert balances(kit)["funding"] == 0


def test_a_large_batch_is_paid_in_several_chunks(
    kit: Kit, network: Any, work: Work, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.payments.settlement.CHUNK", 2)
    paying = make_order("B1", *range(8))
    accept(kit, paying)
    work()
    assert told(kit, paying)["credited"] == 8
    assert balances(kit)["payee"] == network.institutions.total == 160
