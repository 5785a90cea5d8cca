"""What waits for whom, and what was decided."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.registration import tasks
from blocks.registration.people import require_role
from blocks.registration.routes.wire import VISIBLE, Authorization
from blocks.registration.statistics import Question, Timeframe, count_decisions

Role = Annotated[str, Query(min_length=1, max_length=40, pattern=VISIBLE)]
Name = Annotated[str | None, Query(max_length=200, pattern=VISIBLE)]
Day = Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/worklist/tasks")
    def list_tasks(role: Role, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        require_role(caller, role)
        with kit.records.transaction() as db:
            listed = tasks.list_tasks(db, role)
        return {"count": len(listed), "tasks": listed}

    @router.get("/data/statistics")
    @router.get("/data/statistics/1.0")
    def read_statistics(
        startDate: Day = None,  # noqa: N803  the contract's names
        endDate: Day = None,  # noqa: N803
        registrationName: Name = None,  # noqa: N803
        operator: Name = None,
        role: Name = None,
        timeframe: Timeframe | None = None,
    ) -> list[dict[str, Any]]:
        question = Question(
            since=_read_day(startDate),
            until=_read_day(endDate),
            service=registrationName,
            operator=operator,
            role=role,
            timeframe=timeframe,
        )
        with kit.records.transaction() as db:
            return count_decisions(db, question)

    return router


def _read_day(text: str | None) -> date | None:
    """Read a date. Raises Problem 400 for one that no calendar has."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(400, "invalid-request", f"{text} is no date") from None
