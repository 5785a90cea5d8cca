from __future__ import annotations

import json
from pathlib import Path

from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.recorder import Recorder, read_events
from sandbox.model.run import StepStarted
from tests.fakes.sample_run import play_run


def _step(sentence: str) -> StepStarted:
    return StepStarted(number=1, path=("story", "a"), step_id="a", sentence=sentence)


def test_events_are_read_back_as_they_were_emitted(tmp_path: Path) -> None:
    events = play_run().events
    recorder = Recorder(tmp_path / "new")
    for event in events:
        recorder(event)
    assert recorder.failure == ""
    assert read_events(recorder.path) == events


def test_each_event_is_on_disk_before_the_next_one_comes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for count, event in enumerate(play_run(households=1).events[:5], start=1):
        recorder(event)
        assert len(read_events(recorder.path)) == count
    recorder.close()


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder(_step("one"))
    recorder(_step("two"))
    recorder.close()
    recorder.path.write_bytes(recorder.path.read_bytes()[:-20])
    assert read_events(recorder.path) == [_step("one")]


def test_a_disk_that_refuses_is_reported_and_not_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recorder = Recorder(tmp_path / "file" / "run")
    recorder(_step("one"))
    assert "NotADirectoryError" in recorder.failure or "FileExistsError" in recorder.failure


def test_characters_that_utf8_cannot_hold_are_kept_as_found(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder(_step("lone \ud800 surrogate, null \x00, line \u2028 end"))
    recorder.close()
    assert recorder.failure == ""
    (line,) = recorder.path.read_text().splitlines()
    assert json.loads(line)["sentence"] == "lone \ud800 surrogate, null \x00, line \u2028 end"


def test_secrets_are_masked_before_they_reach_the_disk(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, mask=LiveSecrets(["a-long-secret"]).mask)
    recorder(_step("said a-long-secret aloud"))
    recorder.close()
    assert read_events(recorder.path) == [_step("said [secret] aloud")]
