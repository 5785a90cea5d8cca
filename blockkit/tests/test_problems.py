"""A wrong method is answered with the right ones."""

from __future__ import annotations

import pytest

from blockkit.problems import allowed_methods

CONTRACT = {
    "paths": {
        "/people/{id}/": {"parameters": [], "get": {}, "put": {}},
        "/people/record/": {"delete": {}},
        "/people/{id}/notes.txt": {"get": {}},
    }
}


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
def test_the_methods_are_those_of_the_path_that_is_meant(path: str, methods: str) -> None:
    assert allowed_methods(CONTRACT, path) == methods
