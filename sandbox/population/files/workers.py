"""Parts of a population drawn by several processes, handed back in order.

Workers are spawned, so they inherit no locks and no files. Each waits for its next part on a
pipe that only its parent holds: when the parent goes, however it goes, the pipe ends and so does
the worker. A worker runs ahead by as much as a pipe holds, so memory doesn't grow with size.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import pyarrow as pa

from sandbox.errors import RuntimeFailure
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.files.parts import DrawnPart, Part, draw_part

WORTH_A_PROCESS = 300_000
"""Persons; fewer are drawn before the workers have started."""

MOST_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class Source:
    """What every part is drawn from."""

    compiled: CompiledPack
    seed: int
    size: int


def choose_processes(size: int) -> int:
    """Say how many processes are worth starting for so many persons on this machine."""
    return 1 if size < WORTH_A_PROCESS else min(MOST_PROCESSES, os.cpu_count() or 1)


def draw_parts(
    source: Source, parts: Sequence[Part], processes: int, *, heard: Callable[[], None]
) -> Iterator[DrawnPart]:
    """Draw the parts in order; `heard` is called as often as there are shards.

    With one process they are drawn here; the rows are the same.
    """
    processes = min(processes, len(parts))
    if processes <= 1:
        for part in parts:
            yield draw_part(source.compiled, source.seed, source.size, part, heard=heard)
        return
    with ExitStack() as open_workers:
        workers = [open_workers.enter_context(_worker(source)) for _ in range(processes)]
        for place, part in enumerate(parts[:processes]):
            workers[place].send(part)
        for place, part in enumerate(parts):
            worker = workers[place % processes]
            further = parts[place + processes] if place + processes < len(parts) else None
            drawn = _receive(worker, further)
            if drawn is None:
                # Drawn once more, here, so that the error is raised where somebody hears it.
                drawn = draw_part(source.compiled, source.seed, source.size, part)
            for _ in part.shards:
                heard()
            yield drawn


@contextmanager
def _worker(source: Source) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, source), daemon=True)
    process.start()
    # With this copy closed, the worker's end is the worker's alone.
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.terminate()
        process.join()


def _receive(worker: Connection, further: Part | None) -> DrawnPart | None:
    """Take the part that the worker was given, and give it the next; None when it could not be drawn."""
    tables = {}
    try:
        digests = worker.recv()
        if digests is not None:
            tables = {table: pa.ipc.open_stream(worker.recv_bytes()).read_all() for table in SCHEMAS}
        if further is not None:
            worker.send(further)
    except (EOFError, OSError) as error:
        raise RuntimeFailure(
            "a process that was drawing citizens has gone",
            hint="is there memory left? `--processes 1` needs the least",
        ) from error
    return None if digests is None else DrawnPart(tables, digests)


def _serve(parent: Connection, source: Source) -> None:
    # Ctrl-C reaches the whole group; the parent is the one who says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            part = parent.recv()
            try:
                drawn = draw_part(source.compiled, source.seed, source.size, part)
            except Exception:
                parent.send(None)
                continue
            parent.send(drawn.digests)
            for table in SCHEMAS:
                parent.send_bytes(_pack(drawn.tables[table]))
    except (EOFError, OSError):
        return


def _pack(table: pa.Table) -> memoryview:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return memoryview(sink.getvalue())
