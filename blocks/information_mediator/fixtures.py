"""Applications and services that a conformance harness presupposes: listed, and answered for by nobody.

The file is `{"data": [...]}`, an entry per application; `Document` says of what.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from blockkit.fixtures import as_form
from blockkit.records import Connection

Part = Annotated[str, StringConstraints(pattern=r"^[^/\x00]{1,100}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListedService(_Strict):
    """One service."""

    serviceId: Part  # noqa: N815  the file's names, here and below
    instanceId: Part  # noqa: N815
    serviceCode: Part  # noqa: N815


class ListedApplication(_Strict):
    """One application with its services."""

    GovStackInstance: Part
    memberClass: Part  # noqa: N815
    memberCode: Part  # noqa: N815
    applicationCode: Part  # noqa: N815
    service: list[ListedService] = []


class Document(_Strict):
    """The whole file."""

    data: list[ListedApplication]


def enter(connection: Connection, document: Any) -> None:
    """Write the services into the directory's table. Raises FixturesUnusable."""
    given = as_form(Document, document)
    for each in given.data:
        address = "/".join((each.GovStackInstance, each.memberClass, each.memberCode, each.applicationCode))
        for service in each.service:
            connection.execute(
                "INSERT INTO listed_services VALUES (%s, %s, %s, %s)",
                [address, service.serviceId, service.instanceId, service.serviceCode],
            )
