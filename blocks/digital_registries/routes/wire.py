"""Bodies and parameters of the Data API, with the names that GovStack gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import AfterValidator, BaseModel, ConfigDict

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blocks.digital_registries.usages import Reading

Client = Annotated[str, Header(alias="Information-Mediator-Client", max_length=200)]
Code = Annotated[str, Path(alias="registryName", min_length=1, max_length=60)]
Version = Annotated[str, Path(alias="versionNumber", min_length=1, max_length=20)]
DEEPEST = 20
"""As deep as schemas nest; what is deeper would be stored and then break whoever writes it down."""
UNKNOWN = "unknown"
"""The reader of a block that runs alone and was not told who asks."""


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _shallow(content: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [content]
    for _ in range(DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return content
    raise ValueError(f"a record nests at most {DEEPEST} deep")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class Holder(Wire):
    content: Annotated[dict[str, Any], AfterValidator(_shallow)]


class QueryBody(Wire):
    query: Holder


class WriteBody(Wire):
    write: Holder


class QueryAndWriteBody(Wire):
    query: Holder | None = None
    write: Holder


def reading(kit: Kit, operation: str, client: str) -> Reading:
    """Say who reads now."""
    return Reading(operation, client, current_exchange.get(), kit.clock.now())
