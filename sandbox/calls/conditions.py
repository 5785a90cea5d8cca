"""Simple conditions of Arazzo: text to a frozen tree, and its evaluation with both values shown.

Comparisons of runtime expressions and literals, joined by `&&`, `||`, `!` and parentheses.
Strings compare without case, as the standard demands; values of different kinds are never
equal and never ordered. Refuses everything else: a condition is data, nothing in it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, Literal

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedInput, VisitError

from sandbox.calls.context import Context, ReachesNothing, resolve
from sandbox.calls.expressions import LONGEST_EXPRESSION, ExpressionError, Reference, parse_reference

DEEPEST_NESTING = 50


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: text, number, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; a lone boolean expression is compared with `true`."""

    left: Constant | Reference
    operator: str
    right: Constant | Reference


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its condition can be told and does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by one operator, evaluated from left to right until the end is known."""

    operator: Literal["&&", "||"]
    conditions: tuple[Condition, ...]


Condition = Comparison | Not | Joined


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a condition held, and the two values of the comparison that decided it."""

    held: bool
    found: Any
    wanted: Any
    told: bool = True
    """False when a side was not there or the two kinds have no order; then nothing holds, negated or not."""


_GRAMMAR = r"""
start: _either
_either: both | either
either: both ("||" both)+
both: _single ("&&" _single)*
_single: negation | comparison | "(" _either ")"
negation: "!" _single
comparison: _operand (OPERATOR _operand)?
_operand: EXPRESSION | TEXT | NUMBER | WORD

OPERATOR: "==" | "!=" | "<=" | ">=" | "<" | ">"
EXPRESSION: /\$[A-Za-z][^\s=<>!&|()]*/
TEXT: /'([^']|'')*'/
NUMBER: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])/
WORD: /(true|false|null)(?![\w.])/
%ignore /[ \t\r\n]+/
"""

_WORDS = {"true": True, "false": False, "null": None}


class _Build(Transformer[Token, Condition]):
    """Folds a parse tree into a Condition; the names are the grammar's."""

    def EXPRESSION(self, token: Token) -> Reference:  # noqa: N802
        return parse_reference(str(token))

    def TEXT(self, token: Token) -> Constant:  # noqa: N802
        return Constant(token[1:-1].replace("''", "'"))

    def NUMBER(self, token: Token) -> Constant:  # noqa: N802
        return Constant(float(token) if any(mark in token for mark in ".eE") else int(token))

    def WORD(self, token: Token) -> Constant:  # noqa: N802
        return Constant(_WORDS[str(token)])

    def comparison(self, children: list[Any]) -> Comparison:
        if len(children) == 1:
            return Comparison(children[0], "==", Constant(True))
        return Comparison(children[0], str(children[1]), children[2])

    def negation(self, children: list[Condition]) -> Condition:
        return Not(children[0])

    def both(self, children: list[Condition]) -> Condition:
        return children[0] if len(children) == 1 else Joined("&&", tuple(children))

    def either(self, children: list[Condition]) -> Condition:
        return Joined("||", tuple(children))

    def start(self, children: list[Condition]) -> Condition:
        return children[0]


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual")


@lru_cache(maxsize=4096)  # documents say the same again and again: `$statusCode == 200`
def parse_condition(text: str) -> Condition:
    """Parse a simple condition, or raise ExpressionError saying where it stops making sense."""
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"a condition of {len(text)} characters is longer than {LONGEST_EXPRESSION}")
    if text.count("(") + text.count("!") > DEEPEST_NESTING:
        raise ExpressionError(f"a condition may nest {DEEPEST_NESTING} times at most")
    try:
        return _Build().transform(_PARSER.parse(text))
    except UnexpectedInput as error:
        place = max((error.pos_in_stream or 0), 0)
        rest = text[place : place + 20] or "its end"
        raise ExpressionError(f"{text!r} is not a condition: unexpected {rest!r}") from error
    except VisitError as error:
        raise ExpressionError(str(error.orig_exc)) from error
    except LarkError as error:
        raise ExpressionError(f"{text!r} is not a condition") from error


def references_of(condition: Condition) -> Iterator[Reference]:
    """Yield every expression a condition reads."""
    match condition:
        case Comparison(left, _, right):
            yield from (side for side in (left, right) if isinstance(side, Reference))
        case Not(inner):
            yield from references_of(inner)
        case Joined(_, conditions):
            for part in conditions:
                yield from references_of(part)


def judge(condition: Condition, context: Context) -> Judgement:
    """Say whether a condition holds; never raises for what an answer holds or lacks."""
    match condition:
        case Comparison():
            return _compare(condition, context)
        case Not(inner):
            judged = judge(inner, context)
            return replace(judged, held=judged.told and not judged.held)
        case Joined(operator, conditions):
            for part in conditions:
                judged = judge(part, context)
                if not judged.told or judged.held is (operator == "||"):
                    break
            return judged


def _side(side: Constant | Reference, context: Context) -> Any:
    return side.value if isinstance(side, Constant) else resolve(side, context)


def _compare(comparison: Comparison, context: Context) -> Judgement:
    try:
        found = _side(comparison.left, context)
    except ReachesNothing as nothing:
        wanted = comparison.right.value if isinstance(comparison.right, Constant) else comparison.right.text
        return Judgement(False, str(nothing), wanted, told=False)
    try:
        wanted = _side(comparison.right, context)
    except ReachesNothing as nothing:
        return Judgement(False, found, str(nothing), told=False)
    held = _holds(found, comparison.operator, wanted)
    return Judgement(bool(held), found, wanted, told=held is not None)


def _holds(left: Any, operator: str, right: Any) -> bool | None:
    """Compare two values; None when they have no order."""
    if operator in ("==", "!="):
        return equal(left, right) is (operator == "==")
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.casefold(), right.casefold()
    elif not (_is_number(left) and _is_number(right)):
        return None
    order: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
    return order[operator](left, right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same: kind by kind, texts without case, lists and objects item by item."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)
