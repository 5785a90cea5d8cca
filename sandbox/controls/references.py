"""Fresh ids of given lengths, for protocols that want exactly twelve or sixteen characters."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sandbox.errors import UsageError

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
SHORTEST, LONGEST, MOST = 6, 64, 50


def new_references(lengths: Mapping[str, int]) -> dict[str, str]:
    """Draw one unpredictable id per name. Raises UsageError for a length that can't be unique."""
    if not 1 <= len(lengths) <= MOST:
        raise UsageError(f"1 to {MOST} references can be asked for at once, not {len(lengths)}")
    for name, length in lengths.items():
        if not SHORTEST <= length <= LONGEST:
            raise UsageError(
                f"a reference of {length} characters ({name!r}) can't be had; {SHORTEST} to {LONGEST} can"
            )
    return {
        name: "".join(secrets.choice(_ALPHABET) for _ in range(length)) for name, length in lengths.items()
    }
