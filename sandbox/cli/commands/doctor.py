"""`sandbox doctor`: what this machine offers, and what is in the way."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import typer

from sandbox import __version__
from sandbox.cli.options import Json
from sandbox.cli.output import out, print_json
from sandbox.errors import SandboxError
from sandbox.prover import load_prover
from sandbox.runtime import load_keepers, load_runtime, runtime_names
from sandbox.settings import Settings

LEAST_FREE_MIB = 1024


def doctor(as_json: Json = False) -> None:
    """Look at Python, disk, the home folder and every runtime.

    Ends with 4 when no runtime works, or nothing can be kept in the home folder.
    """
    settings = Settings()
    home = _home(settings)
    findings = [
        _finding("python", True, f"{platform.python_version()}, civic-sandbox {__version__}"),
        home,
        _disk(settings),
        _cache(settings),
    ]
    runtimes = [_runtime(name, settings) for name in runtime_names()]
    findings += runtimes
    findings += [_attack(name, settings) for name in runtime_names() if _can_be_attacked(name, settings)]
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            mark = "[green]● fine[/green]   " if finding["fine"] else "[yellow]▲ missing[/yellow]"
            out().print(f"{mark}  {finding['name']:<8} ", end="")
            out().print(str(finding["detail"]), markup=False)
    raise typer.Exit(0 if home["fine"] and any(each["fine"] for each in runtimes) else 4)


def _can_be_attacked(name: str, settings: Settings) -> bool:
    try:
        return load_prover(name, settings) is not None
    except SandboxError:
        return False  # said already


def _attack(name: str, settings: Settings) -> dict[str, object]:
    """Whether products under evaluation may start on this runtime, here."""
    from sandbox.candidates.passes import NotProven, require_pass

    prover = load_prover(name, settings)
    assert prover is not None, "asked only of a runtime that can be attacked"
    try:
        report = require_pass(settings.home, prover.engine())
    except NotProven as refused:
        return _finding("attack", False, f"{refused}, so no product under evaluation starts: sandbox attack")
    return _finding("attack", True, f"passed on {report.at:%Y-%m-%d}: products under evaluation may start")


def _finding(name: str, fine: bool, detail: str) -> dict[str, object]:
    return {"name": name, "fine": fine, "detail": detail}


def _home(settings: Settings) -> dict[str, object]:
    nearest = _nearest(settings.home)
    writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return _finding(
        "home", writable, f"{settings.home}" + ("" if writable else ": can't be written to; set SANDBOX_HOME")
    )


def _nearest(path: Path) -> Path:
    """Give the nearest that exists; what one may not even look at counts as missing."""
    return next(
        each for each in (path, *path.parents) if os.path.lexists(each)
    )  # never raises, `exists` does


def _disk(settings: Settings) -> dict[str, object]:
    free = shutil.disk_usage(_nearest(settings.home)).free // 2**20
    return _finding("disk", free >= LEAST_FREE_MIB, f"{free:,} MiB free, {LEAST_FREE_MIB:,} wanted")


def _cache(settings: Settings) -> dict[str, object]:
    from sandbox.lifecycle.caching import list_cache

    try:
        kept = list_cache(settings.home, load_keepers(settings), ())
    except OSError as error:
        return _finding("cache", False, f"{error.filename} can't be read: {error.strerror}")
    size = sum(item.stored_bytes for item in kept)
    detail = f"{size // 10**6:,} MB of at most {settings.cache_limit // 10**6:,} (SANDBOX_CACHE_LIMIT)"
    return _finding("cache", size <= settings.cache_limit, f"{detail}; sandbox data clean")


def _runtime(name: str, settings: Settings) -> dict[str, object]:
    try:
        info = load_runtime(name, settings).info()
    except SandboxError as error:
        return _finding(name, False, f"{error}. {error.hint}".strip())
    isolation = "isolates networks" if info.isolates_networks else "does not isolate networks"
    limits = "enforces limits" if info.enforces_limits else "enforces no limits"
    return _finding(name, True, "; ".join((info.version, isolation, limits, *info.notes)))
