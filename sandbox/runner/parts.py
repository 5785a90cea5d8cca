"""The parts of a step, from text to parsed and placed: values, criteria, outputs, actions.

Every fault goes to the list that is passed in, and parsing goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.calls.criteria import Test, parse_criterion, references_of_test
from sandbox.calls.expressions import (
    ExpressionError,
    Literal,
    Reference,
    Value,
    parse_reference,
    parse_value,
    references_in,
)
from sandbox.calls.requests import can_write
from sandbox.errors import ContentError
from sandbox.model.scenario import Action, Criterion, Place, RequestBody, Step, Workflow
from sandbox.runner.compiled import CompiledAction, CompiledBody
from sandbox.runner.scope import Scope, find_fault, nearest


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

    def body(self, body: RequestBody, scope: Scope) -> CompiledBody:
        """Parse what a step sends."""
        if not can_write(body.content_type):
            self._faults.add(f"a body of type {body.content_type!r} can't be written here", body.place)
        payload = self.value(body.payload, scope, body.place)
        replacements = []
        for one in body.replacements:
            keys = tuple(key.replace("~1", "/").replace("~0", "~") for key in one.target.split("/")[1:])
            replacements.append((keys, self.value(one.value, scope, one.place)))
        return CompiledBody(body.content_type, payload, tuple(replacements))

    def action(self, action: Action, scope: Scope, ids: frozenset[str]) -> CompiledAction:
        """Parse what follows a step; `ids` are the steps it may go to."""
        if action.step_id is not None and action.step_id not in ids:
            self._faults.add(
                f"no step is called {action.step_id!r}" + nearest(action.step_id, ids), action.place
            )
        if action.kind == "goto" and action.step_id is None:
            self._faults.add(f"action {action.name!r} goes nowhere; name a stepId", action.place)
        return CompiledAction(
            name=action.name,
            kind=action.kind,
            step_id=action.step_id,
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

    def outputs(self, owner: Step | Workflow, scope: Scope) -> tuple[tuple[str, Reference], ...]:
        """Parse the outputs of a step or a workflow; each is one whole expression."""
        parsed = []
        for name, text in owner.outputs.items():
            place = owner.output_places.get(name, owner.place)
            try:
                reference = parse_reference(text)
            except ExpressionError as error:
                self._faults.add(f"output {name!r}: {error}", place)
                continue
            self._place([reference], scope, place)
            parsed.append((name, reference))
        return tuple(parsed)

    def value(self, value: Any, scope: Scope, place: Place) -> Value:
        """Parse a value down to every text in it; nothing stands for what could not be parsed."""
        try:
            parsed = parse_value(value)
        except ExpressionError as error:
            self._faults.add(str(error), place)
            return Literal(None)
        self._place(references_in(parsed), scope, place)
        return parsed

    def _place(self, references: Iterable[Reference], scope: Scope, place: Place) -> None:
        for fault in filter(None, (find_fault(reference, scope) for reference in references)):
            self._faults.add(fault, place)
