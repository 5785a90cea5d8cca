"""The catalogue finds folders, reads late, and remembers by content."""

from __future__ import annotations

import json

import pytest

from sandbox.catalog.check import check_catalog
from sandbox.errors import ContentError, NotFound


def test_opening_reads_nothing(content):
    content.write("blocks/broken/block.yaml", "a: [")
    content.write("scenarios/broken/scenario.arazzo.yaml", "a: [")
    catalog = content.open()
    assert catalog.block_slugs() == ("broken", "information-mediator", "payee-institutions", "payments")
    assert catalog.scenario_slugs() == ("broken", "grant")
    assert catalog.scenario("grant").slug == "grant", "a broken neighbour is no obstacle"


def test_an_empty_folder_is_an_empty_catalogue(tmp_path):
    assert check_catalog(tmp_path / "none", only=[]) == []


def test_a_root_without_controls_or_mediator_is_told_so(content):
    (content.root / "sandbox/controls/openapi.yaml").unlink()
    (content.root / "blocks/information_mediator/block.yaml").unlink()
    messages = [str(error) for error in content.check()]
    assert "sandbox/controls/openapi.yaml: the file does not exist" in messages
    assert any("'information-mediator' is missing" in message for message in messages)


def test_requirements_are_followed_to_the_end_and_need_no_contract(content):
    (content.root / "blocks/payments/openapi.yaml").unlink()
    assert content.open().close_over_requires(["payments"]) == (
        "information-mediator",
        "payee-institutions",
        "payments",
    )


def test_blocks_that_require_each_other_are_closed_over_too(content):
    content.replace("blocks/payee_institutions/block.yaml", "module:", "requires: [payments]\nmodule:")
    assert "payments" in content.open().close_over_requires(["payee-institutions"])


def test_the_interfaces_of_a_scenario_include_the_controls(content):
    catalog = content.open()
    assert set(catalog.interfaces(catalog.scenario("grant"))) == {
        "information-mediator",
        "payee-institutions",
        "payments",
        "sandbox",
    }


def test_a_cache_changes_nothing_but_the_time(content, tmp_path):
    cache = tmp_path / "cache"
    plain = content.open().scenario("grant")
    filled = content.open(cache).scenario("grant")
    assert list(cache.glob("*.json"))
    assert content.open(cache).scenario("grant") == filled == plain


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"data": {}}', '{"data": {}, "lines": 3}'])
def test_a_damaged_cache_entry_is_passed_over(content, tmp_path, damage):
    cache = tmp_path / "cache"
    plain = content.open(cache).scenario("grant")
    for entry in cache.glob("*.json"):
        entry.write_text(damage)
    assert content.open(cache).scenario("grant") == plain


def test_a_changed_file_is_read_anew_and_errors_keep_their_lines(content, tmp_path):
    cache = tmp_path / "cache"
    content.open(cache).block("payments")
    content.replace("blocks/payments/block.yaml", "slug: payments", "slug: paymentz")
    for _ in range(2):
        with pytest.raises(ContentError, match=r"block\.yaml:2: the slug is 'paymentz'"):
            content.open(cache).block("payments")


def test_a_cache_that_can_not_be_written_is_no_obstacle(content, tmp_path):
    (tmp_path / "file").write_text("")
    assert content.open(tmp_path / "file" / "cache").scenario("grant").slug == "grant"


def test_cache_entries_are_json_and_hold_no_half_written_file(content, tmp_path):
    content.open(tmp_path).block("payments")
    entries = [entry for entry in tmp_path.iterdir() if entry.is_file()]
    assert all(json.loads(entry.read_text())["data"] for entry in entries)


def test_a_check_of_one_name_looks_at_nothing_else(content):
    content.write("blocks/broken/block.yaml", "a: [")
    assert check_catalog(content.root, ["grant"]) == []
    assert [error.path for error in check_catalog(content.root, ["broken"])] == ["blocks/broken/block.yaml"]


def test_a_check_of_an_unknown_name_is_refused(content):
    with pytest.raises(NotFound, match="no block or scenario is called 'grnat'") as caught:
        check_catalog(content.root, ["grnat"])
    assert caught.value.hint == "did you mean 'grant'?"


def test_a_broken_contract_is_told_once_however_many_steps_call_it(content):
    content.replace("blocks/payments/openapi.yaml", "openapi: 3.1.0", "openapi: 9")
    assert len(content.check()) == 1


def test_a_scenario_in_a_folder_with_an_odd_name_is_refused(content):
    (content.root / "scenarios/grant").rename(content.root / "scenarios/My Grant")
    assert [error.path for error in content.check()] == ["scenarios/My Grant"]
