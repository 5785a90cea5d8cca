"""Options that several commands share, and how their texts become values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.errors import UsageError
from sandbox.log import Form

LogForm = Annotated[
    Form, typer.Option("--log", envvar="SANDBOX_LOG", help="Log lines as text, or one JSON object each.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
RuntimeName = Annotated[
    str | None,
    typer.Option("--runtime", help="Where blocks run: local (default) or docker.", show_default=False),
]
Pack = Annotated[str, typer.Option("--pack", help="Country pack that makes the citizens plausible.")]
Size = Annotated[int, typer.Option("--size", help="How many fictitious persons.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same citizens, everywhere.")]
Dirt = Annotated[
    str,
    typer.Option("--dirt", help="How dirty each block's register is: none, light or field."),
]
Name = Annotated[
    str | None, typer.Option("--name", help="Name of the sandbox; drawn when not given.", show_default=False)
]
Lease = Annotated[
    str | None,
    typer.Option(
        "--ttl", help="How long it may live, such as 45m, 8h or 2d; then the next command removes it."
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder for the evidence.", show_default=False, file_okay=False)
]
Swaps = Annotated[
    list[str] | None,
    typer.Option(
        "--swap",
        help="Put a product in a block's place: BLOCK=FOLDER or BLOCK=IMAGE-DIGEST (on docker), or "
        "BLOCK=URL[,ca=FILE][,cert=FILE,key=FILE]; repeatable.",
    ),
]
Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help="Language of the page, such as fr; repeatable: the first is index.html. SANDBOX_LANGUAGE or en.",
        show_default=False,
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language", help="Language of the page, such as fr. SANDBOX_LANGUAGE or en.", show_default=False
    ),
]
Which = Annotated[str, typer.Argument(help="Name of the sandbox; `sandbox ls` lists them.")]
Scenario = Annotated[str, typer.Argument(help="Which scenario; `sandbox show` lists them.")]
ToStart = Annotated[
    str | None, typer.Argument(help="Scenario whose blocks and wiring to start.", show_default=False)
]
Blocks = Annotated[
    list[str] | None, typer.Option("--block", help="Start this block and what it requires; repeatable.")
]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", help="An input of the scenario, name=value; repeatable.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every step, indented.")]

_LEASE = re.compile(r"(\d{1,5})([smhd])")
_RATE = re.compile(r"(-?\d{1,9}(?:\.\d{1,6})?)(?:/s)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def require_one(scenario: str | None, blocks: Sequence[str] | None) -> None:
    """Refuse a start of nothing, or of two things. Raises UsageError."""
    if (scenario is None) == (not blocks):
        raise UsageError(
            "say what to start", hint="a scenario (sandbox up cash-transfer) or blocks (--block payments)"
        )


def require_name_or_all(name: str | None, everything: bool) -> None:
    """Refuse a removal of nothing, or of two things. Raises UsageError."""
    if (name is None) == (not everything):
        raise UsageError("say which sandbox", hint="sandbox down NAME, or sandbox down --all")


def read_lease(text: str | None) -> timedelta | None:
    """Read `45m`. Raises UsageError."""
    if text is None:
        return None
    found = _LEASE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(f"--ttl {text!r} is no length of time", hint="write 30s, 45m, 8h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def read_rate(text: str | None) -> float | None:
    """Read `20/s` or `20`. Raises UsageError; whether the number can be kept is judged elsewhere."""
    if text is None:
        return None
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--rate {text!r} is no number a second", hint="write 20/s, 0.5/s or 20")
    return float(found[1])


def read_inputs(pairs: Sequence[str]) -> Mapping[str, Any]:
    """Read `name=value` pairs; a value that is JSON is taken as such, any other as text."""
    inputs: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--input {pair!r} is not name=value")
        try:
            inputs[name] = json.loads(text)
        except ValueError:
            inputs[name] = text
    return inputs
