"""How values read on the page: numbers with unit, durations, ids, values of any kind, names of applications.

Pure functions over values; escaping is the template's work, making invisible characters visible is done here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sandbox.model.wiring import Wiring

# Controls, bidirectional overrides, zero-width characters and lone surrogates: what a text could use to
# look like another. Line feed and tab stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def show_invisible(text: str) -> str:
    r"""Write characters that can't be seen as their code, `\u202e`."""
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def say_number(value: Any, unit: str = "") -> str:
    """Group thousands and add the unit: `1,840,000 RWF`, `90 %`."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, int):
        text = f"{value:,}"
    elif isinstance(value, float):
        text = f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"
    elif value is None:
        text = "not known"
    else:
        text = value if isinstance(value, str) else say_value(value)
    return f"{text}\u00a0{unit}" if unit else text


_PLACE = re.compile(r"\{([A-Za-z0-9_.-]+)\}")


def fill_in(text: str, values: Mapping[str, Any], say: Callable[[Any], str]) -> str:
    """Put values in the places of a scenario's sentence, `{paid}`; a place without a value stays."""
    return _PLACE.sub(lambda found: say(values[found[1]]) if found[1] in values else found[0], text)


_SIGNS = {"==": "", "!=": "≠ ", "<=": "≤ ", ">=": "≥ ", "<": "< ", ">": "> "}


def split_comparison(text: str) -> tuple[str, Any] | None:
    """Split what a criterion wants into the sign to be shown and the value; None when it is no comparison."""
    found = re.fullmatch(r"\s*(==|!=|<=|>=|<|>)\s*(.*)", text)
    if found is None:
        return None
    try:
        value: Any = json.loads(found[2])
    except ValueError:
        value = found[2]
    return _SIGNS[found[1]], value


def say_comparison(text: str, unit: str = "") -> str:
    """Write what a criterion wants: `≥ 1,500 RWF`; the sign of equality is left out."""
    found = split_comparison(text)
    return text if found is None else found[0] + say_number(found[1], unit)


def say_duration(milliseconds: float) -> str:
    """Write a duration with two or three significant digits: `4.1 ms`, `41 ms`, `1.23 s`, `2 min 5 s`."""
    if milliseconds < 9.95:
        return f"{milliseconds:.1f}\u00a0ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f}\u00a0ms"
    if milliseconds < 119_500:
        return f"{milliseconds / 1000:.2f}\u00a0s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes}\u00a0min {seconds}\u00a0s"


def say_moment(moment: datetime) -> str:
    """Write a real time: `23 November 2026, 10:41:07 UTC`."""
    zone = moment.strftime("%Z") or "local time"
    return f"{moment.day} {moment.strftime('%B %Y, %H:%M:%S')} {zone}"


def say_count(number: int, singular: str, plural: str = "") -> str:
    """`1 step`, `1,204 steps`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def say_reason(kind: str) -> str:
    """Write the mediator's kind of refusal as words: `consent-missing` is `consent missing`."""
    return kind.replace("-", " ")


def say_status(status: int) -> str:
    """Write an HTTP status with its meaning: `403 forbidden`."""
    try:
        return f"{status} {HTTPStatus(status).phrase.lower()}"
    except ValueError:
        return str(status)


def shorten(text: str, most: int = 14) -> str:
    """Shorten an id in the middle."""
    if len(text) <= most:
        return text
    front = (most - 1) * 2 // 3
    return f"{text[:front]}…{text[-(most - 1 - front) :]}"


def cut(text: str, most: int) -> str:
    """Shorten a text at its end."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


LONGEST_LABEL = 48
_CHARACTER = 7.2
"""Estimated width of a 13 px character."""


def room_for(labels: Iterable[str], least: int) -> int:
    """Say how wide the labels of a plot are; they are as long as the language makes them."""
    longest = max((min(len(label), LONGEST_LABEL) for label in labels), default=0)
    return max(least, round(longest * _CHARACTER) + 20)


def say_value(value: Any, most: int = 200) -> str:
    """Write any JSON value on one line."""
    if isinstance(value, str):
        return cut(value, most)
    return cut(json.dumps(value, ensure_ascii=False, default=str), most)


def _say_rest(number: int) -> str:
    return f"{number:,} more characters in events.jsonl"


def lay_out(value: Any, most: int, say_rest: Callable[[int], str] = _say_rest) -> str:
    """Write a body as a person reads it; what is longer than `most` characters is cut, and says so."""
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… {say_rest(len(text) - most)}"


class Names:
    """Applications and blocks by the names that the wiring gives them."""

    def __init__(self, wiring: Wiring) -> None:
        self._applications: Mapping[str, str] = {
            **{client.application: client.name for client in wiring.clients},
            **{service.application: service.name for service in wiring.services},
        }
        self._blocks = {service.block: service.name for service in wiring.services}
        self._clients = {client.block: client.name for client in wiring.clients if client.block}

    def application(self, address: str) -> str:
        """Name an application; an unknown one by the last part of its address."""
        return self._applications.get(address) or _from_slug(address.rsplit("/", 1)[-1])

    def block(self, slug: str) -> str:
        """Name a block."""
        return self._blocks.get(slug) or self._clients.get(slug) or _from_slug(slug)


def _from_slug(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").capitalize() or "Unnamed"
