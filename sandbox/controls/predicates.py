"""The `where` of pickCitizens: a small grammar compiled to parameters and columns, never SQL text.

role == 'head' and size >= 4 and (urban == true or district != 'Kanga')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from sandbox.errors import UsageError

_GRAMMAR = r"""
start: either
either: both ("or" both)*
both: term ("and" term)*
?term: comparison | "(" either ")"
comparison: NAME OPERATOR value
value: STRING -> text | NUMBER -> number | "true" -> yes | "false" -> no
OPERATOR: "==" | "!=" | ">=" | "<=" | ">" | "<"
NAME: /[a-z][a-z0-9_]*/
STRING: /'[^']{0,200}'/
NUMBER: /-?\d{1,15}(\.\d{1,6})?/
%ignore /\s+/
"""
_SQL = {"==": "=", "!=": "<>", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition with `?` for every value, and the values in order."""

    sql: str
    values: tuple[Any, ...] = ()


EVERYBODY = Predicate("true")


def parse_predicate(text: str, columns: Mapping[str, str]) -> Predicate:
    """Compile `text`; `columns` maps the names that may be used to column expressions.

    Raises UsageError saying where the text goes wrong or which name is unknown.
    """
    if len(text) > LONGEST:
        raise UsageError(f"a where of {len(text)} characters is too long; {LONGEST} are allowed")
    try:
        tree = _parser().parse(text)
        predicate: Predicate = _Compiler(columns).transform(tree)
    except UnexpectedInput as error:
        raise UsageError(
            f"can't read where at character {error.column}: {text!r}",
            hint="write comparisons such as size >= 4, joined by and / or",
        ) from None
    except VisitError as error:
        raise error.orig_exc from None
    return predicate


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


class _Compiler(Transformer[Token, Predicate]):
    """Leaves to values, comparisons to `column op ?`, the rest to parentheses."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        super().__init__()
        self._columns = columns

    def text(self, children: list[Token]) -> Any:
        return str(children[0])[1:-1]

    def number(self, children: list[Token]) -> Any:
        written = str(children[0])
        return float(written) if "." in written else int(written)

    def yes(self, _: list[Token]) -> Any:
        return True

    def no(self, _: list[Token]) -> Any:
        return False

    def comparison(self, children: list[Any]) -> Predicate:
        name, operator, value = children
        if name not in self._columns:
            raise UsageError(
                f"citizens have no {str(name)!r}", hint=f"choose among: {', '.join(sorted(self._columns))}"
            )
        return Predicate(f"{self._columns[name]} {_SQL[operator]} ?", (value,))

    def both(self, children: list[Predicate]) -> Predicate:
        return _join(" AND ", children)

    def either(self, children: list[Predicate]) -> Predicate:
        return _join(" OR ", children)

    def start(self, children: list[Predicate]) -> Predicate:
        return children[0]


def _join(word: str, parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    return Predicate(
        f"({word.join(part.sql for part in parts)})", tuple(value for part in parts for value in part.values)
    )
