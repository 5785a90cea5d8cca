"""Names that people give themselves."""

from __future__ import annotations

import re

from sandbox.errors import UsageError

_NAME = re.compile(r"[^\W_](?:[\w .'’-]{0,38}\w)?")


def clean_name(name: str) -> str:
    """Give a name without superfluous spaces. Raises UsageError for one that can't be used."""
    cleaned = " ".join(name.split())
    if not _NAME.fullmatch(cleaned):
        raise UsageError(
            f"the name {cleaned[:40]!r} can't be used", hint="use 1 to 40 letters, digits, spaces and .'-"
        )
    return cleaned
