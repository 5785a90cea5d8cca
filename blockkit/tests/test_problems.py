"""A wrong method is answered with the right ones."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI

from blockkit.methods import allowed_methods


@pytest.fixture
def app() -> FastAPI:
    """An application as blocks are: the routes of one address lie in several routers."""
    first, second, made = APIRouter(), APIRouter(), FastAPI()

    def answer() -> None:
        """Answer nothing."""

    first.get("/people/{id}/")(answer)
    second.put("/people/{id}/")(answer)
    second.delete("/people/record/")(answer)
    first.get("/people/{id}/notes.txt")(answer)
    made.include_router(first)
    made.include_router(second)
    return made


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/people/1/", "GET, PUT"),
        ("/people/record/", "DELETE"),
        ("/people/1/notes.txt", "GET"),
        ("/people/1/notes-txt", ""),
        ("/elsewhere", ""),
    ],
)
def test_the_methods_are_those_of_the_path_that_is_meant(app: FastAPI, path: str, methods: str) -> None:
    assert allowed_methods(app, path) == methods
