from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.errors import StateConflict
from sandbox.evidence.keys import InstallationKey, open_key
from sandbox.evidence.register import HEAD, REGISTER, Entry, Register, verify_register

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _begin(register: Register, run: str, *, pilot: str = "") -> object:
    return register.begin(run=run, scenario="cash-transfer", sandbox="s", at=NOW, pilot=pilot)


def _filled(folder: Path, key: InstallationKey, runs: int = 3) -> Register:
    register = Register(folder, key)
    for number in range(runs):
        _begin(register, f"r{number}")
        register.end(run=f"r{number}", outcome="failed", at=NOW + timedelta(minutes=1))
    return register


def _play_one(home: Path, number: int) -> None:
    register = Register(home / "runs", open_key(home))
    _begin(register, f"r{number}")
    register.end(run=f"r{number}", outcome="passed", at=NOW)


def test_the_first_run_says_so(tmp_path: Path, key: InstallationKey) -> None:
    standing = Register(tmp_path / "runs", key).begin(run="r", scenario="birth", sandbox="s", at=NOW)
    assert standing.sentence == "run 1 of “birth”; there was none before it"


def test_a_run_says_how_those_before_it_ended(tmp_path: Path, key: InstallationKey) -> None:
    register = _filled(tmp_path / "runs", key)
    _begin(register, "killed")
    _begin(register, "good")
    register.end(run="good", outcome="passed", at=NOW)
    register.delete(run="r1", at=NOW)
    standing = register.begin(run="last", scenario="cash-transfer", sandbox="s", at=NOW)
    assert standing.number == 6
    assert standing.sentence == "run 6 of “cash-transfer”; before it 3 failed, 1 passed, 1 unfinished"


def test_runs_of_a_pilot_are_counted_apart(tmp_path: Path, key: InstallationKey) -> None:
    register = _filled(tmp_path / "runs", key)
    standing = register.begin(run="p", scenario="cash-transfer", sandbox="s", at=NOW, pilot="Cash in Huye")
    assert (standing.number, standing.group) == (1, "Cash in Huye")


def test_a_run_that_never_began_cannot_end(tmp_path: Path, key: InstallationKey) -> None:
    with pytest.raises(StateConflict, match="'ghost' is not in the register"):
        Register(tmp_path / "runs", key).end(run="ghost", outcome="passed", at=NOW)


def test_an_untouched_register_verifies(tmp_path: Path, key: InstallationKey) -> None:
    register = _filled(tmp_path / "runs", key)
    known = {entry.number: entry.hash for entry in register.entries()}
    report = verify_register(tmp_path / "runs", key, known=known)
    assert (report.lines, report.problems) == (6, ())


def test_an_absent_register_verifies_as_empty(tmp_path: Path, key: InstallationKey) -> None:
    assert verify_register(tmp_path / "runs", key).problems == ()


def test_an_edited_line_is_found(tmp_path: Path, key: InstallationKey) -> None:
    _filled(tmp_path / "runs", key)
    path = tmp_path / "runs" / REGISTER
    path.write_text(path.read_text().replace('"failed"', '"passed"', 1))
    assert verify_register(tmp_path / "runs", key).problems == ("line 2 was changed",)


def test_a_line_edited_and_hashed_again_is_found_by_the_next_one(
    tmp_path: Path, key: InstallationKey
) -> None:
    register = _filled(tmp_path / "runs", key)
    entries = list(register.entries())
    edited = entries[1].model_copy(update={"outcome": "passed"})
    entries[1] = edited.model_copy(update={"hash": edited.expected_hash()})
    lines = [entry.model_dump_json() + "\n" for entry in entries]
    (tmp_path / "runs" / REGISTER).write_text("".join(lines))
    assert verify_register(tmp_path / "runs", key).problems == ("line 3 does not follow the line before it",)


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_a_cut_tail_is_found(tmp_path: Path, key: InstallationKey, kept: int) -> None:
    _filled(tmp_path / "runs", key)
    path = tmp_path / "runs" / REGISTER
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:kept]))
    assert verify_register(tmp_path / "runs", key).problems == (
        f"the register was cut: {kept} lines, 6 were signed",
    )


def test_swapped_lines_are_found(tmp_path: Path, key: InstallationKey) -> None:
    _filled(tmp_path / "runs", key)
    path = tmp_path / "runs" / REGISTER
    lines = path.read_text().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    path.write_text("".join(lines))
    assert "line 2 does not follow the line before it" in verify_register(tmp_path / "runs", key).problems


def test_a_chain_computed_afresh_is_found(tmp_path: Path, key: InstallationKey) -> None:
    _filled(tmp_path / "runs", key)
    stranger = open_key(tmp_path / "elsewhere")
    forged = Register(tmp_path / "forged", stranger)
    for number in range(3):
        _begin(forged, f"r{number}")
        forged.end(run=f"r{number}", outcome="passed", at=NOW)
    for name in (REGISTER, HEAD):
        (tmp_path / "runs" / name).write_bytes((tmp_path / "forged" / name).read_bytes())
    assert verify_register(tmp_path / "runs", key).problems == (
        "the head was not signed by this installation",
    )


def test_a_chain_that_signed_evidence_does_not_know_is_found(tmp_path: Path, key: InstallationKey) -> None:
    _filled(tmp_path / "runs", key)
    report = verify_register(tmp_path / "runs", key, known={3: "0" * 64})
    assert report.problems == ("line 3 is not the one that signed evidence knows",)


def test_lines_added_by_somebody_else_are_found(tmp_path: Path, key: InstallationKey) -> None:
    register = _filled(tmp_path / "runs", key)
    last = register.entries()[-1]
    with (tmp_path / "runs" / REGISTER).open("a") as file:
        for _ in range(2):
            draft = last.model_copy(
                update={"number": last.number + 1, "previous": last.hash, "outcome": "passed"}
            )
            last = draft.model_copy(update={"hash": draft.expected_hash()})
            file.write(last.model_dump_json() + "\n")
    assert verify_register(tmp_path / "runs", key).problems == (
        "2 lines at the end were not written by this product",
    )


def test_a_line_torn_by_a_crash_is_dropped_and_the_chain_goes_on(
    tmp_path: Path, key: InstallationKey
) -> None:
    register = _filled(tmp_path / "runs", key)
    with (tmp_path / "runs" / REGISTER).open("a") as file:
        file.write('{"number":7,"at":"2026')
    _begin(register, "next")
    assert [entry.number for entry in register.entries()] == list(range(1, 8))
    assert verify_register(tmp_path / "runs", key).problems == ()


def test_twenty_processes_write_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sandbox.evidence.register"])
    with context.Pool(20) as pool:
        pool.starmap(_play_one, [(tmp_path, number) for number in range(20)], chunksize=1)
    key = open_key(tmp_path)
    assert verify_register(tmp_path / "runs", key).problems == ()
    lines = (tmp_path / "runs" / REGISTER).read_text().splitlines()
    ended = {json.loads(line)["run"] for line in lines if json.loads(line)["kind"] == "ended"}
    assert ended == {f"r{number}" for number in range(20)}


def test_an_entry_hashes_everything_in_it() -> None:
    entry = Entry(number=1, at=NOW, kind="started", run="r", group="g", previous="0" * 64)
    hashes = {
        entry.model_copy(update=change).expected_hash()
        for change in ({}, {"run": "q"}, {"group": "h"}, {"at": NOW + timedelta(1)}, {"previous": "1" * 64})
    }
    assert len(hashes) == 5


def test_criteria_are_entered_with_the_start_and_a_change_of_them_is_told(
    tmp_path: Path, key: InstallationKey
) -> None:
    register = Register(tmp_path, key)
    known = {"scenario": "cash-transfer", "sandbox": "s", "at": NOW, "pilot": "Cash in Huye"}
    register.begin(run="a", criteria="11" * 32, **known)
    register.end(run="a", outcome="failed", at=NOW)
    standing = register.begin(run="b", criteria="22" * 32, **known)
    assert [each.criteria for each in register.entries()] == ["11" * 32, "", "22" * 32]
    assert standing.sentence == "run 2 of “Cash in Huye”; before it 1 failed; 1 of them under other criteria"
    assert verify_register(tmp_path, key).problems == ()


def test_a_line_from_before_there_were_criteria_keeps_its_hash(tmp_path: Path, key: InstallationKey) -> None:
    register = Register(tmp_path, key)
    _begin(register, "a")
    path = tmp_path / "register.jsonl"
    assert '"criteria":"",' in path.read_text()
    path.write_text(path.read_text().replace('"criteria":"",', ""))
    assert verify_register(tmp_path, key).problems == ()
