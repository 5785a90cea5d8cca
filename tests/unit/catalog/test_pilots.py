from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.catalog.pilots import measures_of, read_pilot
from sandbox.errors import ContentError, NotFound
from sandbox.evidence.criteria import take_measures
from sandbox.model.pilot import MEASURES
from sandbox.model.scenario import Scenario
from sandbox.settings import CONTENT_ROOT
from tests.fakes.sample_run import play_run

PILOT = """\
name: Cash in Huye
question: Is everybody paid once?
boundary: Twenty households.
owner: Social ministry
set_on: '2026-11-12'
thresholds:
  - {measure: outputs.paid_first, label: Paid, wanted: '>= 15'}
  - {measure: latency.p95, label: Speed, wanted: '< 500'}
stop_rules:
  - {measure: steps.error, label: Not told, when: '> 0', then: Stop it.}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return open_catalog(CONTENT_ROOT).scenario("cash-transfer")


def _read(text: str, scenario: Scenario, folder: Path) -> object:
    (folder / "pilot.yaml").write_text(text)
    return read_pilot(folder / "pilot.yaml", CONTENT_ROOT, scenario)


def test_a_pilot_is_kept_with_the_hash_of_its_very_bytes(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "pilot.yaml").write_text(PILOT)
    pilot = read_pilot(tmp_path / "pilot.yaml", CONTENT_ROOT, scenario)
    assert pilot.digest == hashlib.sha256(PILOT.encode()).hexdigest()
    assert pilot.content == PILOT.encode()
    assert [each.measure for each in pilot.plan.thresholds] == ["outputs.paid_first", "latency.p95"]


@pytest.mark.parametrize(
    ("was", "becomes", "line", "said"),
    [
        ("outputs.paid_first", "outputs.paid_frist", 7, "nothing measures 'outputs.paid_frist'"),
        ("steps.error", "steps.broken", 10, "nothing measures 'steps.broken'"),
        ("'>= 15'", "'about 15'", 7, "'about 15' is no comparison"),
        ("'< 500'", "'< fast'", 8, "'fast' is no number, and < compares numbers"),
        ("owner:", "onwer:", 4, "unknown key 'onwer'"),
        ("'2026-11-12'", "'soon'", 5, "'set_on' is the text 'soon'"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    was: str, becomes: str, line: int, said: str, scenario: Scenario, tmp_path: Path
) -> None:
    with pytest.raises(ContentError) as caught:
        _read(PILOT.replace(was, becomes), scenario, tmp_path)
    assert caught.value.path.endswith("pilot.yaml")
    assert caught.value.line == line
    assert said in str(caught.value)


def test_an_unknown_measure_is_answered_with_all_there_are(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        _read(PILOT.replace("latency.p95", "latency.p96"), scenario, tmp_path)
    assert all(name in caught.value.hint for name in measures_of(scenario))


def test_a_file_that_is_not_there_is_named(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is no pilot in .*nowhere\.yaml"):
        read_pilot(tmp_path / "nowhere.yaml", CONTENT_ROOT, scenario)


def test_whatever_may_be_named_is_measured() -> None:
    play = play_run()
    found = take_measures(play.events, play.exchanges)
    assert {name for name in found if not name.startswith("outputs.")} == set(MEASURES)


def test_many_journeys_have_measures_of_their_own_and_a_story_has_its(
    scenario: Scenario, tmp_path: Path
) -> None:
    text = PILOT.replace("outputs.paid_first", "journeys.p95").replace("steps.error", "journeys.not_passed")
    (tmp_path / "pilot.yaml").write_text(text)
    pilot = read_pilot(tmp_path / "pilot.yaml", CONTENT_ROOT, scenario, of_journeys=True)
    assert [each.measure for each in pilot.plan.thresholds] == ["journeys.p95", "latency.p95"]
    with pytest.raises(ContentError, match=r"'journeys\.p95' when the story is played; --journeys does"):
        read_pilot(tmp_path / "pilot.yaml", CONTENT_ROOT, scenario)
    (tmp_path / "pilot.yaml").write_text(text.replace("journeys.not_passed", "steps.error"))
    with pytest.raises(ContentError, match=r"'steps\.error' when many journeys are played"):
        read_pilot(tmp_path / "pilot.yaml", CONTENT_ROOT, scenario, of_journeys=True)


def test_outputs_of_the_closing_are_measures_of_many_journeys(scenario: Scenario) -> None:
    closing = scenario.documents[scenario.folder / "closing.arazzo.yaml"].workflows["closing"]
    measures = measures_of(scenario, of_journeys=True)
    assert closing.outputs
    assert {f"outputs.{name}" for name in closing.outputs} <= set(measures)
