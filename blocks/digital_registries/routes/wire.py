"""Bodies and parameters of the Data API, with the names that GovStack gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blocks.digital_registries.changes import Asker

Client = Annotated[str, Header(alias="Information-Mediator-Client", max_length=200)]
Authorization = Annotated[str | None, Header()]
Code = Annotated[str, Path(alias="registryName", min_length=1, max_length=60)]
Version = Annotated[str, Path(alias="versionNumber", min_length=1, max_length=20)]
ROLE = "registrar"
"""Who may look into registers, change them and design them."""
IN_PERSON = (ROLE, "midwife", "community-health-worker")
"""Whom an application may bring along as the person who asks; what it may ask itself, its rights say."""
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


class OtherRegistry(Wire):
    registryName: Annotated[str, Field(min_length=1, max_length=60)]  # noqa: N815  the wire's names
    versionNumber: Annotated[str, Field(min_length=1, max_length=20)]  # noqa: N815
    query: Holder | None = None


class UnmatchedBody(Wire):
    other: OtherRegistry
    on: Annotated[dict[str, str], Field(min_length=1, max_length=10)]
    query: Holder | None = None
    most: Annotated[int, Field(ge=1, le=10_000)] = 100


class WriteBody(Wire):
    write: Holder


class QueryAndWriteBody(Wire):
    query: Holder | None = None
    write: Holder


def named_client(client: Client = UNKNOWN) -> str:
    """Take the caller's name where nothing is written down about it, so that it has the same limits there."""
    return client


def asker(kit: Kit, client: str, authorization: str | None) -> Asker:
    """Say who asks now.

    An application needs no person's token, the mediator knows its rights. Where it brings one, the person
    must be one of IN_PERSON and is written down with it. Raises Problem 401 or 403.
    """
    person = "" if authorization is None else kit.access.require(authorization, *IN_PERSON).individual_id
    return Asker(client, person, current_exchange.get(), kit.clock.now())
