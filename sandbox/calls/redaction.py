"""Taking secrets out of whatever leaves the runner: by where they stand, and by what they are.

By structure: headers and fields whose names promise a secret, and the pointers that an
operation's contract marks `x-secret`. By value: every secret issued to the sandbox and every
token that came back, raw or as base64, hex or percent-encoded. Works on copies; what a
workflow passes on is never touched.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
SHORTEST_SECRET = 8
"""By value only from here on; a PIN of four digits would black out half of every page."""

_HEADER = re.compile(
    r"(proxy-)?authorization|cookie|set-cookie|.*-secret|.*-token|.*api-?key|client-assertion", re.IGNORECASE
)
_FIELD = re.compile(
    r".*_token|.*token$|password|passwd|pin|otp|otp_?code|.*secret|client_?assertion|assertion"
    r"|code_verifier|private_?key|api_?key|voucher_?number|link_?code|auth_?code",
    re.IGNORECASE,
)
_NOT_SECRET = frozenset({"token_type"})
_CODE = re.compile(r"\S{16,}")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_IN_ADDRESS = re.compile(
    r"(?i)([?&#](?:otp|pin|password|client_assertion|[a-z_]*token|[a-z_]*secret)=)[^&#\s\"']+"
)
_IN_JSON = re.compile(
    r'(?i)("(?:pin|otp|password|client_assertion|[a-z_]*token|[a-z_]*secret)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
_CODE_IN_ADDRESS = re.compile(r"([?&#]code=)[^&#\s\"']{16,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{20,}")


def _spellings(secret: str) -> set[str]:
    raw = secret.encode()
    spelt = {secret, quote(secret, safe=""), quote_plus(secret), raw.hex(), raw.hex().upper()}
    for shift in range(3):
        # Inside a longer text (`Basic client:secret`) base64 comes in three alignments;
        # the ends mix with the neighbours, so only the middle is looked for.
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        middle = encoded[(0, 2, 3)[shift] : len(encoded) - (1 if (len(raw) + shift) % 3 else 0)]
        spelt |= {middle, middle.replace("+", "-").replace("/", "_")}
    return {text for text in spelt if len(text) >= SHORTEST_SECRET}


class Redactor:
    """Takes known secrets out of values. One per run; it learns tokens while the run goes on."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._needles: list[tuple[int, str]] = []
        """By length. Replaced and never changed, so that other threads may read while one learns."""
        self._known: set[str] = set()
        self._learning = Lock()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Remember a secret by its value from now on."""
        if len(secret) < SHORTEST_SECRET or secret in self._known:
            return
        with self._learning:
            self._known.add(secret)
            needles = self._needles.copy()
            for spelling in _spellings(secret):
                insort(needles, (len(spelling), spelling))
            self._needles = needles

    def text(self, text: str) -> str:
        """Redact a text: known secrets, anything that looks like a token, parameters of addresses."""
        needles = self._needles
        fitting = bisect_left(needles, (len(text) + 1, ""))
        for _, needle in reversed(needles[:fitting]):  # longest first: a secret may begin with another
            if needle in text:
                text = text.replace(needle, REDACTED)
        if "eyJ" in text:
            text = _JWT.sub(REDACTED, text)
        if "=" in text:
            text = _IN_ADDRESS.sub(rf"\1{REDACTED}", text)
            text = _CODE_IN_ADDRESS.sub(rf"\1{REDACTED}", text)
        if '":' in text:
            text = _IN_JSON.sub(rf'\1"{REDACTED}"', text)
        return _BEARER.sub(rf"\1 {REDACTED}", text) if " " in text else text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Redact a message's headers by name and by value."""
        return {
            name: REDACTED if _is_secret_header(name) else self.text(value) for name, value in headers.items()
        }

    def body(self, body: Any, pointers: Sequence[str] = ()) -> Any:
        """Redact a body. `pointers` lack the leading `request` or `response`; `*` is any item."""
        return self._value(body, _paths(pointers))

    def value(self, value: Any) -> Any:
        """Redact a value that has no contract: outputs, inputs, both sides of a check."""
        return self._value(value, ())

    def learn_from(self, body: Any, pointers: Sequence[str] = ()) -> None:
        """Remember every token and every marked secret that came with a body."""
        self._learn(body, _paths(pointers))

    def _value(self, value: Any, paths: tuple[tuple[str, ...], ...]) -> Any:
        if () in paths and value is not None:
            return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): REDACTED
                if _names_secret(str(key), item)
                else self._value(item, _below(paths, str(key)))
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._value(item, _below(paths, str(index))) for index, item in enumerate(value)]
        return value

    def _learn(self, value: Any, paths: tuple[tuple[str, ...], ...]) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                below = _below(paths, str(key))
                if isinstance(item, str) and (() in below or _names_secret(str(key), item)):
                    self.learn(item)
                else:
                    self._learn(item, below)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self._learn(item, _below(paths, str(index)))


@lru_cache(maxsize=1024)  # the same few names come with every message
def _is_secret_header(name: str) -> bool:
    return _HEADER.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_secret_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None


def _names_secret(name: str, value: Any) -> bool:
    """Whether a field's name promises a secret; `code` alone only when it is long enough to be one."""
    if value is None or isinstance(value, bool) or name.lower() in _NOT_SECRET:
        return False
    if name.lower() == "code":
        return isinstance(value, str) and _CODE.fullmatch(value) is not None
    return _is_secret_field(name)


def _paths(pointers: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/") if part)
        for pointer in pointers
    )


def _below(paths: tuple[tuple[str, ...], ...], key: str) -> tuple[tuple[str, ...], ...]:
    return tuple(path[1:] for path in paths if path and path[0] in (key, "*"))
