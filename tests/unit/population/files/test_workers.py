"""Processes that draw citizens end with whoever started them, and say so when they vanish."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure
from sandbox.population import Pack, compile_pack
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.files.parts import Part, plan_shards
from sandbox.population.files.workers import Source, choose_processes, draw_parts

SIZE = 45_000

START = """
import multiprocessing, os, sys
from sandbox.population import compile_pack, load_pack
from sandbox.population.files.parts import Part, plan_shards
from sandbox.population.files.workers import Source, draw_parts
from sandbox.settings import CONTENT_ROOT
if __name__ == "__main__":
    compiled = compile_pack(load_pack(CONTENT_ROOT, "zz"))
    parts = [Part((shard,)) for shard in plan_shards(compiled, 1, 90_000)]
    drawn = draw_parts(Source(compiled, 1, 90_000), parts, 2, heard=lambda: None)
    next(drawn)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    sys.stdin.readline()
"""


def small_parts(compiled: CompiledPack, size: int) -> list[Part]:
    """Cut a population into parts of one shard each."""
    return [Part((shard,)) for shard in plan_shards(compiled, 1, size)]


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "start.py"
    script.write_text(START, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        parent.send_signal(signal.SIGKILL)
        # Workers hold the parent's standard error open, so this returns when the last one has gone.
        assert "Traceback" not in parent.stderr.read()


def test_a_vanished_worker_is_said_to_have_gone(zz: Pack) -> None:
    compiled = compile_pack(zz)
    parts = small_parts(compiled, 2 * SIZE)
    drawn = draw_parts(Source(compiled, 1, 2 * SIZE), parts, 2, heard=lambda: None)
    next(drawn)
    children = multiprocessing.active_children()
    for child in children:
        child.kill()
        child.join()
    with pytest.raises(RuntimeFailure, match="has gone"):
        list(drawn)


def test_stopping_early_leaves_no_worker(zz: Pack) -> None:
    compiled = compile_pack(zz)
    drawn = draw_parts(Source(compiled, 1, SIZE), small_parts(compiled, SIZE), 2, heard=lambda: None)
    next(drawn)
    assert multiprocessing.active_children()
    drawn.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_an_error_in_a_worker_is_raised_here(zz: Pack) -> None:
    compiled = compile_pack(zz)
    parts = small_parts(compiled, SIZE)
    # No seed is negative, so that nothing can be drawn, there as here.
    with pytest.raises(OverflowError):
        list(draw_parts(Source(compiled, -1, SIZE), parts, 2, heard=lambda: None))


def test_few_citizens_are_not_worth_a_process() -> None:
    assert choose_processes(1000) == 1
    assert choose_processes(10_000_000) >= 1
