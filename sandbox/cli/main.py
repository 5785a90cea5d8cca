"""The `sandbox` command: its commands, and the one way in which it ends."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from sandbox import __version__
from sandbox.cli.commands import (
    attack,
    checkpoint,
    compare,
    conformance,
    content,
    data,
    doctor,
    export,
    faults,
    images,
    inbox,
    log,
    new,
    pdf,
    play,
    replay,
    run,
    sandboxes,
    seed,
    serve,
    verify,
    whatif,
)
from sandbox.cli.output import EXIT_INTERRUPTED, blame_disk, err, explain, explain_usage, report_fault
from sandbox.errors import SandboxError

app = typer.Typer(
    name="sandbox",
    help="Try a digital government service on fictitious citizens: blocks wired together, scenarios played, "
    "evidence written.\n\nStart with: sandbox run cash-transfer",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"civic-sandbox {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    del version


app.command()(run.run)
app.command()(play.play)
app.command()(sandboxes.up)
app.command()(sandboxes.ls)
app.command("reset")(sandboxes.reset_)
app.command()(sandboxes.logs)
app.command()(sandboxes.down)
app.command()(inbox.inbox)
app.command()(replay.replay)
app.command()(pdf.pdf)
app.command()(content.check)
app.command()(content.show)
app.command()(verify.verify)
app.command()(whatif.whatif)
app.command()(conformance.conformance)
app.command()(doctor.doctor)
app.command()(attack.attack)
app.command()(compare.compare)
app.command()(faults.faults)
app.command()(seed.seed)
app.command()(serve.serve)
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(log.app, name="log")
app.add_typer(images.app, name="images")
app.add_typer(data.app, name="data")
app.add_typer(new.app, name="new")
app.add_typer(export.app, name="export")


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
            return explain_usage(_told(error), as_json=as_json, show=error.show)
        refused = blame_disk(error) if isinstance(error, OSError) else None
        return report_fault(error) if refused is None else explain(refused, as_json=as_json)
    if code == EXIT_INTERRUPTED:  # Typer turns Ctrl-C into this code without a word
        err().print("interrupted")
    return code if isinstance(code, int) else 0


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
