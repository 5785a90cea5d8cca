from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure, UsageError
from sandbox.runtime import Site, load_runtime
from sandbox.runtimes.local import records
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.processes import find_processes
from sandbox.settings import Settings
from tests.fakes.waiting import eventually


def test_it_is_found_by_its_name_and_touches_nothing(tmp_path: Path) -> None:
    runtime = load_runtime("local", Settings(home=tmp_path / "home"))
    info = runtime.info()
    assert info.name == "local"
    assert not info.isolates_networks
    assert any("not isolated" in note for note in info.notes)
    assert runtime.list_sandboxes() == []
    assert not (tmp_path / "home").exists()


def test_a_preparation_that_fails_keeps_nothing(
    runtime: LocalRuntime, request_for, home_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(records, "write_site", full)  # the last thing that a preparation does
    with pytest.raises(RuntimeFailure, match="'one'; nothing of it was kept: no space is left"):
        runtime.prepare(request_for("one"))
    assert runtime.list_sandboxes() == []
    assert list((home_path / "sandboxes").iterdir()) == []
    eventually(lambda: not find_processes(lambda given: any(str(home_path) in each for each in given)))


def test_a_home_that_can_not_be_made_is_named(tmp_path: Path, request_for) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    with pytest.raises(RuntimeFailure, match=str(home)) as caught:
        LocalRuntime(home).prepare(request_for("one"))
    assert "SANDBOX_HOME" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as somebody else")
def test_a_home_that_the_servers_user_can_not_enter_is_named(tmp_path: Path, request_for) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    runtime = LocalRuntime(closed / "home")
    with pytest.raises(RuntimeFailure, match=r"can't enter .*; choose a folder that everyone may enter"):
        runtime.prepare(request_for("one"))
    assert runtime.list_sandboxes() == []


@pytest.mark.parametrize("name", ["", "../escape", "One", "a" * 23])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        LocalRuntime(tmp_path).discard(name)


def test_what_a_cut_short_removal_left_is_swept_by_the_next_command(
    runtime: LocalRuntime, home_path: Path
) -> None:
    left = home_path / "sandboxes" / ".trash-one-01234567"
    left.mkdir(parents=True)
    assert runtime.list_sandboxes() == []
    assert not left.exists()


def test_twenty_preparations_at_the_same_moment_do_not_collide(runtime: LocalRuntime, request_for) -> None:
    def prepare(number: int) -> Site:
        return runtime.prepare(request_for(f"number-{number}"))

    with ThreadPoolExecutor(20) as pool:
        sites = list(pool.map(prepare, range(20)))
    ports = [port for site in sites for port in site.ports.values()]
    assert len(set(ports)) == 40
    assert len({site.database.port for site in sites}) == 1
    assert len({site.database.user for site in sites}) == 20
    assert len(runtime.list_sandboxes()) == 20
