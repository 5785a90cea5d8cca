"""A scenario as a picture: phases, lanes, marks; text that fits, and never breaks the document."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.catalog.blueprint import Blueprint, Lane, Line, Touch, blueprint_of
from sandbox.catalog.blueprint_svg import STYLE, WIDTH, draw_blueprint, estimate, wrap
from sandbox.catalog.show import Row, show_scenario
from sandbox.settings import CONTENT_ROOT

SVG = "{http://www.w3.org/2000/svg}"


def row(number: str, block: str = "", *, actor: str = "Ministry", checks: tuple[str, ...] = ()) -> Row:
    return Row(
        number=number,
        depth=number.count("."),
        sentence=f"Step {number}.",
        actor=actor if block else "",
        block=block,
        operation="does" if block else "",
        checks=checks,
    )


@pytest.fixture
def scenario(content):
    return content.open().scenario("grant")


@pytest.fixture
def planned(scenario):
    rows = (
        row("1", "sandbox", checks=("$statusCode == 200",)),
        row("2"),
        row("2.1", "payments", checks=("$statusCode == 403",)),
        row("2.2"),
        row("2.2.1", "consent", actor="Bank", checks=("$statusCode == 200", "$response.body#/count == 1")),
        replace(row("2.2.2", "payments", checks=("$statusCode == 404",)), back_to="2.2.1"),
        replace(row("3", "payments"), back_to="2"),
    )
    return blueprint_of(scenario, rows, [])


def test_a_phase_is_a_step_of_the_story_and_its_lines_hold_what_lies_deeper(planned: Blueprint) -> None:
    assert [(line.number, line.checks, dict(line.touches)) for line in planned.lines] == [
        ("1", 1, {"sandbox": Touch(calls=1)}),
        ("2", 0, {}),
        ("2.1", 1, {"actor Ministry": Touch(calls=1, refusals=1), "payments": Touch(calls=1, refusals=1)}),
        (
            "2.2",
            3,
            {
                "actor Bank": Touch(calls=1),
                "consent": Touch(calls=1),
                "actor Ministry": Touch(calls=1),
                "payments": Touch(calls=1),
            },
        ),
        ("3", 0, {"actor Ministry": Touch(calls=1), "payments": Touch(calls=1)}),
    ]


def test_who_calls_stands_before_who_answers_and_the_sandbox_is_last(planned: Blueprint) -> None:
    assert [lane.name for lane in planned.lanes] == ["Ministry", "Bank", "payments", "consent", "The sandbox"]


def test_a_refusal_that_is_wanted_is_crossed_and_a_way_back_is_a_bracket(planned: Blueprint) -> None:
    drawn = draw_blueprint(planned)
    # One of each explains the marks.
    assert drawn.count('class="refusal"') == 1 + 1
    assert drawn.count('class="loop"') == 1 + 1


def test_a_step_that_goes_back_says_where_to(scenario) -> None:
    assert [each.back_to for each in show_scenario(scenario)] == ["", "1", ""]


def test_no_word_of_a_name_is_broken_however_many_lanes_there_are(planned: Blueprint) -> None:
    words = ("Competition", "Environment", "producers'", "Digital registries", "Information mediator")
    lanes = tuple(Lane(key=f"{word}{n}", name=word, kind="actor") for word in words for n in (1, 2))
    drawn = ET.fromstring(draw_blueprint(replace(planned, lanes=lanes)))
    texts = " ".join(each.text or "" for each in drawn.iter(f"{SVG}text")).split()
    assert {word for name in words for word in name.split()} <= set(texts)


def test_nothing_stands_outside_the_picture(planned: Blueprint) -> None:
    lanes = tuple(Lane(key=str(n), name=f"Institution {n}", kind="block") for n in range(11))
    touches = {lane.key: Touch(calls=99, refusals=1) for lane in lanes}
    line = replace(planned.lines[2], touches=touches, sentence="Everybody is told everything at once. " * 9)
    root = ET.fromstring(draw_blueprint(replace(planned, lanes=lanes, lines=(line,))))
    height = float(root.get("height", 0))
    for each in root.iter():
        for name, most in (("x", WIDTH), ("cx", WIDTH), ("x2", WIDTH), ("y", height), ("y2", height)):
            assert 0 <= float(each.get(name, 0)) <= most


@given(st.text(max_size=120), st.integers(20, 600))
def test_every_line_of_a_text_fits_and_no_word_is_lost(text: str, room: int) -> None:
    lines = wrap(text, room, 13)
    assert all(estimate(line, 13) <= max(room, 13) or len(line) == 1 for line in lines)
    assert len("".join(lines).replace(" ", "")) >= len("".join(text.split()))


@given(name=st.text(max_size=60), sentence=st.text(max_size=120))
def test_no_text_breaks_the_document(name: str, sentence: str) -> None:
    lane = Lane(key="a", name=name, kind="actor")
    line = Line(number="1", depth=0, sentence=sentence, touches={"a": Touch(calls=1)}, checks=1, back_to="")
    drawn = draw_blueprint(Blueprint(slug="s", title=name, summary=sentence, lanes=(lane,), lines=(line,)))
    allowed = {"svg", "title", "desc", "style", "rect", "text", "path", "line", "circle"}
    assert {each.tag.removeprefix(SVG) for each in ET.fromstring(drawn).iter()} <= allowed


def test_the_colours_are_those_of_the_evidence_page() -> None:
    tokens = (CONTENT_ROOT / "sandbox/evidence/templates/tokens.css").read_text(encoding="utf-8")
    both = re.findall(r"(--[a-z-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)", tokens)
    own = STYLE.read_text(encoding="utf-8")
    light, _, dark = own.partition("@media (prefers-color-scheme: dark)")
    for style, place in ((light, 1), (dark.partition("} }")[0], 2)):
        used = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]+);", style))
        assert used
        assert used == {each[0]: each[place] for each in both if each[0] in used}
    assert re.findall(r"#[0-9a-f]{3,}", own.partition("} }")[2]) == []
