from __future__ import annotations

import base64
import hashlib
import re
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.evidence.material import CriterionFound, Material, Pilot
from sandbox.evidence.page import choose_details, render_page
from sandbox.evidence.repeat import write_curl
from sandbox.evidence.story import read_story
from sandbox.model.run import Call, Event, Message, Outcome, RunFinished, StepFinished
from sandbox.runtime import RuntimeInfo
from sandbox.settings import CONTENT_ROOT
from tests.fakes.sample_material import sample_material
from tests.fakes.sample_play import Play
from tests.fakes.sample_run import play_run

WITHIN_A_SENTENCE = {"bdi", "b", "a", "code"}
VOID = {"meta", "input", "br", "link", "img", "hr"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\x00\u202e\ud800'


class Reader(HTMLParser):
    """Reads a page strictly: every element that is opened must be closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in WITHIN_A_SENTENCE:
            self.text.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        if tag not in WITHIN_A_SENTENCE:
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def _render(material: Material) -> str:
    return render_page(material, read_story(material.events), fingerprint="4f" * 32)


def _read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def _hostile(value: object) -> object:
    return HOSTILE if isinstance(value, str) else value


def _material_of_a_hostile_candidate() -> Material:
    play = play_run(fault_at="enrol-payee")
    play.exchanges = [
        one.model_copy(
            update={
                "summary": HOSTILE, "refused": HOSTILE, "fault": HOSTILE, "individual": HOSTILE,
                "purpose": HOSTILE,
                "client": HOSTILE, "path": HOSTILE, "fields": (HOSTILE,), "today": HOSTILE,
            }
        )
        for one in play.exchanges
    ]  # fmt: skip
    play.events = [_make_hostile(event) for event in play.events]
    return sample_material(play, logs={"payments": HOSTILE}, limits=(HOSTILE,), who=HOSTILE, command=HOSTILE)


def _make_hostile(event: Event) -> Event:
    if isinstance(event, StepFinished) and event.result.call:
        said = Message(headers={"X-Said": HOSTILE}, body={HOSTILE: [HOSTILE]})
        call = event.result.call.model_copy(
            update={
                "method": HOSTILE,
                "url": HOSTILE,
                "operation_id": HOSTILE,
                "request": said,
                "response": said,
            }
        )
        checks = tuple(
            check.model_copy(update={"condition": HOSTILE, "found": HOSTILE, "wanted": [HOSTILE]})
            for check in event.result.checks
        )
        changes = {"call": call, "checks": checks, "reason": HOSTILE, "source": HOSTILE, "sentence": HOSTILE}
        return event.model_copy(update={"result": event.result.model_copy(update=changes)})
    if isinstance(event, RunFinished):
        figures = tuple(
            one.model_copy(update={"label": HOSTILE, "value": HOSTILE, "unit": HOSTILE})
            for one in event.verdict.figures
        )
        verdict = event.verdict.model_copy(update={"sentence": HOSTILE, "figures": figures})
        return event.model_copy(update={"verdict": verdict})
    names = {"sentence", "summary", "title"} & type(event).model_fields.keys()
    return event.model_copy(update=dict.fromkeys(names, HOSTILE))


@pytest.fixture(params=["passed", "failed", "no steps", "no exchanges", "cut short", "nothing"])
def material(request: pytest.FixtureRequest) -> Material:
    full = play_run()
    plays = {
        "passed": full,
        "failed": play_run(fault_at="enrol-payee"),
        "no steps": Play(events=[full.events[0], full.events[-1]], exchanges=full.exchanges),
        "no exchanges": Play(events=full.events),
        "cut short": Play(events=full.events[:40], exchanges=full.exchanges[:20]),
        "nothing": Play(),
    }
    return sample_material(plays[request.param])


def test_the_page_is_well_formed_and_refers_to_nothing_outside_the_bundle(material: Material) -> None:
    reader = _read(_render(material))
    for tag, attributes in reader.tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
        assert not attributes.keys() & {"src", "srcset", "style", "action", "xlink:href"}
        assert not [name for name in attributes if name.startswith("on")]
        target = attributes.get("href") or "#"
        assert target == "dpo.html" or target.startswith("#")


def test_every_link_has_a_target_and_every_id_is_used_once(material: Material) -> None:
    reader = _read(_render(material))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    links = {attributes["href"] for _, attributes in reader.tags if "href" in attributes}
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links if link} - {"dpo.html"} <= set(ids)


def test_the_style_is_the_one_that_the_policy_allows_by_hash(material: Material) -> None:
    page = _render(material)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'" in page
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_every_page_says_that_the_data_are_fictitious_and_whose_they_are(material: Material) -> None:
    words = _read(_render(material)).words
    assert "Fictitious data" in words
    assert "sandbox usct-7f3a" in words
    assert "Rwanda, 1,000 fictitious people, seed 7" in words


def test_whatever_a_candidate_says_is_shown_and_never_obeyed() -> None:
    page = _render(_material_of_a_hostile_candidate())
    reader = _read(page)
    assert not [tag for tag, _ in reader.tags if tag in {"script", "img"}]
    assert "<script>alert(1)</script>" in reader.words
    assert "{{ 7*7 }}" in reader.words
    assert not re.search("[\x00\u202e\ud800]", page)
    assert "\\u0000\\u202e\\ud800" in page


def test_the_verdict_comes_first() -> None:
    reader = _read(_render(sample_material()))
    words = reader.words
    assert words.index("16 of 20 households were paid") < words.index("What was tried")
    assert words.index("1,500,000 RWF") < words.index("What was tried")


def test_every_figure_links_to_the_exchanges_that_it_was_counted_from() -> None:
    material = sample_material()
    story = read_story(material.events)
    assert story.finished
    page = _render(material)
    facts = page[page.index('<dl class="facts">') : page.index("</dl>")]
    numbers = {one.id: one.number for one in material.exchanges}
    for figure in story.finished.verdict.figures:
        assert figure.exchanges
        assert all(f'href="#x{numbers[id_]}"' in facts for id_ in figure.exchanges)
    assert "counted from no exchange" not in page


def test_a_figure_without_exchanges_is_marked() -> None:
    play = play_run()
    last = play.events[-1]
    assert isinstance(last, RunFinished)
    figures = (last.verdict.figures[0].model_copy(update={"exchanges": ()}),)
    play.events[-1] = last.model_copy(
        update={"verdict": last.verdict.model_copy(update={"figures": figures})}
    )
    assert "counted from no exchange" in _read(_render(sample_material(play))).words


def test_a_failed_run_names_the_step_and_links_to_it() -> None:
    page = _render(sample_material(play_run(fault_at="enrol-payee")))
    assert "It was part of “<bdi>" in page
    assert '<a href="#s43">What was sent, answered and checked at step 43</a>' in page
    assert "the answer was 500, wanted 202" in page


def test_a_run_that_was_cut_short_says_so() -> None:
    full = play_run()
    words = _read(_render(sample_material(Play(events=full.events[:40])))).words
    assert "The run was cut short after 16 steps; it has no verdict." in words


def test_without_a_pilot_the_page_says_demonstration() -> None:
    assert "This was a demonstration." in _read(_render(sample_material())).words


def test_with_a_pilot_the_page_shows_each_criterion_wanted_and_found() -> None:
    material = sample_material()
    criteria = (
        CriterionFound(
            label="People paid twice", wanted="0", found=0, met=True, exchanges=(material.exchanges[3].id,)
        ),
        CriterionFound(label="Enrolled", wanted="≥ 85 %", found=80, unit="%", met=False),
    )
    pilot = Pilot(
        name="Cash in Huye", question="Does it reach them?", owner="M. Uwase",
        set_on="2026-11-12", digest="ab" * 32,
        criteria=criteria,
    )  # fmt: skip
    words = _read(_render(sample_material(pilot=pilot))).words
    assert "Does it reach them?" in words
    assert "Enrolled ≥ 85 % 80 % not met" in words
    assert "demonstration" not in words


def test_the_page_says_plainly_when_the_network_was_not_isolated() -> None:
    assert "does not isolate the network" in _read(_render(sample_material())).words
    docker = RuntimeInfo(name="docker", version="20.10", isolates_networks=True, enforces_limits=True)
    words = _read(_render(sample_material(runtime=docker))).words
    assert "a network without a way out, with limits" in words
    assert "does not isolate" not in words


def test_no_header_that_proves_somebody_is_shown() -> None:
    play = play_run(households=1)
    play.events = [_with_bearer(event) for event in play.events]
    page = _render(sample_material(play))
    assert "eyJhbGciOi" not in page
    assert "$USER_TOKEN" in page
    assert "$SANDBOX_TOKEN" in page


def _with_bearer(event: Event) -> Event:
    if not isinstance(event, StepFinished) or event.result.call is None:
        return event
    headers = {
        "authorization": "Bearer eyJhbGciOi",
        "Cookie": "s=eyJhbGciOi",
        "X-Sandbox-Secret": "eyJhbGciOi",
    }
    call = event.result.call.model_copy(update={"request": Message(headers=headers)})
    return event.model_copy(update={"result": event.result.model_copy(update={"call": call})})


def test_the_curl_command_sends_what_the_step_sent_to_the_readers_own_sandbox(tmp_path: Path) -> None:
    body = {"name": "O'Neil $HOME `id`", "note": "line\nbreak"}
    call = Call(
        method="POST", url="http://127.0.0.1:1/a?b='c'&d=$e", operation_id="x", block="payments", status=200,
        request=Message(headers={"X-A": "it's $HOME", "Authorization": "gone"}, body=body),
        response=Message(),
    )  # fmt: skip
    command = write_curl(call, longest_body=5000)
    script = tmp_path / "curl.sh"
    script.write_text(f'curl() {{ for part in "$@"; do printf "%s\\0" "$part"; done; }}\n{command}\n')
    environment = {
        "SANDBOX_URL": "http://127.0.0.1:2",
        "SANDBOX_TOKEN": "sandbox",
        "USER_TOKEN": "user",
        "PATH": "/usr/bin:/bin",
    }
    said = subprocess.run(
        ["sh", str(script)], capture_output=True, text=True, check=True, env=environment
    ).stdout
    arguments = said.split("\0")
    assert arguments[:3] == ["-X", "POST", "http://127.0.0.1:2/a?b='c'&d=$e"]
    assert "X-A: it's $HOME" in arguments
    assert "Authorization: Bearer user" in arguments
    assert "Information-Mediator-Secret: sandbox" in arguments
    assert '{"name": "O\'Neil $HOME `id`", "note": "line\\nbreak"}' in arguments


def test_conversations_are_whole_for_the_first_round_and_for_failures() -> None:
    story = read_story(play_run(fault_at="enrol-payee").events)
    shown = choose_details(story.entries)
    calls = [result for result in story.results if result.call]
    failed = {result.number for result in calls if result.outcome is Outcome.FAILED}
    first_round = {result.number for result in calls if result.number <= 8}
    assert shown.keys() == failed | first_round


def test_a_large_run_stays_a_page_that_opens() -> None:
    play = play_run(households=180)
    _fatten(play.events)
    material = sample_material(play)
    assert len(play.exchanges) > 900
    assert len(_render(material).encode()) < 3_000_000


def test_a_run_in_which_everything_fails_stays_a_page_that_opens() -> None:
    play = play_run(households=120)
    _fatten(play.events, outcome=Outcome.FAILED)
    assert len(_render(sample_material(play)).encode()) < 3_000_000


def _fatten(events: list[Event], outcome: Outcome = Outcome.PASSED) -> None:
    big = Message(body=[{"name": f"person {number}", "quoted": '"' * 20} for number in range(400)])
    for place, event in enumerate(events):
        if isinstance(event, StepFinished) and event.result.call:
            call = event.result.call.model_copy(update={"request": big, "response": big})
            result = event.result.model_copy(update={"call": call, "outcome": outcome})
            events[place] = event.model_copy(update={"result": result})


def _texts(found: Sequence[tuple[str, dict[str, str | None]]]) -> list[str]:
    return [tag for tag, _ in found]


def test_what_the_diagram_draws_the_table_beside_it_lists() -> None:
    reader = _read(_render(sample_material()))
    drawn = _texts(reader.tags).count("svg")
    assert drawn == 4, "the outcomes, two sheets of the diagram, and the durations"
    assert "Went alike 16 times" in reader.words
    assert "The clock moves to 1 August 2026" in reader.words


def test_a_message_log_that_does_not_hold_is_said_on_the_page() -> None:
    play = play_run()
    play.exchanges[7] = play.exchanges[7].model_copy(update={"status": 201})
    words = _read(_render(sample_material(play))).words
    assert "broken The mediator's chained log does not hold: line 8 was changed" in words
    assert "holds to line 165" in _read(_render(sample_material())).words


def test_the_page_shows_how_far_each_block_says_it_conforms_and_that_this_was_not_measured() -> None:
    block = open_catalog(CONTENT_ROOT).descriptor("payments")
    words = _read(_render(sample_material(blocks={"payments": block}))).words
    assert "Payments bb-payments 2024 bulk payment required 8" in words
    assert "This run did not measure it" in words
