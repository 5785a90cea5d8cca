"""`sandbox data clean`: what is kept to start sandboxes faster, and removing it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from sandbox.cli.options import Json, read_lease
from sandbox.cli.output import out, print_json, print_table
from sandbox.errors import SandboxError, UsageError
from sandbox.settings import Settings


def clean(
    everything: Annotated[bool, typer.Option("--all", help="Remove all that no sandbox uses.")] = False,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than", help="Remove what was not used for so long: 12h, 7d.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List populations and loaded databases, and remove: what is over the limit, or what the options say.

    Nothing is lost: whatever is missing is made again from pack, size and seed. The limit is
    SANDBOX_CACHE_LIMIT. What a sandbox uses stays.

    Example: sandbox data clean --older-than 7d
    """
    # Loaded here: numpy and pyarrow come along.
    from sandbox.lifecycle.caching import Item, list_cache, trim
    from sandbox.runtime import load_keepers

    settings, now = Settings(), datetime.now(UTC)
    age = _read_age(older_than)
    if everything and age is not None:
        raise UsageError("--all and --older-than exclude each other")
    items = list_cache(settings.home, load_keepers(settings), _in_use(settings))
    if everything or age is not None:
        chosen = [item for item in items if not item.in_use and (age is None or now - item.used >= age)]
        gone = [item for item in chosen if item.remove()]
    else:
        left_over = [item for item in items if item.kind == "left-over" and item.remove()]
        gone = [
            *left_over,
            *trim([item for item in items if item not in left_over], settings.cache_limit, now),
        ]

    def state(item: Item) -> str:
        return "removed" if item in gone else "in use" if item.in_use else "kept"

    kept_bytes = sum(item.stored_bytes for item in items if item not in gone)
    if as_json:
        print_json(
            {
                "limit": int(settings.cache_limit),
                "stored_bytes": kept_bytes,
                "items": [
                    {
                        "kind": item.kind,
                        "name": item.name,
                        "stored_bytes": item.stored_bytes,
                        "used": item.used.isoformat(timespec="seconds"),
                        "state": state(item),
                    }
                    for item in items
                ],
            }
        )
        return
    print_table(
        ("kind", "name", "MB", "last used", "state"),
        [
            (
                item.kind,
                item.name,
                f"{item.stored_bytes / 1e6:,.1f}",
                f"{item.used:%Y-%m-%d %H:%M}",
                state(item),
            )
            for item in items
        ],
        empty="nothing is kept",
    )
    out().print(f"{kept_bytes / 1e6:,.1f} MB kept, {int(settings.cache_limit) // 10**6:,} MB at most")


def _read_age(text: str | None) -> timedelta | None:
    try:
        return read_lease(text)
    except UsageError:
        raise UsageError(f"--older-than {text!r} is no length of time", hint="write 45m, 12h or 7d") from None


def _in_use(settings: Settings) -> Collection[str]:
    """Ask every runtime that answers; sandboxes on an Engine that doesn't have copies of their own."""
    from sandbox.lifecycle.caching import populations_in_use
    from sandbox.runtime import load_runtime, runtime_names

    found = set()
    for name in runtime_names():
        with suppress(SandboxError):
            found |= set(populations_in_use([load_runtime(name, settings)]))
    return found
