"""Pages in the reader's language: nothing outside the catalogue, catalogues up to date, French whole."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from sandbox.catalog.catalog import open_catalog
from sandbox.catalog.languages import (
    CATALOGUE,
    FOLDER,
    SENTENCES,
    check_languages,
    is_translated,
    list_languages,
    read_catalogue,
    read_language,
    read_own,
    read_sentences,
)
from sandbox.catalog.pseudo import PSEUDO
from sandbox.evidence.page import render_page
from sandbox.evidence.speech import Speech
from sandbox.evidence.story import read_story
from sandbox.evidence.wording import fill_in, say_number
from sandbox.model.run import RunFinished
from sandbox.settings import CONTENT_ROOT
from tests.fakes.outside import find_outside
from tests.fakes.sample_material import sample_material
from tests.fakes.sample_pages import Render, sample_pages
from tests.fakes.sample_run import play_run

PAGES = sample_pages()
FRENCH = Speech(read_language(CONTENT_ROOT, "fr"))
DISGUISED = Speech(read_language(CONTENT_ROOT, PSEUDO))


@pytest.mark.parametrize("render", PAGES.values(), ids=PAGES)
def test_no_page_says_anything_outside_the_catalogue(render: Render) -> None:
    page = render(DISGUISED)
    assert '<html lang="ar-XB" dir="rtl">' in page
    assert find_outside(page) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Bare words</p>",
        '<p>⟦inside⟧ and bare <b translate="no">name</b></p>',
        '<td data-label="Bare"></td>',
        '<svg aria-label="Bare"></svg>',
        "<svg><text>Bare</text></svg>",
        '<b title="Bare">⟦inside⟧</b>',
    ],
)
def test_a_bare_string_is_found_wherever_it_is_planted(planted: str) -> None:
    page = PAGES["what if"](DISGUISED)
    (found,) = find_outside(page.replace("</main>", f"{planted}</main>"))
    assert "are" in found


def test_the_sentences_are_those_of_the_source(tmp_path: Path) -> None:
    fresh = tmp_path / "messages.pot"
    command = [Path(sys.executable).parent / "pybabel", "-q", "extract", "--mapping", "pyproject.toml"]
    keywords = ["--keywords", "noted noted_forms:1,2"]
    subprocess.run([*command, *keywords, "--output", fresh, "sandbox"], cwd=CONTENT_ROOT, check=True)
    wanted = {message.id for message in read_po(fresh.read_text("utf-8").splitlines()) if message.id}
    known = {message.id for message in read_sentences(CONTENT_ROOT) if message.id}
    assert known == wanted, "run: make languages"


@pytest.mark.parametrize("tag", list_languages(CONTENT_ROOT)[1:-1])
def test_every_catalogue_has_the_sentences_of_the_source_and_no_others(tag: str) -> None:
    catalogue = read_catalogue(CONTENT_ROOT, tag, Locale.parse(tag, sep="-"))
    known = {message.id for message in read_sentences(CONTENT_ROOT)}
    assert {message.id for message in catalogue} == known, "run: make languages"
    assert check_languages(CONTENT_ROOT, [tag]) == []


def test_french_is_whole() -> None:
    catalogue = read_catalogue(CONTENT_ROOT, "fr", Locale("fr"))
    assert [message.id for message in catalogue if message.id and not is_translated(message)] == []


def test_no_sentence_holds_markup_that_a_translator_could_break() -> None:
    assert not re.search(r"^msgid.*[<>&]", (CONTENT_ROOT / SENTENCES).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("render", [PAGES[name] for name in ("a run that failed", "a comparison", "what if")])
def test_a_translation_that_nobody_reviewed_says_so(render: Render) -> None:
    page = render(FRENCH)
    assert '<html lang="fr" dir="ltr">' in page
    assert '<span class="unreviewed">Traduction non relue</span>' in page
    assert "unreviewed" not in render(Speech()).replace(".unreviewed", "")


def test_numbers_and_dates_are_the_readers() -> None:
    page = PAGES["a run that passed, held against criteria"](FRENCH)
    assert "1\u202f500\u202f000\u00a0RWF" in page
    assert "12 novembre 2026" in page
    assert "1,500,000" not in page.replace("1,500,000 RWF in all", "")


def test_what_content_says_is_marked_as_english() -> None:
    page = PAGES["a run that failed"](FRENCH)
    assert '<h2><bdi lang="en">' in page


CATALOG = open_catalog(CONTENT_ROOT)


@pytest.mark.parametrize("slug", CATALOG.scenario_slugs())
def test_what_opens_the_page_of_a_scenario_and_the_parts_of_its_story_are_in_french(slug: str) -> None:
    scenario = CATALOG.scenario(slug)
    speech = Speech(read_own(scenario.folder, CONTENT_ROOT, FRENCH.language))
    said = scenario.findings
    texts = [scenario.story.title, scenario.story.summary, said.passed, *said.limits]
    texts += [figure.label for figure in said.figures]
    texts += [step.sentence for workflow in scenario.story.workflows.values() for step in workflow.steps]
    assert [text for text in texts if speech.translate_own(text) is None] == []


def test_the_verdict_is_said_in_the_page_s_language_when_it_is_the_recorded_one() -> None:
    scenario = CATALOG.scenario("cash-transfer")
    speech = Speech(read_own(scenario.folder, CONTENT_ROOT, FRENCH.language))
    values = {"paid_first": 10, "invited": 1204, "paid_second": 9, "credited": 1500, "currency": "RWF"}
    play = play_run()
    sentence = fill_in(scenario.findings.passed, values, say_number)
    last = play.events[-1]
    assert isinstance(last, RunFinished)
    verdict = last.verdict.model_copy(update={"sentence": sentence})
    play.events[-1] = last.model_copy(update={"verdict": verdict, "outputs": values})
    material = sample_material(play, passed=scenario.findings.passed)
    page = render_page(material, read_story(material.events), fingerprint="4f", speech=speech)
    assert "<h2>Sur 1\u202f204 ménages, 10 ont été payés en janvier" in page
    material = replace(material, passed="Something else: {paid_first}.")
    page = render_page(material, read_story(material.events), fingerprint="4f", speech=speech)
    assert '<h2><bdi lang="en">10 of 1,204 households' in page


def test_every_language_of_the_folder_is_found() -> None:
    folders = {path.parent.name for path in (CONTENT_ROOT / FOLDER).glob(f"*/{CATALOGUE}")}
    assert set(list_languages(CONTENT_ROOT)) == {"en", PSEUDO, *folders}
