"""The doors of pages that people log in to: in by identity, back from it, and out again.

Every block with such pages has the same three routes; what the pages say is the block's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from blockkit.problems import Problem
from blockkit.signin import SignIn, Visitor

PRINTABLE = r"^[^\x00-\x1f]+$"
Seal = Annotated[str, Form(max_length=100, pattern=PRINTABLE)]


class Pages(Protocol):
    """What a block's pages say at the door."""

    def welcome(self) -> Response:
        """Ask somebody unknown to log in."""
        ...

    def alone(self) -> Response:
        """Say why nobody can log in to a block that runs alone."""
        ...

    def refuse(self, visitor: Visitor | None, words: str, status: int) -> Response:
        """Say what can't be done, and why."""
        ...


class Doors:
    """The doors of one block's pages for people."""

    def __init__(self, sign_in: SignIn, pages: Pages) -> None:
        self._sign_in = sign_in
        self._pages = pages

    def for_person(self, request: Request, show: Callable[[Visitor], Response]) -> Response:
        """Show a page to whoever is logged in; everybody else is asked to, or told that nobody can."""
        visitor = None
        try:
            visitor = self._sign_in.visitor(request)
            if visitor is None:
                return self._pages.welcome()
            if not visitor.caller.individual_id:
                return self._pages.alone()
            return show(visitor)
        except Problem as problem:
            return self._pages.refuse(visitor, problem.detail, problem.status)

    def add_to(self, router: APIRouter) -> None:
        """Serve `/login`, `/back` and `/logout` below the router's prefix."""
        sign_in, pages = self._sign_in, self._pages

        @router.get("/login")
        def begin_log_in(onward: Annotated[str, Query(max_length=500)] = sign_in.home) -> Response:
            if sign_in.alone:
                return pages.alone()
            try:
                return sign_in.begin(onward)
            except Problem as problem:
                return pages.refuse(None, problem.detail, problem.status)

        @router.get("/back")
        def finish_log_in(request: Request) -> Response:
            try:
                return sign_in.finish(request)
            except Problem as problem:
                return pages.refuse(None, problem.detail, problem.status)

        @router.post("/logout")
        def log_out(request: Request, seal: Seal) -> Response:
            def leave(visitor: Visitor) -> Response:
                visitor.require_seal(seal)
                return sign_in.leave()

            return self.for_person(request, leave)
