"""How refusals, faults and tables read."""

from __future__ import annotations

import errno
import json

import pytest

from sandbox.cli.output import blame_disk, explain, print_json, print_table, report_fault
from sandbox.errors import ContentError, NotFound, RuntimeFailure, SandboxError, StartFailed, UsageError
from sandbox.model.population import PopulationRef


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ContentError("x", path="a.yaml", line=3), 2),
        (NotFound("x"), 3),
        (RuntimeFailure("x"), 4),
        (StartFailed("x"), 4),
        (SandboxError("x"), 70),
    ],
)
def test_an_error_ends_with_its_code_on_standard_error(error, code, capsys):
    assert explain(error, as_json=False) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip() == str(error)


def test_an_error_says_what_to_do_and_shows_the_log_before(capsys):
    explain(StartFailed("payments exited", hint="look [here]", log_tail="one\n[two]"), as_json=False)
    assert capsys.readouterr().err.split("\n") == [
        "payments exited",
        "  one",
        "  [two]",
        "look [here]",
        "",
    ]


def test_an_error_in_json_stands_alone_on_standard_output(capsys):
    assert explain(StartFailed("payments exited", log_tail="one\ntwo"), as_json=True) == 4
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == {
        "error": {
            "reason": "start-failed",
            "message": "payments exited",
            "hint": "",
            "log_tail": ["one", "two"],
        }
    }


def test_the_disks_refusals_are_nobodys_fault_of_ours():
    told = blame_disk(OSError(errno.ENOSPC, "No space left on device", "/srv/x"))
    assert told is not None
    assert str(told) == "/srv/x can't be used: No space left on device"
    assert "SANDBOX_HOME" in told.hint
    assert blame_disk(OSError(errno.ENOSPC, "No space left on device")) is None
    assert blame_disk(FileNotFoundError(errno.ENOENT, "No such file", "/srv/x")) is None


def test_a_fault_of_ours_is_written_to_a_file_and_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    assert report_fault(ZeroDivisionError("division by zero")) == 70
    (report,) = (tmp_path / "reports").iterdir()
    assert "ZeroDivisionError: division by zero" in report.read_text()
    said = capsys.readouterr()
    assert said.out == ""
    assert str(report) in said.err
    assert "Traceback" not in said.err


def test_a_fault_is_reported_beside_one_when_the_home_can_not_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "occupied").touch()
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "occupied"))
    monkeypatch.chdir(tmp_path)
    assert report_fault(ZeroDivisionError("division by zero")) == 70
    assert len(list(tmp_path.glob("fault-*.txt"))) == 1
    assert str(tmp_path / "fault-") in capsys.readouterr().err


def test_a_table_is_not_cut_for_other_programs(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    url = "http://127.0.0.1:12345/" + "x" * 60
    print_table(("name", "address"), [("one", url), ("[red]", "b")], empty="nothing")
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "address"]
    assert first.split() == ["one", url]
    assert second.split() == ["[red]", "b"]


def test_an_empty_table_says_what_belongs_there(capsys):
    print_table(("name",), [], empty="no sandbox is here")
    assert capsys.readouterr().out == "no sandbox is here\n"


def test_values_are_printed_as_json_models_included(capsys):
    print_json({"population": PopulationRef(pack="zz", size=5, seed=1), "name": "Žofie"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "population": {"pack": "zz", "size": 5, "seed": 1, "dirt": "none"},
        "name": "Žofie",
    }
    assert "Žofie" in printed
