"""Success criteria and action criteria: parsed once, evaluated to a Check that shows both values.

Three kinds run: simple (see conditions.py), regex under RE2 (linear time, whatever the
pattern) and jsonpath by RFC 9535 (holds when it selects anything). XPath is refused when
documents are read. Nothing here raises for what an answer holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import re2

from sandbox.calls.conditions import Condition, judge, parse_condition, references_of
from sandbox.calls.context import Context, ReachesNothing, as_text, describe, evaluate, resolve
from sandbox.calls.expressions import (
    LONGEST_EXPRESSION,
    ExpressionError,
    Reference,
    Template,
    is_expression,
    parse_reference,
    parse_text,
    references_in,
)
from sandbox.calls.expressions import Literal as LiteralValue
from sandbox.calls.jsonpath import PathNotFollowed, compile_path, compile_pattern, find_nodes
from sandbox.model.run import Check

SHOWN_MATCHES = 3


@dataclass(frozen=True, slots=True)
class SimpleTest:
    """A comparison, or several joined."""

    text: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class PatternTest:
    """A regular expression or a JSONPath over what `subject` points at."""

    text: str
    kind: Literal["regex", "jsonpath"]
    subject: Reference
    pattern: LiteralValue | Template


Test = SimpleTest | PatternTest


def parse_criterion(text: str, kind: Literal["simple", "regex", "jsonpath"], context: str | None) -> Test:
    """Parse a criterion of any kind, or raise ExpressionError."""
    if kind == "simple":
        if context is not None and not is_expression(context):
            raise ExpressionError(f"the context is {context!r}, wanted: an expression such as $response.body")
        # A simple condition names what it reads; the context that the schema asks for adds nothing.
        return SimpleTest(text, parse_condition(text))
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"a condition of {len(text)} characters is longer than {LONGEST_EXPRESSION}")
    if context is None or not is_expression(context):
        raise ExpressionError(f"a {kind} condition needs a 'context', such as $response.body")
    pattern = parse_text(text) if not is_expression(text) else LiteralValue(text)
    if isinstance(pattern, Reference):
        raise ExpressionError(f"{text!r} is not a {kind} condition")
    test = PatternTest(text, kind, parse_reference(context), pattern)
    compile_text = compile_pattern if kind == "regex" else compile_path
    compile_text(_filled(test, Context(), placeholder="0"))
    return test


def references_of_test(test: Test) -> Iterator[Reference]:
    """Yield every expression a criterion reads."""
    if isinstance(test, SimpleTest):
        yield from references_of(test.condition)
    else:
        yield test.subject
        yield from references_in(test.pattern)


def check(test: Test, context: Context) -> Check:
    """Evaluate a criterion. The Check carries what was found and what was wanted, held or not."""
    if isinstance(test, SimpleTest):
        judged = judge(test.condition, context)
        return Check(condition=test.text, held=judged.held, found=judged.found, wanted=judged.wanted)
    try:
        subject = resolve(test.subject, context)
        pattern = _filled(test, context)
        held, found = _search(pattern, subject) if test.kind == "regex" else _select(pattern, subject)
    except (ReachesNothing, ExpressionError) as error:
        return Check(condition=test.text, held=False, found=str(error), wanted=test.text)
    return Check(condition=test.text, held=held, found=found, wanted=pattern)


def _search(pattern: str, subject: Any) -> tuple[bool, Any]:
    return bool(compile_pattern(pattern).search(as_text(subject))), subject


def _select(path: str, subject: Any) -> tuple[bool, Any]:
    try:
        nodes = find_nodes(path, subject)
        if not nodes and path.startswith("$[?") and isinstance(subject, Mapping):
            # The standard's own example, `$[?count(@.pets) > 0]` over `$response.body`, asks the object
            # itself; by RFC 9535 alone it would ask the object's members.
            nodes = find_nodes(path, [subject])
    except PathNotFollowed as error:
        return False, str(error)
    if not nodes:
        return False, f"no match in {describe(subject)}"
    return True, [value for _, value in nodes[:SHOWN_MATCHES]]


def _filled(test: PatternTest, context: Context, *, placeholder: str | None = None) -> str:
    """Put values into a pattern so that none of their characters is read as part of its grammar."""
    if isinstance(test.pattern, LiteralValue):
        return str(test.pattern.value)
    quote = re2.escape if test.kind == "regex" else _quote_for_path
    return "".join(
        part
        if isinstance(part, str)
        else (placeholder if placeholder is not None else quote(as_text(evaluate(part, context))))
        for part in test.pattern.parts
    )


def _quote_for_path(text: str) -> str:
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return inner.replace('\\"', "\\u0022").replace("'", "\\u0027")
