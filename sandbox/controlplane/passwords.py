"""Passwords: argon2 through `pwdlib`, and what one must be like."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash

from sandbox.errors import UsageError

SHORTEST = 10
LONGEST = 200
NO_PASSWORD = ""
"""Of an account that is entered another way: no password fits."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody's")


def hash_password(password: str) -> str:
    """Hash a new password. Raises UsageError for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"the password has {len(password)} characters",
            hint=f"use {SHORTEST} to {LONGEST}; a few words that don't belong together are easy to keep",
        )
    return _hasher().hash(password)


def hash_pin(pin: str) -> str:
    """Hash a new PIN. Raises UsageError for one that is not 4 to 8 digits."""
    if not (pin.isascii() and pin.isdecimal() and 4 <= len(pin) <= 8):
        raise UsageError("this PIN can't be used", hint="choose 4 to 8 digits")
    return _hasher().hash(pin)


def is_password(password: str, hashed: str | None) -> bool:
    """Compare; for an account that is not there it takes as long, so that names can't be tried out."""
    right = _hasher().verify(password[:LONGEST], hashed or _nobodys())
    return right and bool(hashed)
