"""Many journeys of the cash transfer: the same scenario on populations of three sizes, clean and dirty."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sandbox.evidence.seal import verify_bundle
from tests.e2e.conftest import User

SIZES = [(100, "field"), (10_000, "none")]
if os.environ.get("SANDBOX_CAMPAIGN") == "full":
    SIZES += [(100, "none"), (10_000, "field"), (1_000_000, "none"), (1_000_000, "field")]


@pytest.mark.parametrize(("size", "dirt"), SIZES)
def test_every_journey_is_played_paid_for_and_shown(local_user: User, size: int, dirt: str) -> None:
    ended = local_user.types(
        *("run", "cash-transfer", "--size", str(size), "--dirt", dirt, "--json"),
        *("--journeys", "12", "--concurrency", "4", "--rate", "50/s"),
        timeout=1800,
    )
    assert ended.code == 0, ended.err + ended.out
    value = ended.value
    assert (value["journeys"]["passed"], value["journeys"]["asked"]) == (12, 12)
    # In a dirty register an account may be missing; its payment comes back with the reason.
    assert 0 < value["outputs"]["credited"] <= value["outputs"]["approved_first"]
    if dirt == "none":
        assert value["outputs"]["credited"] == value["outputs"]["approved_first"]
        assert value["outputs"]["paid_first"] == value["outputs"]["entitled"]
    page = Path(value["evidence"])
    assert verify_bundle(page.parent) == []
    told = [json.loads(line) for line in (page.parent / "journeys.jsonl").read_text().splitlines()]
    assert sorted(journey["number"] for journey in told) == list(range(1, 13))
    run = json.loads((page.parent / "run.json").read_bytes())
    assert run["journeys"]["passed"] == 12
    assert run["exchanges"] == len((page.parent / "exchanges.jsonl").read_bytes().splitlines())
    assert "12 journeys" in page.read_text("utf-8")
    assert local_user.remains() == []
