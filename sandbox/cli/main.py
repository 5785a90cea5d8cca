"""The `sandbox` command: its commands, and the one way in which it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from sandbox import __version__
from sandbox.cli.output import EXIT_INTERRUPTED, blame_disk, err, explain, explain_usage, report_fault
from sandbox.errors import SandboxError, UsageError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("run", "run"),
    "play": ("play", "play"),
    "up": ("sandboxes", "up"),
    "ls": ("sandboxes", "ls"),
    "reset": ("sandboxes", "reset_"),
    "logs": ("sandboxes", "logs"),
    "down": ("sandboxes", "down"),
    "inbox": ("inbox", "inbox"),
    "replay": ("replay", "replay"),
    "pdf": ("pdf", "pdf"),
    "check": ("content", "check"),
    "show": ("content", "show"),
    "verify": ("verify", "verify"),
    "whatif": ("whatif", "whatif"),
    "conformance": ("conformance", "conformance"),
    "doctor": ("doctor", "doctor"),
    "attack": ("attack", "attack"),
    "compare": ("compare", "compare"),
    "faults": ("faults", "faults"),
    "challenge": ("challenge", "challenge"),
    "seed": ("seed", "seed"),
    "serve": ("serve", "serve"),
    "worker": ("worker", "worker"),
}
"""Each command's module below `commands`, and its function there."""
GROUPS = ("checkpoint", "log", "images", "data", "new", "export", "privacy")
"""Commands that have commands: each module's `app`."""
REMOTE: Mapping[str, tuple[str, str]] = {
    name: ("remote", function)
    for name, (_, function) in COMMANDS.items()
    if name in ("run", "up", "ls", "reset", "logs", "down")
}
"""What a server does as well, when one is named."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"civic-sandbox {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    del version


def app(*, args: Sequence[str], standalone_mode: bool) -> object:
    """Do what is typed. Only the command that is typed is loaded; help, and a word that is none, need all."""
    first = next(iter(args), "")
    known = {**COMMANDS, **REMOTE} if _names_a_server(args) else COMMANDS
    wanted = (first,) if first in COMMANDS or first in GROUPS else (*COMMANDS, *GROUPS)
    made = typer.Typer(
        name="sandbox",
        help="Try a digital government service on fictitious citizens: blocks wired together, "
        "scenarios played, evidence written.\n\nStart with: sandbox run cash-transfer\n\n"
        "run, up, ls, reset, logs and down are done by a server with --server URL, or SANDBOX_SERVER.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        callback=_common,
    )
    for name in wanted:
        if name in GROUPS:
            made.add_typer(_load(name, "app"), name=name)
        else:
            made.command(name)(_load(*known[name]))
    return made(args=args, standalone_mode=standalone_mode)


def _names_a_server(args: Sequence[str]) -> bool:
    named = any(each == "--server" or each.startswith("--server=") for each in args)
    return named or bool(os.environ.get("SANDBOX_SERVER"))


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"sandbox.cli.commands.{module}"), name)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit code; no traceback ever reaches the terminal."""
    given = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _stop)
    as_json = "--json" in given
    try:
        code = app(args=given, standalone_mode=False)
        sys.stdout.flush()  # what is held back must meet a closed pipe here, not when Python ends
    except SandboxError as error:
        return explain(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        return _end_unheard()
    except SystemExit as end:
        # Typer and Rich both end the program with 1 when the reader has gone, as `head` does.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return _end_unheard()
    except Exception as error:
        # Usage errors are Click's own family, wherever Typer keeps it; each shows itself.
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            unknown = type(error).__name__ == "NoSuchOption" and getattr(error, "option_name", None)
            if unknown and given[0] in REMOTE and _names_a_server(given):
                return explain(_not_on_a_server(given[0], unknown), as_json=as_json)
            return explain_usage(_told(error), as_json=as_json, show=error.show)
        refused = blame_disk(error) if isinstance(error, OSError) else None
        return report_fault(error) if refused is None else explain(refused, as_json=as_json)
    if code == EXIT_INTERRUPTED:  # Typer turns Ctrl-C into this code without a word
        err().print("interrupted")
    return code if isinstance(code, int) else 0


def _not_on_a_server(command: str, option: str) -> UsageError:
    return UsageError(
        f"`sandbox {command}` on a server has no option {option}",
        hint="leave --server out and SANDBOX_SERVER empty to do it on this machine; --help shows what a "
        "server takes",
    )


def _end_unheard() -> int:
    """End quietly: whoever closed the pipe has read enough, and what is held back must meet nobody either."""
    if sys.__stdout__ is not None:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.__stdout__.fileno())
    return 0


def _told(error: Exception) -> str:
    """Give a usage error's own sentence, in the manner of ours."""
    sentence: str = error.format_message() if hasattr(error, "format_message") else str(error)
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
