"""Every reference block under generated requests: nothing breaks, and every answer is what the contract has.

A tenth of the count under a fixed seed, all of it with SANDBOX_CAMPAIGN=full. No server error, no status and
no document that the contract doesn't have; what is known and not mended stands in `open_findings.yaml`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sandbox.calls.direct import DirectClient
from sandbox.calls.redaction import Redactor
from sandbox.conformance.cases import ON_DATA
from sandbox.conformance.measure import Wish, measure
from tests.conformance.conftest import CATALOG, Standing

CASES = 2000 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 200
SEED = 20261127
OPEN: Mapping[str, Mapping[str, Sequence[str]]] = YAML(typ="safe").load(
    Path(__file__).with_name("open_findings.yaml")
)


@pytest.mark.campaign
def test_generated_requests_find_nothing_new(standing: Standing) -> None:
    wish = Wish(level="all", cases=CASES, seed=SEED)
    with DirectClient(standing.address) as client:
        report = measure(standing.block, [], client, wish, product=standing.address, redactor=Redactor())
    assert report.cases >= CASES * 9 // 10, "what HTTP can't carry is left out, and that is little"
    assert sum(one.accepted for one in report.operations) > 0
    known = OPEN.get(standing.block.slug, {})
    new = [
        f"{one.operation_id}: {one.check}: {one.reason}\n  {one.call}"
        for one in report.findings
        if not {one.operation_id, "*"} & {*known.get(one.check, ())}
    ]
    assert new == [], "\n".join(new)


def test_no_block_is_forgiven_a_server_error() -> None:
    forgiven = {check for checks in OPEN.values() for check in checks}
    assert forgiven <= {*ON_DATA, "content_type_conformance"}
    for slug, checks in OPEN.items():
        for operations in checks.values():
            assert {*operations} - {"*"} <= CATALOG.block(slug).docs.keys(), slug
