"""How the command line speaks: results on standard output, progress and refusals on standard error.

The one place that turns errors into words and exit codes. A user's mistake never shows a
traceback; a fault of ours is written to a file, and the file is named.
"""

from __future__ import annotations

import errno
import json
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table

from sandbox.errors import RuntimeFailure, SandboxError, UsageError
from sandbox.model.run import Outcome
from sandbox.model.sandbox import Swap
from sandbox.settings import Settings

OF_THE_DISK = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What a disk or its owner refuses: never a fault of ours when a path is named with it."""

EXIT_FAULT_OF_OURS = 70
EXIT_INTERRUPTED = 130
EXIT_USAGE = 2

UNWRAPPED = 1000

MARKS = {
    Outcome.PASSED: ("●", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.ERROR: ("▲", "yellow"),
    Outcome.SKIPPED: ("–", "bright_black"),
}
"""Each outcome has a shape, a word and a colour; none of them stands alone."""


def out() -> Console:
    """Give the console for results."""
    return Console(highlight=False, soft_wrap=True)


def err() -> Console:
    """Give the console for progress and refusals."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as JSON, models included."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str, numbers: Collection[int] = ()
) -> None:
    """Print rows under headings, or what belongs here when there are none; `numbers` are columns of such."""
    if not rows:
        out().print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(_safe(heading), overflow="fold", justify="right" if place in numbers else "left")
    for row in rows:
        table.add_row(*(_safe(cell) for cell in row))
    console = out()
    # Another program reads whole lines; a person reads what fits the window.
    if not console.is_terminal:
        console.width = UNWRAPPED
    console.print(table)


def say_swaps(swaps: Sequence[Swap], *, quiet: bool) -> None:
    """Say which products take part and what each was allowed, before any of them starts."""
    for swap in () if quiet else swaps:
        err().print(
            f"{_safe(swap.name)} takes the place of {swap.block}: {swap.url or swap.image}", soft_wrap=True
        )
        for sentence in swap.relaxations:
            err().print(f"  allowed: {_safe(sentence)}", soft_wrap=True)


def print_alone(line: str) -> None:
    """Print a line that other programs read: unwrapped, unstyled, nothing else on it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def blame_disk(error: OSError) -> RuntimeFailure | None:
    """Say in words what the disk refused, or None when it was something else."""
    if error.errno not in OF_THE_DISK or error.filename is None:
        return None
    return RuntimeFailure(
        f"{error.filename} can't be used: {error.strerror}",
        hint="SANDBOX_HOME names a folder that you may write to, with room; `sandbox doctor` looks at it",
    )


def explain_usage(message: str, *, as_json: bool, show: Callable[[], None]) -> int:
    """Say what was typed wrong, in the way of the command line or as JSON."""
    if as_json:
        print_json({"error": describe(UsageError(message, hint="--help shows how it is meant"))})
    else:
        show()
    return EXIT_USAGE


def explain(error: SandboxError, *, as_json: bool) -> int:
    """Say what went wrong and give the exit code."""
    if as_json:
        print_json({"error": describe(error)})
    else:
        console = err()
        console.print(f"[red]{_safe(str(error))}[/red]", soft_wrap=True)
        if isinstance(error, RuntimeFailure) and error.log_tail:
            for line in error.log_tail.splitlines():
                console.print(f"  [bright_black]{_safe(line)}[/bright_black]", soft_wrap=True)
        if error.hint:
            console.print(_safe(error.hint), soft_wrap=True)
    return error.exit_code


def describe(error: SandboxError) -> Mapping[str, Any]:
    """Give an error as a value."""
    described: dict[str, Any] = {"reason": error.reason, "message": str(error), "hint": error.hint}
    if isinstance(error, RuntimeFailure) and error.log_tail:
        described["log_tail"] = error.log_tail.splitlines()
    return described


def report_fault(error: BaseException) -> int:
    """Write a fault of ours to a file and name it; the reader gets one sentence."""
    text = "".join(traceback.format_exception(error))
    name = f"fault-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    for folder in (_reports(), Path.cwd()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        err().print(
            f"[red]this is a fault of civic-sandbox, not yours: {_safe(type(error).__name__)}[/red]\n"
            f"a report was written to {folder / name}",
            soft_wrap=True,
        )
        return EXIT_FAULT_OF_OURS
    err().print(_safe(text))
    return EXIT_FAULT_OF_OURS


def _reports() -> Path:
    try:
        return Settings().home / "reports"
    except ValidationError:
        return Path.cwd()


def _safe(text: str) -> str:
    """Show brackets as brackets, not as console markup."""
    return text.replace("[", r"\[")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
