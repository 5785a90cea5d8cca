"""JSONPath by RFC 9535, compiled once: what a path selects, and whether it selects anything.

`match` and `search` run under RE2; the library's own engine backtracks. Nothing here raises for
what a value holds, except RecursionError's cousin PathNotFollowed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

from sandbox.calls.expressions import ExpressionError


class PathNotFollowed(Exception):
    """A value nests too deep for the path, or the path gave up on it."""


class _LinearMatch(FilterFunction):
    """`match` and `search` of RFC 9535 under RE2."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        try:
            compiled = compile_pattern(pattern)
        except ExpressionError:
            return False
        return bool(compiled.fullmatch(text) if self.whole else compiled.search(text))


def _environment() -> JSONPathEnvironment:
    environment = JSONPathEnvironment()
    environment.function_extensions["match"] = _LinearMatch(whole=True)
    environment.function_extensions["search"] = _LinearMatch(whole=False)
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Any:
    """Compile a regular expression of RE2, or raise ExpressionError."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "not understood"
        shown = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ExpressionError(f"{pattern!r} is not a regular expression: {shown}") from error


@lru_cache(maxsize=1024)
def compile_path(path: str) -> Any:
    """Compile a JSONPath, or raise ExpressionError."""
    try:
        return _ENVIRONMENT.compile(path)
    except (JSONPathError, RecursionError, ValueError) as error:
        raise ExpressionError(f"{path!r} is not a JSONPath: {str(error).splitlines()[0]}") from error


def find_nodes(path: str, value: Any) -> list[tuple[tuple[int | str, ...], Any]]:
    """Give what a path selects, as pairs of location and value."""
    try:
        return [(tuple(node.location), node.value) for node in compile_path(path).find(value)]
    except (JSONPathError, RecursionError) as error:
        raise PathNotFollowed(f"the path could not be followed: {str(error).splitlines()[0]}") from error


def is_singular(path: str) -> bool:
    """Whether a path can select one value at most: names and indexes only."""
    return bool(compile_path(path).singular_query())
