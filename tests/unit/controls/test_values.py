"""Tallies, references, turns, the clock and forms: the controls' small rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox.controls.browser import first_form
from sandbox.controls.references import new_references
from sandbox.controls.tallies import Tally, tally
from sandbox.controls.timepiece import Timepiece
from sandbox.controls.turns import Turns
from sandbox.errors import NotFound, StateConflict, UsageError

ITEMS = [{"who": "a", "amount": 0.1}, {"who": "b", "amount": 0.2}, {"who": "a", "amount": 30}]


def test_a_tally_adds_decimals_and_names_repeats() -> None:
    assert tally(ITEMS, sum_field="amount", unique_field="who") == Tally(
        count=3, sum=Decimal("30.3"), distinct=2, repeated=("a",)
    )


def test_a_tally_of_nothing_is_nothing() -> None:
    assert tally([], sum_field="amount", unique_field="who") == Tally(0, Decimal(0), 0, ())


@pytest.mark.parametrize(
    "item", [{"who": "c"}, {"who": "c", "amount": None}, {"who": "c", "amount": True}, "text"]
)
def test_an_item_without_the_number_is_named(item: object) -> None:
    with pytest.raises(UsageError, match="item 3"):
        tally([*ITEMS, item], sum_field="amount", unique_field=None)


def test_references_have_the_lengths_asked_for_and_are_fresh() -> None:
    first, second = new_references({"batch": 12, "item": 16}), new_references({"batch": 12, "item": 16})
    assert {name: len(value) for name, value in first.items()} == {"batch": 12, "item": 16}
    assert first["batch"] != second["batch"]


@pytest.mark.parametrize("lengths", [{}, {"a": 5}, {"a": 65}])
def test_references_that_could_not_be_unique_are_refused(lengths: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        new_references(lengths)


def test_everybody_has_one_turn() -> None:
    turns = Turns()
    name = turns.open("round", ["a", "b"])
    assert [turns.next(name), turns.next(name)] == [("a", 1, True), ("b", 2, False)]
    with pytest.raises(StateConflict, match="all 2"):
        turns.next(name)
    with pytest.raises(NotFound):
        turns.next("round-unknown")


@pytest.fixture
def timepiece() -> Timepiece:
    return Timepiece(date(2026, 1, 1), now=lambda: datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_the_clock_begins_on_its_date_and_jumps_by_days(timepiece: Timepiece) -> None:
    assert timepiece.today() == date(2026, 1, 1)
    timepiece.set_offset(timepiece.later(days=31, to=None), 1)
    assert timepiece.today() == date(2026, 2, 1)
    timepiece.set_offset(timepiece.later(days=None, to=date(2026, 3, 1)), 1)
    assert timepiece.today() == date(2026, 3, 1)


def test_a_reset_begins_a_new_epoch_on_the_first_day(timepiece: Timepiece) -> None:
    timepiece.set_offset(timepiece.later(days=31, to=None), 1)
    timepiece.set_offset(*timepiece.anew(timepiece.start))
    assert (timepiece.today(), timepiece.epoch) == (date(2026, 1, 1), 2)


@pytest.mark.parametrize(
    ("days", "to"), [(None, None), (1, date(2027, 1, 1)), (-1, None), (None, date(2025, 1, 1)), (10**6, None)]
)
def test_a_jump_back_or_beyond_reason_is_refused(
    timepiece: Timepiece, days: int | None, to: date | None
) -> None:
    with pytest.raises(UsageError):
        timepiece.later(days=days, to=to)


def test_the_first_form_is_read_with_its_fields() -> None:
    page = (
        '<form action="../go" method="POST"><input name="a" value="1&amp;2"><input name="b"></form>'
        "<form action=x><input name=c></form>"
    )
    form = first_form(page, "http://h/x/y")
    assert form is not None
    assert (form.action, form.method, form.fields) == ("http://h/go", "post", {"a": "1&2", "b": ""})
    assert first_form("<p>no form</p>", "http://h/") is None
