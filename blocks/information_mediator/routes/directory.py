"""GovStack's directory operations: who is here, what they offer, and what the asker may call."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from blockkit.problems import Problem
from blocks.information_mediator.callers import prove
from blocks.information_mediator.core import Core
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.wiring import Client, Operation, Service

ADDRESS = "/r1/{instanceId}/{memberClass}/{memberCode}/{applicationCode}"


def make_router(core: Core) -> APIRouter:
    """Give the routes."""
    router = APIRouter()

    def proven(request: Request) -> Client:
        try:
            return prove(core.directory, core.settings, Incoming(request.scope, request.receive))
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.kind, refusal.detail) from None

    def addressed(request: Request) -> Service:
        names = ("instanceId", "memberClass", "memberCode", "applicationCode")
        service = core.directory.service("/".join(request.path_params[name] for name in names))
        if service is None:
            raise Problem(404, "no-such-service", "no application has this address")
        return service

    @router.get("/listClients")
    async def list_clients(request: Request) -> dict[str, Any]:
        proven(request)
        wiring = core.directory.wiring
        names = {service.application: service.name for service in wiring.services}
        names |= {client.application: client.name for client in wiring.clients}
        asked = request.query_params.get("instanceId")
        return {
            "member": [
                {"name": name, "id": _address("APPLICATION", application)}
                for application, name in sorted(names.items())
                if asked in (None, application.split("/")[0])
            ]
        }

    @router.get(ADDRESS + "/listMethods")
    async def list_methods(request: Request) -> dict[str, Any]:
        proven(request)
        service = addressed(request)
        return _methods(service, list(service.operations))

    @router.get(ADDRESS + "/allowedMethods")
    async def allowed_methods(request: Request) -> dict[str, Any]:
        client = proven(request)
        service = addressed(request)
        return _methods(
            service,
            [
                operation
                for operation in service.operations
                if core.directory.right(client.application, service.application, operation.operation_id)
            ],
        )

    @router.get(ADDRESS + "/getOpenAPI")
    async def get_openapi(request: Request) -> Response:
        proven(request)
        service = addressed(request)
        code = request.query_params.get("serviceCode")
        if code is None:
            raise Problem(400, "invalid-request", "name the service in the query: serviceCode=...")
        peer = core.settings.peers.get(service.block)
        if peer is None or code != _code(service):
            raise Problem(404, "no-such-service", f"this application has no service called {code!r}")
        try:
            answer = await core.upstream.ask(peer, "GET", "/openapi.json")
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.kind, refusal.detail) from None
        return JSONResponse(answer.json(), status_code=answer.status_code)

    return router


def _methods(service: Service, operations: list[Operation]) -> dict[str, Any]:
    if not operations:
        return {"member": []}
    endpoints = [{"method": each.method.upper(), "path": each.path} for each in operations]
    return {
        "member": [
            {
                **_address("SERVICE", service.application),
                "serviceType": "OPENAPI",
                "serviceCode": _code(service),
                "endpointList": {"member": endpoints},
            }
        ]
    }


def _address(kind: str, application: str) -> dict[str, str]:
    instance, member_class, member, code = application.split("/")
    return {
        "objectType": kind,
        "instanceId": instance,
        "memberClass": member_class,
        "memberCode": member,
        "applicationCode": code,
    }


def _code(service: Service) -> str:
    return service.application.rpartition("/")[2]
