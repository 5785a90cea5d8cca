"""Two runs side by side: what is told of the product, of its durations, and of its memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.candidates.comparison import Comparison, OperationTook, Side, take_side
from sandbox.candidates.comparison_page import render_comparison, write_comparison
from sandbox.evidence.disk import DiskRefused
from sandbox.model.population import PopulationRef
from sandbox.model.run import Outcome, Verdict
from sandbox.model.sandbox import Swap
from tests.fakes.sample_material import sample_wiring
from tests.fakes.sample_run import play_run

SWAP = Swap(
    block="payments",
    ref="./acme",
    name="Acme <b>Pay</b>",
    image=f"sha256:{'a' * 64}",
    parts={"payments_database": ""},
    relaxations=("payments may take 512 MiB of memory (others: 256).",),
)


def side(outcome: Outcome = Outcome.PASSED, **changes: object) -> Side:
    told = {
        "run": "20261127-1",
        "verdict": Verdict(outcome=outcome, sentence=f"It {outcome}.", steps={"passed": 120, "failed": 0}),
        "seconds": 12.5,
        "evidence": "runs/20261127-1/index.html",
        "operations": (
            OperationTook(block="payments", operation="pay a batch", calls=2, median=8.0, p95=11.0),
        ),
        "memory_mib": {"payments": 63},
    }
    return Side.model_validate({**told, **changes})


def compared(before: Side, after: Side) -> Comparison:
    return Comparison(
        scenario="cash-transfer",
        title="Unconditional cash transfer",
        population=PopulationRef(),
        swaps=(SWAP,),
        before=before,
        after=after,
    )


def test_the_product_is_judged_by_its_own_run() -> None:
    assert compared(side(), side()).outcome is Outcome.PASSED
    failed = compared(side(), side(Outcome.FAILED))
    assert failed.outcome is Outcome.FAILED
    assert "did not pass where the reference did: It failed." in failed.sentence


def test_where_the_reference_itself_fails_nothing_can_be_told() -> None:
    comparison = compared(side(Outcome.FAILED), side())
    assert comparison.outcome is Outcome.ERROR
    assert "nothing can be told" in comparison.sentence


def test_what_only_one_of_them_did_is_shown_as_missing() -> None:
    other = OperationTook(block="payments", operation="read a batch", calls=1, median=3.0, p95=3.0)
    rows = compared(side(), side(operations=(other,))).rows
    assert [(row.operation, row.before is None, row.after is None) for row in rows] == [
        ("pay a batch", False, True),
        ("read a batch", True, False),
    ]


def test_only_the_blocks_that_are_compared_are_measured() -> None:
    taken = take_side(
        run="r",
        verdict=Verdict(outcome=Outcome.PASSED, sentence="It passed."),
        seconds=1.0,
        evidence="e",
        blocks=["payments"],
        exchanges=play_run().exchanges,
        wiring=sample_wiring(),
        memory={"payments": 64 << 20, "payments_database": 90 << 20, "identity": 70 << 20},
    )
    assert taken.operations
    assert {each.block for each in taken.operations} == {"payments"}
    assert taken.memory_mib == {"payments": 64, "payments_database": 90}


def test_the_page_says_it_all_and_escapes_what_the_product_says() -> None:
    page = render_comparison(compared(side(), side(Outcome.FAILED, memory_mib={"payments": 410})))
    for word in (
        "Acme &lt;b&gt;Pay&lt;/b&gt;",
        "pay a batch",
        "410",
        "63",
        "512 MiB of memory",
        "It failed.",
    ):
        assert word in page
    assert "<b>Pay" not in page
    assert "<script" not in page


def test_page_and_document_lie_side_by_side(tmp_path: Path) -> None:
    page = write_comparison(tmp_path / "c", compared(side(), side()))
    assert page.is_file()
    assert json.loads((tmp_path / "c" / "comparison.json").read_text())["after"]["memory_mib"] == {
        "payments": 63
    }


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file")
    with pytest.raises(DiskRefused, match="the comparison can't be kept"):
        write_comparison(tmp_path / "c", compared(side(), side()))
