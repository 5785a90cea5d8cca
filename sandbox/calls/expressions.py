"""Arazzo runtime expressions: text to a frozen tree, by a grammar, before anything is called.

`$inputs.a.b`, `$steps.s.outputs.o#/p`, `$response.body#/p` and so on, alone (the value keeps
its type) or in braces inside a text. Refuses whatever the grammar does not know: there is no
arithmetic, no call, no eval. https://spec.openapis.org/arazzo/v1.0.1.html#runtime-expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from typing import Literal as Literals

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedInput

LONGEST_EXPRESSION = 2_000


class ExpressionError(ValueError):
    """A text is not a runtime expression, a condition or a pattern of the grammar."""


class Root(StrEnum):
    """What an expression begins with."""

    URL = "$url"
    METHOD = "$method"
    STATUS = "$statusCode"
    REQUEST = "$request"
    RESPONSE = "$response"
    INPUTS = "$inputs"
    OUTPUTS = "$outputs"
    STEPS = "$steps"
    WORKFLOWS = "$workflows"
    SOURCES = "$sourceDescriptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One runtime expression. `$steps.log-in.outputs.user[0].id#/a` has owner, part, trail and pointer."""

    text: str
    root: Root
    owner: str = ""
    """The step, workflow or source that is asked; empty for the other roots."""
    part: str = ""
    """`body`, `header`, `query` or `path` of a message; `inputs` or `outputs` of a step or workflow."""
    trail: tuple[str | int, ...] = ()
    pointer: tuple[str, ...] | None = None
    """Unescaped tokens of the JSON pointer behind `#`."""

    def prefixes(self) -> Iterator[tuple[str, int]]:
        """Yield what the trail may mean as a name, with its length: `a.b` before `a`, for names hold dots."""
        for length in range(len(self.trail), 0, -1):
            yield ".".join(str(part) for part in self.trail[:length]), length

    def choose_name(self, known: Container[str]) -> str:
        """Give the longest name of the trail that is known, else its first part."""
        first = str(self.trail[0]) if self.trail else ""
        return next((name for name, _ in self.prefixes() if name in known), first)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands for itself."""

    value: Any


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in braces."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items may hold expressions."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """An object whose values may hold expressions; its keys stand for themselves."""

    members: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """What a JSONPath or a JSON pointer takes out of that which an expression points at."""

    context: Reference
    kind: Literals["jsonpath", "jsonpointer"]
    selector: str
    pointer: tuple[str, ...] = ()
    """Unescaped tokens, when it is a pointer."""


Value = Literal | Reference | Template | Items | Members | Selected

_GRAMMAR = r"""
start: URL | METHOD | STATUS
     | REQUEST "." (_body | _header | _query | _path)
     | RESPONSE "." (_body | _header)
     | INPUTS "." _named
     | OUTPUTS "." _named
     | STEPS "." owner OUTPUTS_OF _named
     | WORKFLOWS "." owner (INPUTS_OF | OUTPUTS_OF) _named
     | SOURCES "." owner "." name

_body: BODY (_trail)* pointer?
_header: HEADER "." field
_query: QUERY "." field
_path: PATH "." field
_named: name (_trail)* pointer?
_trail: "." name | "[" index "]"
owner: NAME
name: NAME
index: INDEX
field: FIELD
pointer: POINTER

URL: "$url"
METHOD: "$method"
STATUS: "$statusCode"
REQUEST: "$request"
RESPONSE: "$response"
INPUTS: "$inputs"
OUTPUTS: "$outputs"
STEPS: "$steps"
WORKFLOWS: "$workflows"
SOURCES: "$sourceDescriptions"
BODY: "body"
HEADER: "header"
QUERY: "query"
PATH: "path"
INPUTS_OF: ".inputs."
OUTPUTS_OF: ".outputs."
NAME: /[\w-]+/
FIELD: /[^\s{}]+/
INDEX: /0|[1-9][0-9]{0,8}/
POINTER: /#(\/([^~\/]|~[01])*)*/s
"""

_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")


_NOT_RUN = {
    "$components.": "a reusable part is asked for with 'reference'",
    "$message.": "messages are AsyncAPI's; wait with the control 'awaitMessage'",
    "$self": "documents are found by their relative path",
}


def unescape(token: str) -> str:
    """Read one token of a JSON pointer."""
    return token.replace("~1", "/").replace("~0", "~")


class _Build(Transformer[Token, Reference]):
    """Folds a parse tree into one Reference."""

    def start(self, children: list[Any]) -> Reference:
        facts: dict[str, Any] = {}
        trail: list[str | int] = []
        for child in children[1:]:
            if isinstance(child, Token):
                facts["part"] = child.strip(".")
            elif child[0] == "trail":
                trail.append(child[1])
            else:
                facts[child[0]] = child[1]
        return Reference(text="", root=Root(str(children[0])), trail=tuple(trail), **facts)

    def owner(self, children: list[Token]) -> tuple[str, str]:
        return "owner", str(children[0])

    def name(self, children: list[Token]) -> tuple[str, str]:
        return "trail", str(children[0])

    def field(self, children: list[Token]) -> tuple[str, str]:
        return "trail", str(children[0])

    def index(self, children: list[Token]) -> tuple[str, int]:
        return "trail", int(children[0])

    def pointer(self, children: list[Token]) -> tuple[str, tuple[str, ...]]:
        return "pointer", tuple(unescape(token) for token in str(children[0])[1:].split("/")[1:])


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Build())


@lru_cache(maxsize=4096)
def parse_reference(text: str) -> Reference:
    """Parse one whole runtime expression, or raise ExpressionError saying where it stops making sense."""
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"an expression of {len(text)} characters is longer than {LONGEST_EXPRESSION}")
    for root, why in _NOT_RUN.items():
        if text.startswith(root):
            raise ExpressionError(f"{text!r} is not run here: {why}")
    try:
        parsed: Any = _PARSER.parse(text)
    except UnexpectedInput as error:
        place = max((error.column or 1) - 1, 0)
        rest = text[place : place + 20] or "its end"
        raise ExpressionError(f"{text!r} is not a runtime expression: unexpected {rest!r}") from error
    except LarkError as error:
        raise ExpressionError(f"{text!r} is not a runtime expression") from error
    return Reference(
        text=text,
        root=parsed.root,
        owner=parsed.owner,
        part=parsed.part,
        trail=parsed.trail,
        pointer=parsed.pointer,
    )


def is_expression(text: str) -> bool:
    """Whether a text claims to be one whole expression: `$` and a letter, so that `$5` stays a price."""
    return len(text) > 1 and text[0] == "$" and text[1].isalpha()


def parse_text(text: str) -> Literal | Reference | Template:
    """Parse a text that may be an expression or hold some in braces."""
    if is_expression(text):
        return parse_reference(text)
    if "{$" not in text:
        return Literal(text)
    parts: list[str | Reference] = []
    end = 0
    for found in _EMBEDDED.finditer(text):
        parts += [text[end : found.start()], parse_reference(found[1])]
        end = found.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and "{$" in part for part in parts):
        raise ExpressionError(f"{text!r} opens an expression with '{{$' and never closes it")
    return Template(tuple(part for part in parts if part != ""))


def parse_value(value: Any) -> Value:
    """Parse a value of a document, down to every text in it."""
    if isinstance(value, str):
        return parse_text(value)
    if isinstance(value, Mapping):
        return Members(tuple((str(key), parse_value(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return Items(tuple(parse_value(item) for item in value))
    return Literal(value)


_STRING_OR_EXPRESSION = re.compile(r'"(?:[^"\\]|\\.)*"|\{(\$[^{}]*)\}', re.DOTALL)


def parse_json_text(text: str) -> Value:
    """Parse JSON written as text, with expressions inside its strings or, in braces, in place of a value.

    Values are put into the parsed document, never into the text: nothing in them is read as JSON.
    """
    held: dict[str, Reference] = {}
    stem = "expression "
    while stem in text:
        stem += "."

    def hold(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        name = f"{stem}{len(held)}"
        held[name] = parse_reference(found[1])
        return f'"{name}"'

    def fill(value: Any) -> Value:
        if isinstance(value, str):
            return held[value] if value in held else parse_text(value)
        if isinstance(value, dict):
            return Members(tuple((key, fill(item)) for key, item in value.items()))
        if isinstance(value, list):
            return Items(tuple(fill(item) for item in value))
        return Literal(value)

    try:
        return fill(json.loads(_STRING_OR_EXPRESSION.sub(hold, text), parse_constant=_refuse_constant))
    except ExpressionError:
        raise
    except (ValueError, RecursionError) as error:
        raise ExpressionError(f"the payload is text that is not JSON: {error}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_selector(context: str, selector: str, kind: Literals["jsonpath", "jsonpointer"]) -> Selected:
    """Parse a selector object; whether a JSONPath is one is `jsonpath.compile_path`'s to say."""
    tokens: tuple[str, ...] = ()
    if kind == "jsonpointer":
        if selector and not selector.startswith("/"):
            raise ExpressionError(f"{selector!r} is not a JSON pointer: it begins with '/'")
        tokens = tuple(unescape(token) for token in selector.split("/")[1:])
    return Selected(parse_reference(context), kind, selector, tokens)


def references_in(value: Value) -> Iterator[Reference]:
    """Yield every expression inside a parsed value."""
    match value:
        case Reference():
            yield value
        case Selected(context):
            yield context
        case Template(parts):
            yield from (part for part in parts if isinstance(part, Reference))
        case Items(items):
            for item in items:
                yield from references_in(item)
        case Members(members):
            for _, item in members:
                yield from references_in(item)
        case Literal():
            return
