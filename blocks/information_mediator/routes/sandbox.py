"""`/_sandbox`: what the controls and the command line ask of the mediator, opened by the sandbox's token.

Reading leaves no trace; whatever changes something is a line of kind `control` in the log.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from blockkit.problems import Problem
from blockkit.settings import INSTANCE
from blocks.information_mediator.core import Core
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.faults import Name
from blocks.information_mediator.incoming import printable
from blocks.information_mediator.log import LogUnavailable, Wanted
from blocks.information_mediator.messages import LONGEST_WAIT
from blocks.information_mediator.settings import SLUG
from blocks.information_mediator.store import keep_time, read_wiring

READINESS_SECONDS = 2.0
OUTSIDE_SECONDS = 10.0
"""For a product elsewhere, to which the first connection takes longer."""
CLOCK_SECONDS = 60.0
"""A block answers when the jobs that fell due are done."""


class ClockSetting(BaseModel):
    """Body of `POST /_sandbox/clock`."""

    offset_seconds: int
    epoch: int = 0
    renew: bool = False
    """Whether the blocks' databases were closed for a moment."""


class Checkpoints(BaseModel):
    """Body of `PUT /_sandbox/checkpoints`: those that there still are."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(max_length=1000)


class FaultPlan(BaseModel):
    """Body of `POST /_sandbox/faults`."""

    model_config = ConfigDict(extra="forbid")

    fault: Name
    block: str
    operation: str = Field(default="", max_length=200)
    client: str = Field(default="", max_length=200)
    times: int | None = Field(default=None, ge=1)
    milliseconds: int = Field(default=1000, ge=0, le=60_000)


class Planting(BaseModel):
    """Body of `POST /_sandbox/plants`."""

    model_config = ConfigDict(extra="forbid")

    block: str
    individualId: str  # noqa: N815  the wire's name
    change: dict[str, Any] | None = None
    event: dict[str, Any] | None = None


def make_router(core: Core) -> APIRouter:
    """Give the routes."""

    def require_token(request: Request) -> None:
        if not core.settings.opens_controls(request.headers.get("information-mediator-secret", "")):
            raise Problem(401, "unknown-client", "this needs the sandbox's token")

    router = APIRouter(prefix="/_sandbox", dependencies=[Depends(require_token)], include_in_schema=False)

    async def note(request: Request, said: Any, answered: Any = None, status: int = 200) -> None:
        exchange = core.begin("control", f"{INSTANCE}/sandbox", request.method, request.url.path)
        exchange.service = f"{INSTANCE}/{SLUG}"
        exchange.block = SLUG
        exchange.operation_id = request.url.path.rpartition("/")[2]
        exchange.summary = exchange.operation_id
        exchange.status = status
        exchange.request = said
        exchange.response = answered
        if isinstance(said, dict):
            exchange.individual = said.get("individualId", "")
        try:
            await core.log.append(exchange)
        except LogUnavailable as error:
            raise Problem(error.status, error.kind, error.detail) from None

    @router.get("/readiness")
    async def readiness() -> JSONResponse:
        async def ask(slug: str) -> tuple[str, dict[str, Any]]:
            return slug, await _readiness_of(core, slug)

        instances = dict(await asyncio.gather(*map(ask, core.settings.peers)))
        own = await core.log.answers()
        instances[SLUG] = {"ready": own, "reason": "" if own else "the database does not answer"}
        ready = all(each["ready"] for each in instances.values())
        return JSONResponse({"instances": instances}, status_code=200 if ready else 503)

    @router.get("/exchanges")
    async def exchanges(
        since: Annotated[int, Query(ge=0)] = 0,
        application: str = "",
        client: str = "",
        individual: str = "",
        operation: str = "",
        fault: str = "",
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> dict[str, Any]:
        service = application if "/" in application or not application else f"{INSTANCE}/{application}"
        found = await core.log.read(
            Wanted(
                since=since,
                application=printable(service),
                client=printable(client),
                individual=printable(individual),
                operation=printable(operation),
                fault=printable(fault),
                limit=limit,
            )
        )
        return {"count": len(found), "exchanges": found}

    @router.get("/log")
    async def log(
        since: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=5000)] = 1000
    ) -> dict[str, Any]:
        return {"lines": [asdict(line) for line in await core.log.lines(since, limit)]}

    @router.get("/head")
    async def head() -> dict[str, Any]:
        newest = await core.log.head()
        return {"number": newest.number, "hash": newest.hash}

    @router.get("/messages")
    async def messages(
        correlationId: str = "",  # noqa: N803  the wire's name
        kind: str = "",
        timeoutSeconds: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = LONGEST_WAIT,  # noqa: N803
    ) -> Response:
        message = await core.messages.wait(printable(kind), printable(correlationId), timeoutSeconds)
        if message is None:
            raise Problem(408, "no-message", "no message came in time")
        # Escaped as it came: a body may hold half a surrogate pair, which is no UTF-8.
        return Response(json.dumps(message), media_type="application/json")

    @router.delete("/messages", status_code=204)
    async def clear_messages(request: Request) -> None:
        await core.messages.clear()
        await note(request, None, status=204)

    @router.post("/clock")
    async def clock(setting: ClockSetting, request: Request) -> JSONResponse:
        core.clock.offset_seconds = setting.offset_seconds
        core.clock.epoch = setting.epoch
        await keep_time(core.pool, core.clock)
        body = setting.model_dump(exclude=None if setting.renew else {"renew"})
        slugs = [slug for slug, peer in core.settings.peers.items() if peer.keeps_our_clock]
        identifier = core.new_id()
        with core.hold.exempt(identifier):  # jobs that fall due may call other blocks, also during a reset
            moves = (_set_clock(core, slug, body, identifier) for slug in slugs)
            answers = await asyncio.gather(*moves)
        failed = [slug for slug, moved in zip(slugs, answers, strict=True) if not moved]
        today = {"today": core.clock.today().isoformat()}
        await note(request, body, today, 502 if failed else 200)
        if failed:
            raise Problem(502, "clock-not-set", "some blocks did not move their clock", failed=failed)
        return JSONResponse(today)

    @router.post("/plants")
    async def plants(planting: Planting, request: Request) -> Response:
        peer = core.settings.peers.get(planting.block)
        if peer is None:
            raise Problem(404, "no-such-service", f"no block is called {planting.block!r} here")
        if peer.outside is not None:
            raise Problem(422, "nothing-to-plant", "nothing can be planted in a product that runs elsewhere")
        said = planting.model_dump(exclude={"block"}, exclude_none=True)
        try:
            answer = await core.upstream.ask(peer, "POST", "/_sandbox/plant", json=said)
        except Refusal as refusal:
            raise Problem(refusal.status, refusal.kind, refusal.detail) from None
        await note(request, planting.model_dump(exclude_none=True), status=answer.status_code)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    @router.post("/hold")
    async def hold(request: Request) -> dict[str, Any]:
        running = await core.hold.close()
        await note(request, None, {"running": running})
        return {"held": True, "running": running}

    @router.post("/release")
    async def release(request: Request) -> dict[str, Any]:
        core.hold.open()
        await note(request, None)
        return {"held": False}

    @router.post("/faults", status_code=201)
    async def plant_fault(plan: FaultPlan, request: Request) -> dict[str, str]:
        if plan.block not in core.settings.peers:
            raise Problem(404, "no-such-service", f"no block is called {plan.block!r} here")
        planted = await core.faults.plant(
            plan.fault,
            plan.block,
            printable(plan.operation),
            printable(plan.client),
            plan.times,
            plan.milliseconds,
        )
        await note(request, plan.model_dump(), {"faultId": planted}, 201)
        return {"faultId": planted}

    @router.get("/faults")
    async def list_faults() -> dict[str, Any]:
        return {"faults": [asdict(fault) for fault in core.faults.planted()]}

    @router.delete("/faults", status_code=204)
    async def clear_faults(request: Request) -> None:
        await core.faults.clear()
        await note(request, None, status=204)

    @router.post("/reset")
    async def reset(request: Request) -> dict[str, Any]:
        core.hold.void_waiting()
        await core.faults.clear()
        await core.messages.clear()
        await core.events.clear()
        await note(request, None)
        return {"reset": True}

    @router.post("/checkpoints/{checkpoint}", status_code=201)
    async def save_checkpoint(checkpoint: str, request: Request) -> dict[str, Any]:
        rows = await core.keeping.save(printable(checkpoint))
        await note(request, None, {"rows": rows}, 201)
        return {"rows": rows}

    @router.post("/checkpoints/{checkpoint}/restore")
    async def restore_checkpoint(checkpoint: str, request: Request) -> dict[str, Any]:
        core.hold.void_waiting()
        await core.faults.clear()
        await core.keeping.restore(printable(checkpoint))
        core.events.news.set()
        await note(request, {"checkpoint": printable(checkpoint)})
        return {"restored": True}

    @router.put("/checkpoints")
    async def keep_checkpoints(checkpoints: Checkpoints) -> dict[str, Any]:
        await core.keeping.forget(checkpoints.ids)
        return {"kept": len(checkpoints.ids)}

    @router.get("/clock")
    async def read_clock() -> dict[str, Any]:
        return {
            "offset_seconds": core.clock.offset_seconds,
            "epoch": core.clock.epoch,
            "today": core.clock.today().isoformat(),
        }

    @router.post("/wiring")
    async def reread_wiring(request: Request) -> dict[str, Any]:
        core.directory = await read_wiring(core.pool)
        counts = {"rights": len(core.directory.wiring.rights)}
        await note(request, None, counts)
        return counts

    return router


async def _readiness_of(core: Core, slug: str) -> dict[str, Any]:
    peer = core.settings.peers[slug]
    try:
        seconds = READINESS_SECONDS if peer.outside is None else OUTSIDE_SECONDS
        answer = await core.upstream.ask(peer, "GET", peer.readiness, seconds=seconds)
    except Refusal as refusal:
        return {"ready": False, "reason": refusal.detail}
    # A product elsewhere need not have such a path: it is there when it answers for itself.
    if answer.status_code in (200, 204) or (peer.outside and answer.status_code < 500):
        return {"ready": True, "reason": ""}
    try:
        reason = str(answer.json().get("reason", ""))
    except (ValueError, AttributeError):
        reason = ""
    return {"ready": False, "reason": reason or f"it answered {answer.status_code}"}


async def _set_clock(core: Core, slug: str, body: dict[str, Any], cause: str) -> bool:
    try:
        answer = await core.upstream.ask(
            core.settings.peers[slug],
            "POST",
            "/_sandbox/clock",
            json=body,
            headers={"X-Exchange-Id": cause},
            seconds=CLOCK_SECONDS,
        )
    except Refusal:
        return False
    return answer.status_code == 200
