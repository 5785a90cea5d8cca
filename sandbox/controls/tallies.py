"""Sum, count and duplicates over a list that a step has read. Pure; decimals, no floats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.errors import UsageError


@dataclass(frozen=True, slots=True)
class Tally:
    """`distinct` and `repeated` speak of the `unique` field; without one, of whole items."""

    count: int
    sum: Decimal
    distinct: int
    repeated: tuple[str, ...]


def tally(items: Sequence[Any], *, sum_field: str | None, unique_field: str | None) -> Tally:
    """Add up `sum_field` and count the values of `unique_field`.

    Raises UsageError naming the position and the field of an item that has no such value.
    """
    total = (
        sum((_number(item, sum_field, at) for at, item in enumerate(items)), Decimal(0))
        if sum_field
        else Decimal(0)
    )
    keys = [_key(item, unique_field, at) for at, item in enumerate(items)]
    counted = Counter(keys)
    return Tally(
        count=len(items),
        sum=total,
        distinct=len(counted),
        repeated=tuple(sorted(key for key, times in counted.items() if times > 1)),
    )


def _number(item: Any, name: str, at: int) -> Decimal:
    value = _field(item, name, at)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError(f"item {at} has no number in {name!r}, but {value!r}")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise UsageError(f"item {at} has no number in {name!r}, but {value!r}") from None


def _key(item: Any, name: str | None, at: int) -> str:
    return str(_field(item, name, at)) if name else repr(item)


def _field(item: Any, name: str, at: int) -> Any:
    if not isinstance(item, dict) or name not in item:
        raise UsageError(f"item {at} has no field {name!r}")
    return item[name]
