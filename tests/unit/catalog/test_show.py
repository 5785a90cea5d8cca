"""A scenario as rows for an official."""

from __future__ import annotations

from sandbox.catalog.show import show_scenario
from sandbox.catalog.wiring import build_wiring


def test_steps_are_numbered_through_the_workflows_they_play(content):
    catalog = content.open()
    scenario = catalog.scenario("grant")
    wiring = build_wiring(catalog.blocks(scenario.blocks), catalog.controls(), scenario)
    rows = show_scenario(scenario, wiring)
    assert [(row.number, row.depth, row.sentence, row.actor, row.block) for row in rows] == [
        ("1", 0, "The grant is paid.", "Social ministry", "payments"),
        ("2", 0, "The ledger is looked at.", "", ""),
        ("2.1", 1, "The batch is read.", "", "payments"),
    ]
    assert rows[2].checks == ("$statusCode == 200", "$response.body has $..lines[?@.amount > 0]")


def test_without_a_wiring_the_actor_is_the_applications_own_word(content):
    rows = show_scenario(content.open().scenario("grant"))
    assert rows[0].actor == "grant"
