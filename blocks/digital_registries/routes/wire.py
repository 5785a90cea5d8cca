"""Bodies and parameters of the Data API, with the names that GovStack gives them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blocks.digital_registries.usages import Reading

Client = Annotated[str, Header(alias="Information-Mediator-Client", max_length=200)]
Code = Annotated[str, Path(alias="registryName", min_length=1, max_length=60)]
Version = Annotated[str, Path(alias="versionNumber", min_length=1, max_length=20)]
UNKNOWN = "unknown"
"""The reader of a block that runs alone and was not told who asks."""


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Holder(Wire):
    content: dict[str, Any]


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
