"""Answers with its own environment, fails when told to, and says each request to its log."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI

log = logging.getLogger("echo")


def create_app(environment: Mapping[str, str]) -> FastAPI:
    if "REFUSE_TO_START" in environment:
        raise RuntimeError(environment["REFUSE_TO_START"])
    app = FastAPI()

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/environment/{name}")
    def tell(name: str) -> dict[str, str]:
        return {name: environment.get(name, "")}

    @app.get("/say/{word}")
    def say(word: str) -> None:
        log.warning("told to say %s", word)

    return app
