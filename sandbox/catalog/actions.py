"""Reads success criteria and what follows a step: end, goto, retry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sandbox.catalog import profile
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.validate import nearest
from sandbox.model.scenario import Action, Criterion

KINDS = ("simple", "regex", "jsonpath")


def read_criteria(owner: Cursor, key: str) -> Iterator[Criterion]:
    """Read the criteria under a key of a step or an action."""
    for entry in owner.each(key):
        entry.expect_keys(*profile.CRITERION)
        kind: Any = entry.value.get("type", "simple")
        if isinstance(kind, dict):
            raise entry.at("type").error(
                "a criterion type object is not run here", hint="write 'type: jsonpath' or 'type: regex'"
            )
        if kind == "xpath":
            raise entry.at("type").error("xpath is not run here", hint="use simple, regex or jsonpath")
        if kind not in KINDS:
            raise entry.at("type").error(f"the criterion type is {kind!r}", hint=nearest(str(kind), KINDS))
        if kind != "simple" and not entry.has("context"):
            raise entry.error(f"a {kind} criterion needs 'context'", hint="add 'context: $response.body'")
        if kind == "simple" and entry.has("context"):
            raise entry.at("context").error(
                "a simple criterion has no 'context'", hint="say 'type: regex' or 'type: jsonpath'"
            )
        condition = entry.need("condition").value
        # YAML reads a bare `true` or `200` as no text; the condition is text nonetheless.
        text = entry.at("condition").text() if not isinstance(condition, bool | int) else str(condition)
        context = entry.at("context").text() if entry.has("context") else None
        yield Criterion(condition=text, kind=kind, context=context, place=entry.place)


def read_success_actions(owner: Cursor, key: str, components: Components) -> Iterator[Action]:
    """Read what happens after a success: end, or go to a step."""
    for entry in owner.each(key):
        action = components.follow(entry, "successActions")
        action.expect_keys(*profile.SUCCESS_ACTION)
        kind = action.need("type").text()
        if kind == "end":
            yield _action(entry, action, "end")
        elif kind == "goto":
            yield _action(entry, action, "goto")
        else:
            raise action.at("type").error(f"the action is {kind!r}, wanted: end or goto")


def read_failure_actions(owner: Cursor, key: str, components: Components) -> Iterator[Action]:
    """Read what happens after a failure: end, or try again."""
    for entry in owner.each(key):
        action = components.follow(entry, "failureActions")
        action.expect_keys(*profile.FAILURE_ACTION)
        kind = action.need("type").text()
        if kind == "end":
            yield _action(entry, action, "end")
        elif kind == "retry":
            yield _action(entry, action, "retry")
        elif kind == "goto":
            raise action.at("type").error(
                "goto after a failure is not run here",
                hint="an expected refusal is a criterion ($statusCode == 403), then branch in onSuccess",
            )
        else:
            raise action.at("type").error(f"the action is {kind!r}, wanted: end or retry")


def _action(entry: Cursor, action: Cursor, kind: Literal["end", "goto", "retry"]) -> Action:
    if kind == "goto":
        action.need("stepId")
    elif kind == "end" and action.has("stepId"):
        raise action.at("stepId").error("an end goes nowhere", hint="say 'type: goto'")
    limit = action.at("retryLimit").number() if action.has("retryLimit") else 1
    if limit != int(limit):
        raise action.at("retryLimit").error(f"retryLimit is {limit}, wanted: a whole number")
    return Action(
        name=action.need("name").text(),
        kind=kind,
        step_id=action.at("stepId").text() if action.has("stepId") else None,
        retry_after=float(action.at("retryAfter").number()) if action.has("retryAfter") else 0.0,
        retry_limit=int(limit),
        criteria=tuple(read_criteria(action, "criteria")),
        place=entry.place,
    )


def merge_actions(own: Iterator[Action], inherited: Sequence[Action]) -> tuple[Action, ...]:
    """Put a step's own actions before its workflow's; one of the same name takes its place."""
    mine = tuple(own)
    taken = {action.name for action in mine}
    return (*mine, *(action for action in inherited if action.name not in taken))
