"""Answers with its own environment, fails when told to, and says each request to its log."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

log = logging.getLogger("echo")


def create_app(environment: Mapping[str, str]) -> FastAPI:
    if "REFUSE_TO_START" in environment:
        raise RuntimeError(environment["REFUSE_TO_START"])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if "FAIL_IN_LIFESPAN" in environment:
            raise RuntimeError(environment["FAIL_IN_LIFESPAN"])
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/environment/{name}")
    def tell(name: str) -> dict[str, str]:
        return {name: environment.get(name, "")}

    @app.get("/say/{word}")
    def say(word: str) -> None:
        log.warning("told to say %s", word)

    @app.get("/thread")
    async def thread() -> str:
        return threading.current_thread().name

    @app.get("/forever")
    async def forever() -> None:
        log.warning("waiting for ever")
        await asyncio.Event().wait()

    return app
