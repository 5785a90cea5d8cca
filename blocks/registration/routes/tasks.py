"""Tasks as the published contract has them: listed, read, completed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from blocks.registration import acts, tasks
from blocks.registration.acts import Office
from blocks.registration.applications import find
from blocks.registration.published import write_completion, write_task, write_task_with_form
from blocks.registration.routes.files import First, Most, SortBy, SortOrder
from blocks.registration.routes.wire import VISIBLE, Authorization, CaseId
from blocks.registration.tasks import ORDERS, Wanted

Name = Annotated[str | None, Query(max_length=100, pattern=VISIBLE)]


class CompletionBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    data: Annotated[dict[str, Any], Field(max_length=100)] = Field(default_factory=dict)


def make_router(office: Office) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/tasks")
    kit = office.kit

    @router.get("")
    def find_tasks(
        mainTaskId: Name = None,  # noqa: N803  the contract's names
        fileId: Name = None,  # noqa: N803
        assigneeId: Name = None,  # noqa: N803
        first: First = 0,
        most: Most = 100,
        sort_by: SortBy = None,
        sort_order: SortOrder = "asc",
        authorization: Authorization = None,
    ) -> list[dict[str, Any]]:
        caller = kit.access.caller(authorization)
        wanted = Wanted(
            roles=None if caller.anyone else caller.roles,
            individual_id=caller.individual_id,
            main_task=mainTaskId,
            file=fileId,
            assignee=assigneeId,
            first=first,
            most=most,
            order=sort_by if sort_by in ORDERS else "created",
            descending=sort_order == "desc",
        )
        with kit.records.transaction() as db:
            return [write_task(each) for each in tasks.find_open(db, wanted)]

    @router.get("/{task}")
    def read_task(task: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            found = tasks.find(db, task)
            acts.require_task(caller, found)
            return write_task_with_form(found, find(db, found["file"])["form"])

    @router.post("/{task}/complete")
    def complete_task(
        task: CaseId,
        body: CompletionBody,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        return write_completion(acts.complete_task(office, caller, task, body.data))

    return router
