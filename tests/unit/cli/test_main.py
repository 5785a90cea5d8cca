"""The one way in which every command ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from sandbox.cli import main as command
from sandbox.cli.main import main


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    yield
    signal.signal(signal.SIGTERM, before)


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    named = re.findall(r"^  (\w+)  ", told.partition("Commands:")[2], re.MULTILINE)
    assert set(named) >= {
        "run",
        "up",
        "ls",
        "reset",
        "logs",
        "down",
        "check",
        "show",
        "doctor",
        "images",
        "data",
    }
    assert named[0] == "run", "what most people want comes first"


@pytest.mark.parametrize(
    "path",
    [
        *("run", "up", "ls", "reset", "logs", "down", "check", "show", "doctor"),
        *("images build", "images save", "images load", "data packs", "data generate", "data matches"),
    ],
)
def test_every_command_explains_itself_and_speaks_json(path, capsys):
    assert main([*path.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert "--json" in told
    assert len(told.partition("\n\n")[2].splitlines()[0].strip()) > 20


def test_what_a_server_does_not_take_is_said_with_the_way_out(monkeypatch, capsys):
    assert main(["run", "cash-transfer", "--server", "http://127.0.0.1:1", "--journeys", "5"]) == 2
    told = capsys.readouterr().err
    assert "`sandbox run` on a server has no option --journeys" in told
    assert "SANDBOX_SERVER empty" in told
    assert main(["run", "cash-transfer", "--server", "http://127.0.0.1:1", "--size"]) == 2
    assert "requires an argument" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "app", interrupted)
    assert main(["ls"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_pipe_that_closes_is_no_fault(monkeypatch, tmp_path):
    def closed(**_):
        raise BrokenPipeError

    monkeypatch.setattr(command, "app", closed)
    with (tmp_path / "stdout").open("w") as stdout:
        monkeypatch.setattr(sys, "__stdout__", stdout)
        assert main(["ls"]) == 0


def test_another_end_of_the_program_is_kept(monkeypatch):
    def ended(**_):
        raise SystemExit(9)

    monkeypatch.setattr(command, "app", ended)
    with pytest.raises(SystemExit) as end:
        main(["ls"])
    assert end.value.code == 9


@pytest.mark.parametrize("arguments", ["ls --json", "data packs", "--help"])
def test_a_reader_that_is_gone_ends_every_command_quietly(arguments, tmp_path):
    """By Rich (tables), by Typer (its own output) and by what Python holds back until the end."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments.split()],
        env={**os.environ, "SANDBOX_HOME": str(tmp_path / "home")},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_nobody_foresaw_ends_with_70_and_a_report(monkeypatch, capsys, tmp_path):
    def broken(**_):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(command, "app", broken)
    assert main(["ls"]) == 70
    assert "this is a fault of civic-sandbox, not yours: ZeroDivisionError" in capsys.readouterr().err
    assert len(list((tmp_path / "home" / "reports").iterdir())) == 1


def loaded_by(*arguments: str) -> set[str]:
    """Name the modules that a command's own start loads."""
    program = (
        "import sys; from sandbox.cli.main import main; main(sys.argv[1:]);"
        " print('LOADED', *sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED ")[2].split())


def test_no_command_loads_numpy_or_the_catalogue_before_it_is_at_work():
    loaded = loaded_by("--help")
    assert {f"sandbox.cli.commands.{name}" for name in ("run", "sandboxes", "data")} <= loaded
    heavy = {"numpy", "pyarrow", "duckdb", "faker", "jinja2", "jsonschema", "docker", "psycopg"}
    assert loaded & heavy == set()
    assert "sandbox.catalog.catalog" not in loaded


def test_a_command_loads_no_other():
    loaded = {name for name in loaded_by("ls", "--help") if name.startswith("sandbox.cli.commands.")}
    assert loaded == {"sandbox.cli.commands.sandboxes"}
