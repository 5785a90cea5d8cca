"""What a test asks for, read from its marker and, where that says nothing, from the settings.

Looks nothing up and starts nothing. What can't be meant is a UsageError that says where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.errors import UsageError

_OF_BOTH = ("pack", "size", "seed", "dirt", "runtime")
_TAKES = {"sandbox": ("scenario", "blocks", *_OF_BOTH), "scenario": ("slug", "inputs", *_OF_BOTH)}
_NUMBERS = ("size", "seed")
_TEXTS = ("scenario", "slug", "pack", "dirt", "runtime")
_USUAL = {"pack": "zz", "size": 1000, "seed": 1, "dirt": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which sandbox, with which citizens, where; `inputs` are those of a scenario that is played."""

    scenario: str | None
    blocks: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    pack: str
    size: int
    seed: int
    dirt: str
    runtime: str | None

    @property
    def key(self) -> str:
        """Equal for wishes that one sandbox, or one run, can serve."""
        parts = (self.scenario, self.blocks, self.pack, self.size, self.seed, self.dirt, self.runtime)
        return repr((parts, json.dumps(self.inputs, sort_keys=True, default=repr)))


def read_wish(kind: str, node: pytest.Item, config: pytest.Config) -> Wanted:
    """Read what the test `node` asks the fixture `kind` for."""
    marker = node.get_closest_marker(kind)
    said = {} if marker is None else _named(kind, marker.args, marker.kwargs)
    usual = {name: str(config.getini(f"sandbox_{name}")) for name in ("scenario", "blocks", *_OF_BOTH)}
    return make_wish(kind, said, {name: text for name, text in usual.items() if text})


def make_wish(kind: str, said: Mapping[str, Any], usual: Mapping[str, str]) -> Wanted:
    """Join what a marker says with what settings say. Raises UsageError."""
    for name, value in said.items():
        _refuse_wrong(kind, name, value)
    scenario, blocks = said.get("slug") or said.get("scenario"), tuple(said.get("blocks", ()))
    if scenario is None and not blocks:
        scenario = usual.get("scenario")
        blocks = () if scenario or kind == "scenario" else tuple(usual.get("blocks", "").split())
    if scenario and blocks:
        raise UsageError(
            f"both the scenario {scenario!r} and blocks are asked for",
            hint="a scenario starts its own blocks",
        )
    if not scenario and not blocks:
        raise UsageError(f"the fixture `{kind}` is not told what to start", hint=_how(kind))
    chosen = {name: said.get(name, usual.get(name, _USUAL.get(name))) for name in _OF_BOTH}
    for name in _NUMBERS:
        chosen[name] = _number(name, chosen[name])
    return Wanted(scenario=scenario, blocks=blocks, inputs=dict(said.get("inputs", {})), **chosen)


def _named(kind: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a marker's words by name; the first may stand alone."""
    takes = _TAKES[kind]
    unknown = sorted(set(named) - set(takes))
    if unknown:
        raise UsageError(
            f"the marker `{kind}` takes no {', '.join(unknown)}", hint=f"it takes: {', '.join(takes)}"
        )
    if len(arguments) > 1 or (arguments and takes[0] in named):
        raise UsageError(f"the marker `{kind}` takes one value without a name", hint=_how(kind))
    return {**dict(zip(takes[:1], arguments, strict=False)), **named}


def _refuse_wrong(kind: str, name: str, value: Any) -> None:
    if name in _TEXTS:
        fits, wanted = isinstance(value, str) and bool(value), "a text"
    elif name in _NUMBERS:
        fits, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif name == "inputs":
        fits, wanted = isinstance(value, Mapping), "inputs by name"
    else:
        fits, wanted = (
            isinstance(value, list | tuple) and all(isinstance(one, str) for one in value),
            "a list",
        )
    if not fits:
        raise UsageError(f"the marker `{kind}` says {name}={value!r}, wanted {wanted}", hint=_how(kind))


def _number(name: str, value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"the setting sandbox_{name} is {value!r}, wanted a whole number") from None


def _how(kind: str) -> str:
    example = 'blocks=["payments"], size=100' if kind == "sandbox" else '"cash-transfer", size=100'
    return f"write @pytest.mark.{kind}({example}) at the test, or set sandbox_scenario in pytest's settings"
