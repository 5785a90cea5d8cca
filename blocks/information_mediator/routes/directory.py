"""GovStack's directory operations: who is here, what they offer, and what the asker may call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from blockkit.problems import Problem
from blocks.information_mediator.callers import prove
from blocks.information_mediator.core import Core
from blocks.information_mediator.directory import ITSELF, Listed
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.host_check import UNPREFIXED
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.settings import SLUG
from blocks.information_mediator.wiring import Client, Operation, Service

ADDRESS = "/r1/{instanceId}/{memberClass}/{memberCode}/{applicationCode}"
PARTS = ("instanceId", "memberClass", "memberCode", "applicationCode")
One = Annotated[str | None, Query()]


def make_router(core: Core) -> APIRouter:
    """Give the routes."""
    router = APIRouter()

    def proven(request: Request) -> Client:
        try:
            return prove(core.directory, core.settings, Incoming(request.scope, request.receive))
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.kind, refusal.detail) from None

    def addressed(request: Request) -> tuple[Service | None, list[Listed]]:
        address = "/".join(request.path_params[name] for name in PARTS)
        service = core.directory.service(address)
        listed = [each for each in core.directory.listed if each.application == address]
        if service is None and not listed:
            raise Problem(404, "no-such-service", "no application has this address")
        return service, listed

    @router.get("/listClients")
    async def list_clients(request: Request, instanceId: One = None) -> dict[str, Any]:  # noqa: N803  the wire's name
        proven(request)
        wiring = core.directory.wiring
        names = {each.application: each.application.rpartition("/")[2] for each in core.directory.listed}
        names |= {service.application: service.name for service in wiring.services}
        names |= {client.application: client.name for client in wiring.clients}
        return {
            "member": [
                {"name": name, "id": _address("APPLICATION", application)}
                for application, name in sorted(names.items())
                if instanceId in (None, application.split("/")[0])
            ]
        }

    @router.get(ADDRESS + "/listMethods")
    async def list_methods(request: Request, serviceId: One = None) -> dict[str, Any]:  # noqa: N803
        proven(request)
        service, listed = addressed(request)
        members = [_offered(service, list(service.operations))] if service is not None else []
        return _answer(request, members, listed, serviceId)

    @router.get(ADDRESS + "/allowedMethods")
    async def allowed_methods(request: Request, serviceId: One = None) -> dict[str, Any]:  # noqa: N803
        client = proven(request)
        service, listed = addressed(request)
        members = []
        if service is not None and (allowed := _allowed(core, client, service)):
            members.append(_offered(service, allowed))
        # Nobody has a right to what nobody answers for; alone, everything is open.
        return _answer(request, members, listed if core.settings.token is None else [], serviceId)

    @router.get(ADDRESS + "/getOpenAPI")
    async def get_openapi(request: Request, serviceCode: One = None) -> Response:  # noqa: N803
        proven(request)
        service, listed = addressed(request)
        if serviceCode is None:
            raise Problem(400, "invalid-request", "name the service in the query: serviceCode=...")
        found = [each for each in listed if each.service_code == serviceCode]
        if found and found[0] != ITSELF:
            return JSONResponse(_empty_contract(found[0]))
        if found or (service is not None and service.block == SLUG and serviceCode == _code(service)):
            return JSONResponse(request.app.openapi())
        peer = core.settings.peers.get(service.block) if service is not None else None
        if service is None or peer is None or serviceCode != _code(service):
            raise Problem(
                404, "no-such-service", f"this application has no service called {serviceCode[:100]!r}"
            )
        try:
            answer = await core.upstream.ask(peer, "GET", "/openapi.json")
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.kind, refusal.detail) from None
        return JSONResponse(answer.json(), status_code=answer.status_code)

    return router


def _allowed(core: Core, client: Client, service: Service) -> list[Operation]:
    return [
        each
        for each in service.operations
        if core.settings.token is None
        or core.directory.right(client.application, service.application, each.operation_id)
    ]


def _answer(
    request: Request, members: list[dict[str, Any]], listed: list[Listed], only: str | None
) -> dict[str, Any]:
    members = [*members, *(_listed(each) for each in listed)]
    chosen = [each for each in members if only in (None, each["serviceId"], each["serviceCode"])]
    answer: dict[str, Any] = {"member": chosen}
    if request.scope.get(UNPREFIXED):
        # The compliance dialect's own shape, beside the published one.
        answer["service"] = [
            {name: each[name] for name in ("serviceId", "instanceId", "serviceCode")} for each in chosen
        ]
    return answer


def _offered(service: Service, operations: list[Operation]) -> dict[str, Any]:
    endpoints = [{"method": each.method.upper(), "path": each.path} for each in operations]
    return {
        **_address("SERVICE", service.application),
        "serviceType": "OPENAPI",
        "serviceId": _code(service),
        "serviceCode": _code(service),
        "endpointList": {"member": endpoints},
    }


def _listed(service: Listed) -> dict[str, Any]:
    return {
        **_address("SERVICE", service.application),
        "instanceId": service.instance_id,
        "serviceType": "OPENAPI",
        "serviceId": service.service_id,
        "serviceCode": service.service_code,
        "endpointList": {"member": []},
    }


def _empty_contract(service: Listed) -> dict[str, Any]:
    """Say of a service that nobody answers for what is known of it: its name, and no path."""
    return {"openapi": "3.1.0", "info": {"title": service.service_id, "version": "0"}, "paths": {}}


def _address(kind: str, application: str) -> dict[str, str]:
    return {"objectType": kind, **dict(zip(PARTS, application.split("/"), strict=True))}


def _code(service: Service) -> str:
    return service.application.rpartition("/")[2]
