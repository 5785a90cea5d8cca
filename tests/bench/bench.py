"""`make bench`: measure, beside a named peer in the same run, and write `bench.json`.

Prints every median with its smallest and largest value, and whether the aim was met. Figures
of different machines, or of a busy one, can't be compared; the ratios can, with care.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import checkpoints
import generation
import guard
import loading
import mediator
import memory
import payroll
import readiness
import resetting
import runners
import whole_runs
from figures import Figure, print_figures, write_figures
from installation import Installation, installed
from rich.console import Console

from sandbox.errors import SandboxError

Measure = Callable[[Installation, int, Callable[[str], None]], list[Figure]]
BENCHMARKS: Mapping[str, Measure] = {
    "ready": readiness.measure,
    "reset": resetting.measure,
    "checkpoints": checkpoints.measure,
    "memory": memory.measure,
    "guard": guard.measure,
    "generation": generation.measure,
    "loading": loading.measure,
    "mediator": mediator.measure,
    "payroll": payroll.measure,
    "runners": runners.measure,
    "scenarios": whole_runs.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="bench.py", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="measure this alone")
    parser.add_argument("--runs", type=int, default=3, help="how often each is repeated (default: 3)")
    parser.add_argument("--block", action="append", default=[], help="instead of the scenario's blocks")
    parser.add_argument("--full", action="store_true", help="also with 10 million citizens")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="default: bench.json")
    given = parser.parse_args(arguments)
    console = Console(stderr=True)
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/dim]  {line}", highlight=False)

    # A supervisor's time-out must not leave containers behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: list[Figure] = []
    missing = 0
    with installed(given.block, full=given.full) as installation:
        for name in [given.only] if given.only else BENCHMARKS:
            try:
                figures += BENCHMARKS[name](installation, given.runs, say)
            except SandboxError as error:
                say(f"[red]{name} could not be measured:[/red] {error}  {error.hint}")
                missing += 1
    print_figures(Console(width=None if sys.stdout.isatty() else 160), figures)
    write_figures(given.out, figures)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
