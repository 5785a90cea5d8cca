"""The cash transfer: passes as shipped, on every pack; fails when any one planting is taken away."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest

from sandbox.model.run import Outcome
from tests.e2e.conftest import Stage, User
from tests.e2e.mutations import steps_that_failed, without_step
from tests.e2e.respect import ends_alike

PLANTINGS = [
    ("plantings.arazzo.yaml", "misspell-a-name", "read-the-decision"),
    ("plantings.arazzo.yaml", "misdate-a-birth", "read-the-decision"),
    ("plantings.arazzo.yaml", "lose-a-record", "read-the-decision"),
    ("plantings.arazzo.yaml", "let-an-institution-refuse", "reconcile-the-batch"),
    ("month.arazzo.yaml", "somebody-dies", "draw-up"),
    ("scenario.arazzo.yaml", "withdraw-consent", "read-the-decision"),
]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"

FEW = 13
"""The fewest households of the stage's citizens among whom all cases can be planted."""


def test_it_passes_as_shipped_and_again_after_its_own_reset_with_fewer_households(stage: Stage) -> None:
    for finished, heard in (stage.as_shipped[:2], stage.play(stage.scenario, households=FEW)):
        assert finished.verdict.outcome is Outcome.PASSED, finished.verdict.sentence
        assert steps_that_failed(heard) == []


def test_every_figure_of_the_verdict_names_its_exchanges(stage: Stage) -> None:
    finished = stage.as_shipped[0]
    assert [figure.name for figure in finished.verdict.figures if not figure.exchanges] == []


@pytest.mark.parametrize(("file", "planting", "noticed_by"), PLANTINGS)
def test_it_fails_when_a_planting_is_taken_away(
    stage: Stage, file: str, planting: str, noticed_by: str
) -> None:
    finished, heard = stage.play(without_step(stage.scenario, file, planting), households=FEW)
    assert finished.verdict.outcome is Outcome.FAILED
    assert steps_that_failed(heard)[0] == noticed_by


@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays it under respect, half a minute each")
@pytest.mark.parametrize("planting", [None, *(each[:2] for each in PLANTINGS)])
def test_another_runner_comes_to_the_same_end(
    stage: Stage, tmp_path: Path, planting: tuple[str, str] | None
) -> None:
    scenario = stage.scenario if planting is None else without_step(stage.scenario, *planting)
    ends_alike(stage, scenario, tmp_path, passes=planting is None)


def test_one_command_plays_it_and_leaves_evidence_and_nothing_else(user: User) -> None:
    done = user.types("run", "cash-transfer", "--size", "1000")
    assert done.code == 0, done.err
    page = Path(done.out.splitlines()[-1])
    assert page.name == "index.html"
    assert user.remains() == []
    bundle = page.parent
    assert {"run.json", "junit.xml", "exchanges.jsonl", "index.html"} <= {
        each.name for each in bundle.iterdir()
    }
    run = json.loads((bundle / "run.json").read_text())
    assert run["verdict"]["outcome"] == "passed"


def test_rwandas_pack_plays_too(local_user: User) -> None:
    done = local_user.types("run", "cash-transfer", "--pack", "rw", "--seed", "7", "--json")
    assert done.code == 0, done.err
    assert done.value["outputs"]["currency"] == "RWF"


def test_what_was_paid_is_what_the_parquet_says(stage: Stage) -> None:
    """An expectation written once more, here, in SQL of its own over the population's files."""
    people, finished = stage.population, stage.as_shipped[0]
    entitled = duckdb.sql(
        f"""
        WITH heads AS (
          SELECT p.person_no, h.* FROM '{people}/persons.parquet' p JOIN '{people}/households.parquet' h
          USING (household_no) WHERE p.role = 'head' AND p.persona IS NULL
          ORDER BY (p.person_no * 2654435761) % 4294967296, p.person_no LIMIT 20)
        SELECT person_no, CASE WHEN size >= 7 THEN 45 WHEN size >= 4 THEN 30 ELSE 20 END AS amount
        FROM heads
        WHERE 30 * (size >= 5)::int + 25 * (children_under_5 >= 1)::int + 20 * (elderly >= 1)::int
            + 15 * (disabled >= 1)::int + 25 * (employed_adults <= 0)::int >= 25
        ORDER BY person_no
        """
    ).fetchall()
    amounts = [amount for _, amount in entitled]
    misspelt, misdated, missing, rejected, dying, withdrawing = amounts[:6]
    january = sum(amounts) - misspelt - misdated - missing - withdrawing
    february = sum(amounts) - misdated - missing - withdrawing - dying
    outputs = finished.outputs
    assert (outputs["approved_first"], outputs["approved_second"]) == (january, february)
    assert outputs["credited"] == january + february - 2 * rejected


def test_a_run_that_could_not_start_stands_in_the_register(local_user: User) -> None:
    assert local_user.types("up", "--block", "messaging", "--name", "taken", "--size", "50").code == 0
    refused = local_user.types("run", "cash-transfer", "--name", "taken", "--size", "1000")
    assert refused.code == 3, refused.err
    lines = (local_user.home / "runs" / "register.jsonl").read_text().splitlines()
    assert [json.loads(line).get("outcome") for line in lines] == ["", "not started"]
