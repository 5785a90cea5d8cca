"""`sandbox checkpoint`: the state of all blocks of a running sandbox, kept and brought back."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.bootstrap import find_tools
from sandbox.cli.live import live
from sandbox.cli.options import Json, RuntimeName, Which
from sandbox.cli.output import err, out, print_json, print_table
from sandbox.lifecycle.checkpoints import (
    list_checkpoints,
    remove_checkpoint,
    restore_checkpoint,
    save_checkpoint,
)
from sandbox.settings import Settings

app = typer.Typer(
    help="Keep the state of all blocks under a name, and bring it back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Checkpoint = Annotated[str, typer.Argument(help="Name of the checkpoint: small letters, digits, hyphens.")]


@app.command()
def save(name: Which, checkpoint: Checkpoint, runtime: RuntimeName = None, as_json: Json = False) -> None:
    """Keep the state of all blocks; what had this name before is replaced.

    Example: sandbox checkpoint save demo before-lunch
    """
    with live(err(), quiet=as_json) as shown:
        tools = find_tools(Settings(), name, runtime, shown.report)
        shown.report(f"keeping the state of {name}", 0, 1)
        saved = save_checkpoint(tools, name, checkpoint)
    if as_json:
        print_json(saved)
    else:
        out().print(f"[green]● saved[/green]  {checkpoint}  the clock says {saved['today']}")


@app.command()
def restore(name: Which, checkpoint: Checkpoint, runtime: RuntimeName = None, as_json: Json = False) -> None:
    """Bring a state back. The log of exchanges goes on; tokens and codes from before are void.

    Example: sandbox checkpoint restore demo before-lunch
    """
    with live(err(), quiet=as_json) as shown:
        tools = find_tools(Settings(), name, runtime, shown.report)
        shown.report(f"bringing back {checkpoint}", 0, 1)
        today = restore_checkpoint(tools, name, checkpoint)
    if as_json:
        print_json({"name": name, "checkpoint": checkpoint, "today": today})
    else:
        out().print(f"[green]● restored[/green]  {checkpoint}  the clock says {today}")


@app.command("list")
def list_(name: Which, runtime: RuntimeName = None, as_json: Json = False) -> None:
    """List the states that are kept.

    Example: sandbox checkpoint list demo
    """
    found = list_checkpoints(find_tools(Settings(), name, runtime), name)
    if as_json:
        print_json(found)
        return
    print_table(
        ("checkpoint", "the clock said", "saved"),
        [(each["name"], each["today"], each["savedAt"][:19]) for each in found],
        empty=f"nothing is kept; sandbox checkpoint save {name} NAME keeps the state of all blocks",
    )


@app.command()
def remove(name: Which, checkpoint: Checkpoint, runtime: RuntimeName = None, as_json: Json = False) -> None:
    """Forget a state.

    Example: sandbox checkpoint remove demo before-lunch
    """
    remove_checkpoint(find_tools(Settings(), name, runtime), name, checkpoint)
    if as_json:
        print_json({"removed": [checkpoint]})
    else:
        out().print(f"removed {checkpoint}")
