"""A long message log is written whole and counted whole, while little of it is held."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sandbox.evidence import spool
from sandbox.evidence.chain import check_log
from sandbox.evidence.counting import count_exchanges
from sandbox.evidence.inventory import take_inventory
from sandbox.evidence.latency import measure
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.lines import to_lines
from sandbox.evidence.protection.inquiry import Inquiry, inquire
from sandbox.evidence.seal import digest_of
from sandbox.evidence.spool import EXCHANGES, spool_exchanges
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange
from sandbox.model.wiring import Wiring
from tests.fakes.sample_run import play_run

WIRING = Wiring(services=(), clients=(), rights=())
NAMES = Names(WIRING)


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    return play_run().exchanges


def test_what_is_counted_is_counted_over_all_lines(
    exchanges: list[Exchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "MOST_AT_EITHER_END", 3)
    found = spool_exchanges(
        iter(exchanges), tmp_path, names=NAMES, secrets=LiveSecrets([]), shown=(), inquiry=Inquiry(WIRING, {})
    )
    content = (tmp_path / EXCHANGES).read_bytes()
    assert content == to_lines(exchanges)
    assert found.digest == hashlib.sha256(content).hexdigest() == digest_of(tmp_path / EXCHANGES)
    assert found.count == len(exchanges)
    assert found.refused == sum(bool(each.refused) for each in exchanges)
    assert found.latencies == measure(exchanges, NAMES)
    assert found.log == check_log(exchanges)
    assert found.protection == inquire(exchanges, WIRING, {})
    counted = count_exchanges(exchanges)
    assert {name: each.value for name, each in found.measures.items()} == {
        name: each.value for name, each in counted.items()
    }
    everybody = {each.individual for each in exchanges if each.individual}
    assert found.individuals == everybody
    wanted = take_inventory(exchanges, NAMES)
    assert [(row.reader, row.source, row.fields, row.people) for row in found.inventory] == [
        (row.reader, row.source, row.fields, row.people) for row in wanted
    ]


def test_the_sample_holds_both_ends_what_is_shown_and_what_was_refused(
    exchanges: list[Exchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "MOST_AT_EITHER_END", 2)
    wanted = exchanges[len(exchanges) // 2]
    found = spool_exchanges(
        exchanges,
        tmp_path,
        names=NAMES,
        secrets=LiveSecrets([]),
        shown={wanted.id},
        inquiry=Inquiry(WIRING, {}),
    )
    refused = [each for each in exchanges if each.refused]
    numbers = {each.number for each in (*exchanges[:2], *exchanges[-2:], wanted, *refused)}
    assert {each.number for each in found.sample} == numbers


def test_a_live_secret_in_any_line_is_noticed(exchanges: list[Exchange], tmp_path: Path):
    leaking = exchanges[5].model_copy(update={"response": {"note": "the word is hush-hush-hush"}})
    lines = [*exchanges[:5], leaking, *exchanges[6:]]
    found = spool_exchanges(
        lines,
        tmp_path,
        names=NAMES,
        secrets=LiveSecrets(["hush-hush-hush"]),
        shown=(),
        inquiry=Inquiry(WIRING, {}),
    )
    assert found.leaks
