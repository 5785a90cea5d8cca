"""A picture is well-formed, says its finding, and its bars and its table tell the same numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.population.pictures.bars import choose_top, draw_pyramid, draw_sizes
from sandbox.population.pictures.figures import Band, Pyramid, Sizes, count_ages, count_sizes
from sandbox.population.pictures.kin import Family, Member, grow, read_family
from sandbox.population.pictures.paper import STYLE, WIDTH, Picture, write_document
from sandbox.population.pictures.tree import draw_family
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated

SVG = "{http://www.w3.org/2000/svg}"
COUNT = st.integers(0, 10**8)


def parse(*pictures: Picture) -> ET.Element:
    return ET.fromstring(write_document(pictures, "Fictitious data · Nowhere"))


def cells(root: ET.Element) -> list[list[str]]:
    """Read the table as a reader would who sees no drawing."""
    rows = [each for each in root.iter(f"{SVG}g") if each.get("role") == "row"]
    return [[told(text) for text in row.iter(f"{SVG}text")] for row in rows]


def told(text: ET.Element) -> str:
    title = text.find(f"{SVG}title")
    return (title.text if title is not None else text.text) or ""


def bars(root: ET.Element, kind: str) -> list[float]:
    return [float(each.get("width", "")) for each in root.iter(f"{SVG}rect") if each.get("class") == kind]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_bars_of_a_pyramid_are_as_long_as_its_table_says(small: Callable[[str], Generated]) -> None:
    population = small("in")
    pyramid = count_ages(population.folder, population.manifest)
    root = parse(draw_pyramid(pyramid))
    headings, *rows, total = cells(root)
    assert len(headings) == 4
    women, men = [number(row[1]) for row in rows], [number(row[2]) for row in rows]
    assert [(band.female, band.male) for band in reversed(pyramid.bands)] == list(
        zip(women, men, strict=True)
    )
    assert [number(each) for each in total[1:]] == [sum(women), sum(men), sum(women) + sum(men)]
    unit = max(bars(root, "first")) / max(women)
    assert bars(root, "first") == pytest.approx([count * unit for count in women], abs=0.02)
    assert bars(root, "second") == pytest.approx([count * unit for count in men], abs=0.02)


def test_bars_of_household_sizes_are_as_long_as_its_table_says(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    sizes = count_sizes(population.folder, population.manifest)
    root = parse(draw_sizes(sizes))
    _, *rows, total = cells(root)
    counts = [number(row[1]) for row in rows]
    assert [(int(row[0].rstrip("+")), number(row[1])) for row in rows] == list(sizes.counts)
    assert number(total[1]) == sum(counts)
    unit = max(bars(root, "first")) / max(counts)
    assert bars(root, "first") == pytest.approx([count * unit for count in counts], abs=0.02)


@pytest.mark.parametrize("code", ["zz", "ae", "in"])
def test_a_family_is_drawn_with_everybody_in_it(small: Callable[[str], Generated], code: str) -> None:
    population = small(code)
    family = read_family(population.folder, population.manifest, 12)
    root = parse(draw_family(family))
    _, *rows = cells(root)
    assert [row[:3] for row in rows] == [
        [str(each.number), each.name, each.born.isoformat()] for each in family.members
    ]
    drawn = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "strong"]
    assert sorted(filter(None, drawn)) == sorted(each.name for each in family.members)


def test_a_document_says_its_findings_and_its_source(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    pyramid = count_ages(population.folder, population.manifest)
    sizes = count_sizes(population.folder, population.manifest)
    root = parse(draw_pyramid(pyramid), draw_sizes(sizes))
    assert (root.findtext(f"{SVG}title") or "") == f"{pyramid.finding}; {sizes.finding}"
    text = " ".join("".join(root.itertext()).split())
    assert "Fictitious data" in text
    for group in root.findall(f"{SVG}g"):
        labels = (group.get("aria-labelledby") or "").split()
        named = {each.get("id"): each.text for each in group if each.get("id")}
        assert len(labels) == 2
        assert all(named[label] for label in labels)
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


@given(st.lists(st.tuples(COUNT, COUNT), min_size=21, max_size=21))
def test_no_bar_leaves_the_picture(counts: list[tuple[int, int]]) -> None:
    bands = tuple(Band(5 * place, *each) for place, each in enumerate(counts))
    root = parse(draw_pyramid(Pyramid(bands, 20, "2026-01-01")))
    for bar in root.iter(f"{SVG}rect"):
        if bar.get("class") in ("first", "second"):
            assert (
                0 <= float(bar.get("x", "")) <= float(bar.get("x", "")) + float(bar.get("width", "")) <= WIDTH
            )


@given(st.lists(COUNT, min_size=1, max_size=12))
def test_sizes_are_drawn_whatever_they_are(counts: list[int]) -> None:
    sizes = Sizes(tuple(enumerate(counts, 1)), sum(counts))
    assert all(0 <= width <= WIDTH for width in bars(parse(draw_sizes(sizes)), "first"))


@given(st.integers(0, 10**9))
def test_an_axis_ends_at_or_above_the_largest_number(most: int) -> None:
    assert most <= choose_top(most) <= max(2, 2 * most)


@given(name=st.text(max_size=80), place=st.text(max_size=80))
def test_no_name_breaks_the_document(name: str, place: str) -> None:
    one = Member(7, "head", name, name, "female", date(1990, 1, 1), 36, None, None, None, None)
    family = Family(3, place, (one,), grow([one]))
    root = parse(draw_family(family))
    allowed = {"svg", "title", "desc", "style", "rect", "g", "text", "path", "line"}
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= allowed


def test_a_name_that_turns_the_line_round_is_shown_as_what_it_is() -> None:
    one = Member(7, "head", "A\u202eB", "", "female", date(1990, 1, 1), 36, None, None, None, None)
    joined = replace(one, name="क्\u200dष")  # a joiner that Devanagari needs
    for member, shown in ((one, "A\\u202eB"), (joined, joined.name)):
        assert cells(parse(draw_family(Family(3, "", (member,), grow([member])))))[1][1] == shown


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
