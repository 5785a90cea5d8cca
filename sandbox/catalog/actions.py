"""Reads success criteria and what follows a step: end, goto, retry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from sandbox.catalog import keys
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.selectors import read_kind
from sandbox.catalog.validate import nearest
from sandbox.model.scenario import Action, Criterion, Parameter, WorkflowRef

KINDS = ("simple", "regex", "jsonpath")
CriterionKind = Literal["simple", "regex", "jsonpath"]
Kind = Literal["end", "goto", "retry"]
Given = Callable[[Cursor], tuple[Parameter, ...]]
"""Reads the inputs that an action hands to its workflow."""
Target = Callable[[Cursor], WorkflowRef]
"""Reads which workflow is named."""


def read_criteria(owner: Cursor, key: str, *, least: int = 1) -> Iterator[Criterion]:
    """Read the criteria under a key of a step or an action."""
    for entry in owner.distinct(key, least=least):
        yield read_criterion(entry)


def read_criterion(entry: Cursor) -> Criterion:
    """Read one criterion."""
    keys.expect_keys(entry, keys.CRITERION)
    kind: CriterionKind = _kind(entry) if entry.has("type") else "simple"
    if entry.has("type") and not entry.has("context"):
        raise entry.error(
            f"a criterion with a type ({kind}) needs 'context'", hint="add 'context: $response.body'"
        )
    return Criterion(
        condition=entry.need("condition").text(),
        kind=kind,
        context=entry.at("context").text() if entry.has("context") else None,
        typed=isinstance(entry.value.get("type"), dict),
        place=entry.place,
    )


def _kind(entry: Cursor) -> Any:
    stated = entry.at("type")
    if isinstance(stated.value, dict):
        return read_kind(stated)
    if stated.value == "xpath":
        raise stated.error("xpath is not run here", hint="use simple, regex or jsonpath")
    if stated.value not in KINDS:
        raise stated.error(f"the criterion type is {stated.value!r}", hint=nearest(str(stated.value), KINDS))
    return stated.value


class ActionReader:
    """Reads the actions of one document."""

    def __init__(self, components: Components, target: Target, given: Given) -> None:
        self._components = components
        self._target = target
        self._given = given

    def successes(self, owner: Cursor, key: str) -> Iterator[Action]:
        """Read what happens after a success: end, or go somewhere."""
        for entry in owner.distinct(key):
            yield self.success(entry, self._components.follow(entry, "successActions"))

    def failures(self, owner: Cursor, key: str) -> Iterator[Action]:
        """Read what happens after a failure: end, go somewhere, or try again."""
        for entry in owner.distinct(key):
            yield self.failure(entry, self._components.follow(entry, "failureActions"))

    def success(self, entry: Cursor, action: Cursor) -> Action:
        """Read one; `entry` is where it is asked for, `action` where it is written."""
        keys.expect_keys(action, keys.SUCCESS_ACTION)
        return self._action(entry, action, ("end", "goto"), least=1)

    def failure(self, entry: Cursor, action: Cursor) -> Action:
        """Read one; `entry` is where it is asked for, `action` where it is written."""
        keys.expect_keys(action, keys.FAILURE_ACTION)
        return self._action(entry, action, ("end", "goto", "retry"), least=0)

    def _action(self, entry: Cursor, action: Cursor, kinds: Sequence[Kind], *, least: int) -> Action:
        kind: Any = action.need("type").text()
        if kind not in kinds:
            wanted = ", ".join(kinds[:-1]) + f" or {kinds[-1]}"
            raise action.at("type").error(f"the action is {kind!r}, wanted: {wanted}")
        places = [key for key in ("stepId", "workflowId") if action.has(key)]
        if len(places) > 1:
            raise action.at(places[1]).error("an action goes to a step or to a workflow, not to both")
        if kind == "goto" and not places:
            raise action.error("a goto names where it goes", hint="add 'stepId' or 'workflowId'")
        if kind == "end" and places:
            raise action.at(places[0]).error("an end goes nowhere", hint="say 'type: goto'")
        if action.has("parameters") and "workflowId" not in places:
            raise action.at("parameters").error("parameters are for a workflow", hint="add 'workflowId'")
        limit = action.at("retryLimit").number() if action.has("retryLimit") else 1
        if limit != int(limit):
            raise action.at("retryLimit").error(f"retryLimit is {limit}, wanted: a whole number")
        return Action(
            name=action.need("name").text(),
            kind=kind,
            step_id=action.at("stepId").text() if action.has("stepId") else None,
            workflow=self._target(action.at("workflowId")) if action.has("workflowId") else None,
            parameters=self._given(action),
            retry_after=float(action.at("retryAfter").number()) if action.has("retryAfter") else 0.0,
            retry_limit=int(limit),
            criteria=tuple(read_criteria(action, "criteria", least=least)),
            place=entry.place,
        )


def merge_actions(own: Iterator[Action], inherited: Sequence[Action]) -> tuple[Action, ...]:
    """Put a step's own actions before its workflow's; one of the same name takes its place."""
    mine = tuple(own)
    taken = {action.name for action in mine}
    return (*mine, *(action for action in inherited if action.name not in taken))
