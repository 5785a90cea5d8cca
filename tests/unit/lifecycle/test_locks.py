"""One command at a time per sandbox, and no lock outlives its holder."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure, StateConflict
from sandbox.lifecycle import locks
from sandbox.lifecycle.locks import hold_sandbox, is_held, sweep_locks

HOLD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from sandbox.lifecycle.locks import hold_sandbox
with hold_sandbox(Path(sys.argv[1]), "one"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_second_command_is_told_to_wait(tmp_path: Path) -> None:
    with hold_sandbox(tmp_path, "one"):
        assert is_held(tmp_path, "one")
        with pytest.raises(StateConflict, match="another command is working on sandbox 'one'"):
            hold_sandbox(tmp_path, "one").__enter__()


def test_somebody_who_only_looks_is_not_taken_for_another_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locks").mkdir()
    looking = (tmp_path / "locks" / "one").open("wb")
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(locks.time, "sleep", lambda _: looking.close())
    with hold_sandbox(tmp_path, "one"):
        assert looking.closed


def test_other_sandboxes_are_free(tmp_path: Path) -> None:
    with hold_sandbox(tmp_path, "one"), hold_sandbox(tmp_path, "two"):
        assert is_held(tmp_path, "two")


def test_nothing_is_left_afterwards(tmp_path: Path) -> None:
    with hold_sandbox(tmp_path, "one"):
        pass
    assert not is_held(tmp_path, "one")
    assert list((tmp_path / "locks").iterdir()) == []


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert not is_held(tmp_path, "one")
    with hold_sandbox(tmp_path, "one"):
        assert is_held(tmp_path, "one")


def test_sweeping_takes_what_killed_commands_left_and_nothing_that_is_held(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], check=False)
    with hold_sandbox(tmp_path, "two"):
        sweep_locks(tmp_path)
        assert [path.name for path in (tmp_path / "locks").iterdir()] == ["two"]


def test_a_home_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeFailure, match=r"can't write to .*file"):
        hold_sandbox(tmp_path / "file", "one").__enter__()
