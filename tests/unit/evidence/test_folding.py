from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from sandbox.evidence.diagram import draw_flow
from sandbox.evidence.folding import Arrow, Band, Flow, Frame, read_flow
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange
from tests.fakes.sample_material import sample_wiring
from tests.fakes.sample_play import START, Play
from tests.fakes.sample_run import play_run

NAMES = Names(sample_wiring())


def _flow(play: Play, **options: int) -> Flow:
    return read_flow(play.exchanges, NAMES, **options)


def _calls(*labels: str) -> Play:
    play = Play()
    for label in labels:
        play.exchange(block="payments", summary=label)
    return play


def _times(flow: Flow) -> list[tuple[str, int]]:
    return [(arrow.label, len(arrow.exchanges)) for arrow in flow.arrows]


def test_neighbours_that_say_the_same_are_one_arrow() -> None:
    assert _times(_flow(_calls("a", "a", "a", "b"))) == [("a", 3), ("b", 1)]


def test_alternating_calls_are_one_frame() -> None:
    flow = _flow(_calls(*["a", "b"] * 18, "end"))
    frame, end = flow.rows
    assert isinstance(frame, Frame)
    assert frame.times == 18
    assert [arrow.label for arrow in frame.arrows] == ["a", "b"]
    assert isinstance(end, Arrow)


def test_rounds_that_went_otherwise_get_a_frame_of_their_own() -> None:
    flow = _flow(_calls(*["a", "b"] * 3, "a", "b", "c", *["a", "b"] * 2, *["a", "b", "c"]))
    assert [row.times for row in flow.rows if isinstance(row, Frame)] == [5, 2]


def test_calls_without_repeats_are_left_in_their_order() -> None:
    labels = [f"call {number}" for number in range(40)]
    assert [label for label, _ in _times(_flow(_calls(*labels)))] == labels


def test_no_exchange_is_lost_by_folding() -> None:
    play = play_run()
    drawn = sorted(one.number for arrow in _flow(play).arrows for one in arrow.exchanges)
    assert drawn == [one.number for one in play.exchanges if one.kind != "control"]


def test_twenty_households_and_two_cycles_are_readable() -> None:
    flow = _flow(play_run())
    assert len(flow.arrows) <= 30
    assert not flow.merged_days
    assert [row.times for row in flow.rows if isinstance(row, Frame)] == [16, 3, 1]


def test_lifelines_stand_in_the_order_of_first_use() -> None:
    assert _flow(play_run()).participants[:4] == ("Anyone", "Identity", "Social ministry", "Consent")


def _begin(play: Play) -> datetime:
    """What a log-in consists of begins a little after it."""
    began = play.now
    play.now += timedelta(milliseconds=1)
    return began


def _log_in(play: Play, *, status: int = 200) -> None:
    """Somebody logs in: what it consists of happens within its time."""
    began = _begin(play)
    parts: tuple[dict[str, Any], ...] = (
        {"kind": "public", "client": "", "block": "identity", "summary": "a page"},
        {"client": "SBX/GOV/CENTRAL/identity", "block": "messaging", "summary": "a letter"},
        {"client": "SBX/GOV/CENTRAL/sandbox", "block": "messaging", "summary": "a look into the inbox"},
        {"kind": "public", "client": "", "block": "identity", "summary": "a token", "status": status},
    )
    for part in parts:
        play.exchange(**part)
    took = (play.now - began).total_seconds() * 1000
    log_in = {"kind": "control", "block": "sandbox", "operation_id": "logIn", "summary": "a person logs in"}
    play.exchange(**log_in, at=began, milliseconds=took, status=status)


def test_a_log_in_is_one_arrow_to_whoever_shows_its_pages() -> None:
    play = _calls("before")
    for _ in range(3):
        _log_in(play)
    play.exchange(block="payments", summary="after")
    flow = _flow(play)
    assert _times(flow) == [("before", 1), ("a person logs in", 3), ("after", 1)]
    assert (flow.arrows[1].source, flow.arrows[1].target) == ("Social ministry", "Identity")
    assert (flow.inside_log_ins, flow.controls) == (12, 0)


def test_of_a_log_in_that_failed_every_call_is_drawn() -> None:
    play = Play()
    _log_in(play, status=503)
    labels = ["a page", "a letter", "a look into the inbox", "a token"]
    assert _times(_flow(play)) == [(label, 1) for label in labels]


def test_calls_of_others_during_a_log_in_are_drawn() -> None:
    play = Play()
    began = _begin(play)
    play.exchange(kind="public", client="", block="identity", summary="a page")
    play.exchange(block="payments", summary="something else")
    play.exchange(
        kind="control", block="sandbox", operation_id="logIn", summary="in", at=began, milliseconds=900
    )
    assert _times(_flow(play)) == [("in", 1), ("something else", 1)]


def test_a_clock_jump_is_a_band_between_the_days() -> None:
    bands = [row for row in _flow(play_run()).rows if isinstance(row, Band)]
    assert bands == [Band("The clock moves to 1 August 2026", "clock")]


def test_a_fault_is_a_band() -> None:
    play = _calls("a")
    play.exchange(block="sandbox", kind="control", operation_id="injectFault", summary="payments go down")
    assert _flow(play).rows[-1] == Band("payments go down", "fault")


def test_a_callback_goes_to_whoever_began_the_conversation() -> None:
    (arrow,) = {arrow.says: arrow for arrow in _flow(play_run()).arrows if arrow.kind == "callback"}.values()
    assert (arrow.source, arrow.target) == ("Payments", "Social ministry")


def test_what_the_mediator_refused_and_what_a_block_refused_are_told_apart() -> None:
    found = {arrow.remark: arrow.kind for arrow in _flow(play_run()).arrows if arrow.remark}
    assert found == {"refused: consent missing": "refused", "answered 422 unprocessable entity": "rejected"}


def test_more_rows_than_a_reader_can_follow_are_merged_by_day() -> None:
    play = _calls(*[f"call {number % 9 * number % 7}" for number in range(200)])
    flow = _flow(play, most_rows=10)
    assert flow.merged_days
    assert len(flow.arrows) == len({one.summary for one in play.exchanges})
    assert sum(times for _, times in _times(flow)) == 200


def test_the_drawing_is_well_formed_whatever_the_blocks_are_called() -> None:
    play = Play()
    hostile = '</text><script>alert("1")</script>\x00\u202e'
    play.exchange(block=hostile, service=hostile, client=hostile * 20, summary=hostile, refused=hostile)
    play.exchange(block="a", service="", client="", summary="", kind="callback")
    root = ET.fromstring(draw_flow(_flow(play), START))
    assert not list(root.iter("{*}script"))
    assert "alert" in "".join(root.itertext())


def test_eight_participants_and_sixty_arrows_do_not_overlap() -> None:
    play = Play()
    for number in range(60):
        play.exchange(
            block=f"block-{number % 7}", service=f"SBX/GOV/CENTRAL/block-{number % 7}", summary=f"n{number}"
        )
    flow = _flow(play)
    sheets = [
        [float(text.attrib["y"]) for text in sheet.iter("text") if text.attrib["class"] == "time"]
        for sheet in ET.fromstring(draw_flow(flow, START)).iter("svg")
    ]
    assert len(flow.participants) == 8
    assert sum(map(len, sheets)) == 60
    for heights in sheets:
        assert min(after - before for before, after in itertools.pairwise(heights)) >= 30


def test_a_long_diagram_goes_on_in_sheets_that_fit_a_page_with_the_names_above_each() -> None:
    flow = _flow(_calls(*[f"call {number}" for number in range(100)]), most_rows=200)
    sheets = list(ET.fromstring(draw_flow(flow, START)).iter("svg"))
    assert len(sheets) == 4
    assert max(float(sheet.attrib["height"]) for sheet in sheets) <= 1260
    for sheet in sheets:
        names = [text for text in sheet.iter("text") if text.attrib["class"] == "who"]
        assert len(names) == len(flow.participants)


def test_an_arrow_links_to_its_first_exchange() -> None:
    root = ET.fromstring(draw_flow(_flow(_calls("a", "b")), START))
    assert [link.attrib["href"] for link in root.iter("a")] == ["#x1", "#x2"]


def test_no_exchanges_are_no_rows() -> None:
    empty: list[Exchange] = []
    assert read_flow(empty, NAMES).rows == ()
