"""Every right is needed and every right is enforced: with one line gone, exactly its calls are refused.

A line is one client, one service, one operation. It is taken out of the mediator's own tables,
as the sandbox's administrator would, and put back afterwards.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx2
import psycopg
import pytest

from sandbox.model.run import Exchange, Outcome
from tests.e2e.conftest import Stage

SEED = 20261123
EVERY_LINE = os.environ.get("SANDBOX_CAMPAIGN") == "full"
LEAST = 3
FEW = 13
"""Households: as few as all cases can be planted among, and every right is used for them too."""


class Line(NamedTuple):
    """One line of the rights."""

    client: str
    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.client} may {self.operation} at {self.service}"


def line_of(exchange: Exchange) -> Line:
    return Line(exchange.client, exchange.service, exchange.operation_id)


def lines_of_the_wiring(stage: Stage) -> list[Line]:
    with opened_wiring(stage) as tables:
        return [
            Line(*row)
            for row in tables.execute(
                "SELECT client, service, unnest(operations) FROM rights ORDER BY 1, 2, 3"
            )
        ]


@contextmanager
def opened_wiring(stage: Stage) -> Iterator[psycopg.Connection[tuple[str, str, str]]]:
    """The mediator's tables, as the administrator; what changes in them is read again by the mediator."""
    site = stage.running.site
    with psycopg.connect(site.database.url(f"{site.database.prefix}_information_mediator")) as tables:
        yield tables
    answer = httpx2.post(
        f"{site.public_url}/_sandbox/wiring",
        headers={"Information-Mediator-Secret": stage.running.secrets.token},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


@contextmanager
def without(line: Line, stage: Stage) -> Iterator[None]:
    """Take one line out of the running wiring for a while."""
    with opened_wiring(stage) as tables:
        before = tables.execute(
            "SELECT position, operations FROM rights WHERE client = %s AND service = %s", line[:2]
        ).fetchall()
        tables.execute(
            "UPDATE rights SET operations = array_remove(operations, %s) WHERE client = %s AND service = %s",
            (line.operation, line.client, line.service),
        )
    try:
        yield
    finally:
        with opened_wiring(stage) as tables:
            for position, operations in before:
                tables.execute(
                    "UPDATE rights SET operations = %s WHERE position = %s", (operations, position)
                )


def play(stage: Stage, **inputs: int) -> tuple[Outcome, list[Exchange]]:
    """Play the scenario; how it ended, and what the mediator wrote down meanwhile."""
    with stage.running.gate() as gate:
        before = max((each.number for each in gate.exchanges()), default=0)
        finished, _ = stage.play(stage.scenario, **inputs)
        return finished.verdict.outcome, gate.exchanges(since=before)


def draw(lines: Sequence[Line]) -> list[Line]:
    """All lines in a campaign, else a tenth of them that is the same every time."""
    if EVERY_LINE:
        return list(lines)
    return random.Random(SEED).sample(lines, max(LEAST, len(lines) // 10))


@pytest.mark.campaign
def test_without_any_one_right_the_run_fails_at_exactly_the_calls_that_need_it(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    lines = lines_of_the_wiring(stage)
    assert len(set(lines)) == len(lines), "two rights allow the same call: neither could be missed"
    finished, _, exchanges = stage.as_shipped
    assert finished.verdict.outcome is Outcome.PASSED
    used = {line_of(each) for each in exchanges if not each.refused}
    needed = [line for line in lines if line in used]
    print("rights that a passing run never uses:", *(line for line in lines if line not in used), sep="\n  ")
    for line in draw(needed):
        with subtests.test(msg=str(line)):
            with without(line, stage):
                outcome, exchanges = play(stage, households=FEW)
            assert outcome is Outcome.FAILED
            assert {line_of(each) for each in exchanges if each.refused == "not-allowed"} == {line}
    outcome, exchanges = play(stage)
    assert outcome is Outcome.PASSED, "every line is back"
    assert [each for each in exchanges if each.refused == "not-allowed"] == []
