"""What is real can be listed, copied out and erased, and the register of runs holds all the same."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.cli.main import main
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import Register, verify_register
from sandbox.privacy.kinds import KINDS

OLD = datetime(2026, 1, 1, tzinfo=UTC)
GRACE, AMIR = "20260101-100000-aaaaaa", "20260102-100000-bbbbbb"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("SANDBOX_HOME", str(home))
    register = Register(home / "runs", open_key(home))
    for run, who in ((GRACE, "grace"), (AMIR, "amir")):
        register.begin(run=run, scenario="cash-transfer", sandbox="s", at=OLD)
        register.end(run=run, outcome="passed", at=OLD)
        _write(home / "runs" / run / "run.json", json.dumps({"who": who, "pilot": None}))
        _write(home / "runs" / run / "logs" / "payments.log", "started")
    _write(home / "reports" / "fault-1.txt", 'File "/srv/people/grace/sandbox/trial.py", line 1')
    _write(home / "sandboxes" / "mine" / "secret", "very secret")
    _write(home / "something-else" / "note", "who knows")
    return home


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (OLD.timestamp(), OLD.timestamp()))


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, object]]]:
    value: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return value


def _register_holds(home: Path) -> bool:
    return verify_register(home / "runs", open_key(home)).problems == ()


def test_everything_below_the_home_is_listed_with_why_and_how_long(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privacy", "list", "--json"]) == 0
    items = _json(capsys)["items"]
    assert {(each["kind"], each["name"]) for each in items} == {
        ("evidence", GRACE),
        ("evidence", AMIR),
        ("fault report", "fault-1.txt"),
        ("sandbox", "mine"),
        ("key", "keys"),
        ("register of runs", "register.jsonl"),
        ("not ours", "something-else"),
    }
    assert all(each["real"] and each["purpose"] and each["retention"] for each in items)
    assert {each["name"]: each["people"] for each in items}[GRACE] == ["grace"]


def test_a_person_reads_the_list_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "list"]) == 0
    printed = capsys.readouterr().out
    assert GRACE in printed
    assert "Nothing is sent anywhere." in printed


def test_a_home_that_is_not_there_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "nowhere"))
    assert main(["privacy", "list"]) == 0
    assert "nothing is kept" in capsys.readouterr().out
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_holds_what_concerns_one_subject_and_no_secret(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert main(["privacy", "export", "--subject", "Grace", "--out", str(copy)]) == 0
    files = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert files == {
        f"runs/{GRACE}/run.json",
        f"runs/{GRACE}/logs/payments.log",
        "reports/fault-1.txt",
        "what.json",
    }
    told = json.loads((copy / "what.json").read_bytes())
    assert [line["kind"] for line in told["register"]] == ["started", "ended"]


def test_a_copy_of_everything_leaves_secrets_and_keys_where_they_are(home: Path, tmp_path: Path) -> None:
    assert main(["privacy", "export", "--out", str(tmp_path / "copy")]) == 0
    names = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert {GRACE, AMIR, "register.jsonl"} <= names
    assert not {"secret", "installation.pem"} & names


def test_a_copy_replaces_nothing_and_of_nobody_there_is_none(home: Path, tmp_path: Path) -> None:
    assert main(["privacy", "export", "--out", str(home)]) == 3
    assert main(["privacy", "export", "--subject", "nobody-here", "--out", str(tmp_path / "copy")]) == 3
    assert not (tmp_path / "copy").exists()


def test_nothing_is_erased_without_a_yes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "erase", "--run", GRACE]) == 0
    printed = capsys.readouterr()
    assert f"would go  evidence  {GRACE}" in printed.out
    assert "nothing was erased" in printed.err
    assert (home / "runs" / GRACE).exists()


def test_an_erased_run_leaves_a_tombstone_and_the_chain_holds(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privacy", "erase", "--run", GRACE, "--yes", "--json"]) == 0
    (erased,) = _json(capsys)["erased"]
    assert erased["registerLine"] == 5
    assert not (home / "runs" / GRACE).exists()
    assert (home / "runs" / AMIR).exists()
    assert _register_holds(home)
    entries = Register(home / "runs", open_key(home)).entries()
    assert [(entry.kind, entry.run) for entry in entries][-1] == ("deleted", GRACE)


def test_a_run_whose_end_was_cut_short_gets_one_tombstone_only(home: Path) -> None:
    Register(home / "runs", open_key(home)).delete(run=GRACE, at=OLD)  # and then the command was killed
    assert main(["privacy", "erase", "--run", GRACE, "--yes"]) == 0
    entries = Register(home / "runs", open_key(home)).entries()
    assert [entry.kind for entry in entries].count("deleted") == 1
    assert not (home / "runs" / GRACE).exists()


def test_a_run_that_is_being_written_is_not_erased(home: Path) -> None:
    run = "20991231-100000-cccccc"
    Register(home / "runs", open_key(home)).begin(
        run=run, scenario="s", sandbox="s", at=datetime.now(UTC) - timedelta(minutes=1)
    )
    _write(home / "runs" / run / "events.jsonl", "")
    assert main(["privacy", "erase", "--run", run, "--yes"]) == 3
    assert (home / "runs" / run).exists()


def test_all_that_may_be_erased_goes_and_the_rest_is_named_by_kind(home: Path) -> None:
    assert main(["privacy", "erase", "--all", "--yes"]) == 0
    left = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert {"sandboxes/mine/secret", "keys/installation.pem", "something-else/note"} <= left
    assert not [path for path in left if path.startswith(("runs/2", "reports/"))]
    assert _register_holds(home)


def test_only_what_is_past_its_time_goes_as_expired(home: Path) -> None:
    assert main(["privacy", "erase", "--expired", "--yes"]) == 0
    assert not (home / "reports" / "fault-1.txt").exists()
    assert (home / "runs" / GRACE).exists()


def test_a_link_is_erased_and_not_followed(home: Path, tmp_path: Path) -> None:
    _write(tmp_path / "elsewhere" / "run.json", json.dumps({"who": "eve"}))
    (home / "runs" / "linked").symlink_to(tmp_path / "elsewhere")
    assert main(["privacy", "erase", "--run", "linked", "--yes"]) == 0
    assert not (home / "runs" / "linked").is_symlink()
    assert (tmp_path / "elsewhere" / "run.json").exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], 2),
        (["--run", "nobody-played-this"], 3),
        (["--kind", "key"], 2),
        (["--kind", "nonsense"], 2),
        (["--older-than", "soon"], 2),
        (["--subject", " "], 2),
    ],
)
def test_what_can_not_be_meant_is_refused(home: Path, given: list[str], code: int) -> None:
    assert main(["privacy", "erase", "--yes", *given]) == code
    assert (home / "runs" / GRACE).exists()


def test_old_evidence_goes_by_its_age(home: Path) -> None:
    assert main(["privacy", "erase", "--kind", "evidence", "--older-than", "90d", "--yes"]) == 0
    assert sorted(path.name for path in (home / "runs").iterdir() if path.is_dir()) == []


def test_every_folder_has_one_kind() -> None:
    folders = [kind.folder for kind in KINDS]
    assert len(folders) == len(set(folders))
