from __future__ import annotations

import pytest

from sandbox.evidence.inventory import Disclosure, take_inventory
from sandbox.evidence.wording import Names
from tests.fakes.sample_material import sample_wiring
from tests.fakes.sample_play import Play
from tests.fakes.sample_run import play_run

NAMES = Names(sample_wiring())


def _take(play: Play) -> dict[tuple[str, str], Disclosure]:
    return {(row.reader, row.source): row for row in take_inventory(play.exchanges, NAMES)}


def test_fields_of_an_answer_were_seen_by_the_caller() -> None:
    row = _take(play_run())["Social ministry", "Identity"]
    assert row.fields == ("given name", "family name", "birth date")
    assert (row.people, row.purpose) == (19, "verification")


def test_fields_of_a_request_were_seen_by_the_one_that_was_called() -> None:
    row = _take(play_run())["Registration", "Social ministry"]
    assert row.fields == ("individual id", "monthly income")


def test_people_are_counted_once_however_often_they_were_read() -> None:
    row = _take(play_run())["Payee institutions", "Payments"]
    assert (row.people, len(row.exchanges)) == (16, 31)


def test_a_refused_call_disclosed_nothing_and_is_counted_apart() -> None:
    row = _take(play_run())["Social ministry", "Digital registries"]
    assert row.people == 19
    assert len(row.refused) == 1
    assert "1 refused: consent missing" in row.remarks


def test_special_categories_and_missing_purposes_are_flagged() -> None:
    play = Play()
    play.exchange(block="registration", fields=("response/person/disability",), individual="1")
    (row,) = take_inventory(play.exchanges, NAMES)
    assert row.remarks == ("special category: disability", "no purpose stated")


@pytest.mark.parametrize(
    ("field", "special"),
    [
        ("hivStatus", True),
        ("archiveNumber", False),
        ("religion", True),
        ("healthId", True),
        ("wealth", False),
    ],
)
def test_a_special_category_is_told_by_the_beginning_of_a_word(field: str, special: bool) -> None:
    play = Play()
    play.exchange(block="registration", fields=(f"response/{field}",), individual="1", purpose="care")
    (row,) = take_inventory(play.exchanges, NAMES)
    assert bool(row.remarks) is special


def test_every_row_names_the_exchanges_that_it_was_counted_from() -> None:
    assert all(row.exchanges or row.refused for row in take_inventory(play_run().exchanges, NAMES))


def test_controls_and_calls_without_personal_fields_disclose_nothing() -> None:
    play = Play()
    play.exchange(block="sandbox", kind="control", fields=("response/citizen/name",))
    play.exchange(block="payments")
    assert take_inventory(play.exchanges, NAMES) == ()
