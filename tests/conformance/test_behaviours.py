"""Every behaviour that is asked of a product holds at our own block, with known and with drawn values."""

from __future__ import annotations

import pytest

from sandbox.calls.direct import DirectClient
from sandbox.calls.redaction import Redactor
from sandbox.catalog.behaviours import read_behaviours
from sandbox.conformance.measure import Wish, measure
from sandbox.runner.compile import compile_scenario
from tests.conformance.conftest import CATALOG, Standing


def test_the_reference_block_shows_its_behaviours(standing: Standing) -> None:
    block = standing.block
    behaviours = [
        compile_scenario(one, {block.slug: block.interface}, check_answers=False)
        for one in read_behaviours(CATALOG, block)
    ]
    if not behaviours:
        pytest.skip(f"{block.slug} has no behaviours yet")
    with DirectClient(standing.address) as client:
        wish = Wish(level="all", cases=20)
        report = measure(block, behaviours, client, wish, product=standing.address, redactor=Redactor())
    print(f"seed {report.proof.seed}")
    assert [
        (one.behaviour, one.values, one.failed_step, one.reason) for one in report.plays if one.reason
    ] == []
    assert [one for one in report.findings if one.part != "contract"] == []
    assert len(report.plays) == 4 * len(behaviours)
    steps = {one.operation_id: one.steps for one in report.operations}
    for group in block.descriptor.implements:
        assert any(steps[name] for name in group.operations), f"no behaviour looks at {group.group}"
