"""`sandbox privacy`: what is real on this installation, a copy of it, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.options import Json, read_lease
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.errors import NotFound, StateConflict, UsageError
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import Entry, Register
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.privacy.items import Item

app = typer.Typer(
    no_args_is_help=True, help="What is real on this installation: list it, copy it out, erase it."
)

Subject = Annotated[
    str | None,
    typer.Option("--subject", help="Only where this name stands: an account, an owner.", show_default=False),
]


@app.command("list")
def list_(subject: Subject = None, as_json: Json = False) -> None:
    """List what is kept below SANDBOX_HOME, what is real in it, why it is kept and how long.

    Example: sandbox privacy list
    """
    from sandbox.privacy.exporting import describe

    items, _ = _look(subject)
    if as_json:
        print_json({"home": str(Settings().home), "items": [describe(item) for item in items]})
        return
    print_table(
        ("kind", "name", "KB", "changed", "who", "what is real", "why", "how long"),
        [
            (
                item.kind.name,
                item.name,
                f"{item.stored_bytes / 1000:,.0f}",
                f"{item.changed:%Y-%m-%d}",
                ", ".join(item.people),
                item.kind.real,
                item.kind.purpose,
                item.kind.retention,
            )
            for item in items
        ],
        empty="nothing is kept" if subject is None else f"{subject} stands in nothing that is kept",
        numbers=(2,),
    )
    out().print(
        "Nothing is sent anywhere. Evidence written with --out, and copies that somebody took, lie elsewhere."
    )


@app.command("export")
def export_(
    out_folder: Annotated[
        Path, typer.Option("--out", help="New folder for the copy.", show_default=False, file_okay=False)
    ],
    subject: Subject = None,
    as_json: Json = False,
) -> None:
    """Write a copy of what is real, of everybody or of one subject. Secrets, keys and databases stay here.

    Example: sandbox privacy export --subject grace --out grace-copy
    """
    from sandbox.privacy.exporting import describe, export

    items, entries = _look(subject)
    chosen = [item for item in items if item.kind.copied]
    if subject is not None and not chosen:
        raise NotFound(f"{subject} stands in nothing that is kept here", hint="see: sandbox privacy list")
    export(chosen, entries, out_folder)
    if as_json:
        print_json({"out": str(out_folder), "items": [describe(item) for item in chosen]})
    else:
        print_alone(str(out_folder))


@app.command("erase")
def erase_(
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="Evidence of this run; repeatable.", show_default=False)
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Everything of one kind, as listed.", show_default=False)
    ] = None,
    subject: Subject = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", help="Not changed for so long: 12h, 90d.", show_default=False),
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="What is past its kind's time.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All that may be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is erased.")] = False,
    as_json: Json = False,
) -> None:
    """Delete what is real. Several options narrow the choice together.

    The register of runs keeps its lines and gets one more for each run that is erased, so its chain holds
    and nobody can hide a run. Without --yes it only says what would go.

    Example: sandbox privacy erase --kind evidence --older-than 90d --yes
    """
    from sandbox.privacy.erasing import erase, is_over
    from sandbox.privacy.exporting import describe

    if not (runs or kind or subject or older_than or expired or everything):
        raise UsageError(
            "say what to erase", hint="--run, --kind, --subject, --older-than, --expired or --all"
        )
    now = datetime.now(UTC)
    age = _read_age(older_than)
    items, _ = _look(subject)
    chosen = _choose(items, runs or [], kind)
    chosen = [item for item in chosen if age is None or now - item.changed >= age]
    chosen = [item for item in chosen if not expired or is_over(item, now)]
    busy = [item.name for item in chosen if item.busy]
    if busy:
        raise StateConflict(
            f"{', '.join(busy)} is still being written", hint="wait for its end, or leave it out: --run"
        )
    erased = erase(chosen, _register(Settings()), now) if yes and chosen else []
    if as_json:
        gone = [{**describe(each.item), "registerLine": each.tombstone} for each in erased]
        print_json({"erased": gone, "wouldErase": [] if yes else [describe(item) for item in chosen]})
    else:
        word = "erased" if yes else "would go"
        for item in chosen:
            out().print(f"{word}  {item.kind.name}  {item.name}", markup=False)
        if not chosen:
            out().print("there is nothing to erase")
        elif not yes:
            err().print("nothing was erased; add --yes to do it")


def _choose(items: Sequence[Item], runs: Sequence[str], kind: str | None) -> list[Item]:
    kinds = sorted({item.kind.name for item in items if item.kind.erasable})
    unknown = [
        run for run in runs if run not in {each.name for each in items if each.kind.name == "evidence"}
    ]
    if unknown:
        raise NotFound(f"there is no evidence of run {unknown[0]!r} here", hint="see: sandbox privacy list")
    if kind is not None and kind not in kinds:
        held = {item.kind.name: item.kind for item in items}
        reason = f": {held[kind].retention}" if kind in held else ""
        raise UsageError(
            f"{kind!r} can't be erased by this command{reason}",
            hint=f"there is: {', '.join(kinds)}" if kinds else "there is nothing that can be erased",
        )
    return [
        item
        for item in items
        if item.kind.erasable
        and (kind is None or item.kind.name == kind)
        and (not runs or (item.kind.name == "evidence" and item.name in runs))
    ]


def _look(subject: str | None) -> tuple[Sequence[Item], Sequence[Entry]]:
    from sandbox.privacy.items import concerns, list_items

    settings = Settings()
    entries = _register(settings).entries() if (settings.runs / "register.jsonl").is_file() else []
    items = list_items(settings.home, entries, datetime.now(UTC)) if settings.home.is_dir() else []
    if subject is None:
        return items, entries
    if not subject.strip():
        raise UsageError("--subject names nobody")
    return [item for item in items if item.kind.copied and concerns(item, subject)], entries


def _register(settings: Settings) -> Register:
    return Register(settings.runs, open_key(settings.home))


def _read_age(text: str | None) -> timedelta | None:
    try:
        return read_lease(text)
    except UsageError:
        raise UsageError(f"--older-than {text!r} is no length of time", hint="write 12h or 90d") from None
