"""The parts of a step, from text to parsed and placed: values, criteria, outputs, actions.

Every fault goes to the list that is passed in, and parsing goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.calls.criteria import Test, parse_criterion, references_of_test
from sandbox.calls.expressions import (
    ExpressionError,
    Literal,
    Reference,
    Value,
    is_expression,
    parse_json_text,
    parse_reference,
    parse_selector,
    parse_value,
    references_in,
    unescape,
)
from sandbox.calls.jsonpath import compile_path
from sandbox.calls.requests import can_write, is_json
from sandbox.errors import ContentError
from sandbox.model.operation import Location
from sandbox.model.scenario import (
    Action,
    Criterion,
    Parameter,
    Place,
    Replacement,
    RequestBody,
    Selector,
    Step,
    Workflow,
    WorkflowRef,
)
from sandbox.runner.compiled import (
    CompiledAction,
    CompiledBody,
    CompiledParameter,
    CompiledReplacement,
    WorkflowKey,
)
from sandbox.runner.scope import Scope, find_fault, nearest

JSON = "application/json"
FindWorkflow = Callable[[WorkflowRef, Place], WorkflowKey | None]


class Faults:
    """What is wrong with a scenario's documents, in the order in which it was found."""

    def __init__(self) -> None:
        self.errors: list[ContentError] = []

    def add(self, message: str, place: Place) -> None:
        """Note a fault at its place."""
        self.errors.append(ContentError(message, path=place.path, line=place.line))


class PartParser:
    """Parses parts of steps and notes what is wrong with them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def body(self, body: RequestBody, scope: Scope, declared: Iterable[str] = ()) -> CompiledBody:
        """Parse what a step sends; `declared` are the media types that its operation takes."""
        content_type = body.content_type or next(iter(declared), JSON)
        if not can_write(content_type):
            self._faults.add(f"a body of type {content_type!r} can't be written here", body.place)
        payload = body.payload
        if is_json(content_type) and isinstance(payload, str) and not is_expression(payload):
            parsed = self._json_text(payload, scope, body.place)
        else:
            parsed = self.value(payload, scope, body.place)
        replacements = tuple(self._replacement(one, scope) for one in body.replacements)
        return CompiledBody(content_type, parsed, replacements)

    def _json_text(self, text: str, scope: Scope, place: Place) -> Value:
        try:
            parsed = parse_json_text(text)
        except ExpressionError as error:
            self._faults.add(str(error), place)
            return Literal(None)
        self._place(references_in(parsed), scope, place)
        return parsed

    def _replacement(self, one: Replacement, scope: Scope) -> CompiledReplacement:
        value = self.value(one.value, scope, one.place)
        if one.kind == "jsonpointer":
            return CompiledReplacement(value, tuple(unescape(key) for key in one.target.split("/")[1:]))
        try:
            compile_path(one.target)
        except ExpressionError as error:
            self._faults.add(str(error), one.place)
        return CompiledReplacement(value, path=one.target)

    def parameters(
        self, parameters: Iterable[Parameter], scope: Scope, *, nested: bool
    ) -> tuple[CompiledParameter, ...]:
        """Parse parameters; `nested` keeps those alone that become inputs of a workflow."""

        def location(one: Parameter) -> Location | None:
            return one.location

        return tuple(
            CompiledParameter(one.name, location(one), self.value(one.value, scope, one.place))
            for one in parameters
            # Headers that a workflow sets for all its steps mean nothing to a step that calls a workflow.
            if one.location is None or not nested
        )

    def action(self, action: Action, scope: Scope, ids: frozenset[str], find: FindWorkflow) -> CompiledAction:
        """Parse what follows a step; `ids` are the steps it may go to, `find` finds a workflow."""
        if action.step_id is not None and action.step_id not in ids:
            self._faults.add(
                f"no step is called {action.step_id!r}" + nearest(action.step_id, ids), action.place
            )
        if action.kind == "goto" and action.step_id is None and action.workflow is None:
            self._faults.add(f"action {action.name!r} goes nowhere; name a stepId", action.place)
        return CompiledAction(
            name=action.name,
            kind=action.kind,
            step_id=action.step_id,
            workflow=find(action.workflow, action.place) if action.workflow is not None else None,
            parameters=self.parameters(action.parameters, scope, nested=True),
            retry_after=action.retry_after,
            retry_limit=action.retry_limit,
            tests=self.tests(action.criteria, scope),
        )

    def tests(self, criteria: Iterable[Criterion], scope: Scope) -> tuple[Test, ...]:
        """Parse criteria."""
        tests = []
        for one in criteria:
            try:
                test = parse_criterion(one.condition, one.kind, one.context)
            except ExpressionError as error:
                self._faults.add(str(error), one.place)
                continue
            self._place(references_of_test(test), scope, one.place)
            tests.append(test)
        return tuple(tests)

    def outputs(self, owner: Step | Workflow, scope: Scope) -> tuple[tuple[str, Value], ...]:
        """Parse the outputs of a step or a workflow; each is one whole expression, or a selector."""
        parsed: list[tuple[str, Value]] = []
        for name, stated in owner.outputs.items():
            place = owner.output_places.get(name, owner.place)
            try:
                value = _selected(stated) if isinstance(stated, Selector) else parse_reference(stated)
            except ExpressionError as error:
                self._faults.add(f"output {name!r}: {error}", place)
                continue
            self._place(references_in(value), scope, place)
            parsed.append((name, value))
        return tuple(parsed)

    def value(self, value: Any, scope: Scope, place: Place) -> Value:
        """Parse a value down to every text in it; nothing stands for what could not be parsed."""
        try:
            parsed = _selected(value) if isinstance(value, Selector) else parse_value(value)
        except ExpressionError as error:
            self._faults.add(str(error), place)
            return Literal(None)
        self._place(references_in(parsed), scope, place)
        return parsed

    def _place(self, references: Iterable[Reference], scope: Scope, place: Place) -> None:
        for fault in filter(None, (find_fault(reference, scope) for reference in references)):
            self._faults.add(fault, place)


def _selected(selector: Selector) -> Value:
    parsed = parse_selector(selector.context, selector.selector, selector.kind)
    if selector.kind == "jsonpath":
        compile_path(selector.selector)
    return parsed
