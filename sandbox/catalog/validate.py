"""Turns what pydantic says about a document into an error that a contributor can act on.

It names the key, what was found, what was wanted, and the line. It changes no value and
fills none in: that is the model's.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.catalog.documents import Pointer, Yaml, kind_of
from sandbox.errors import ContentError

Model = TypeVar("Model", bound=BaseModel)


def read_as(model: type[Model], yaml: Yaml) -> Model:
    """Validate a whole document and raise the fault that explains most."""
    try:
        return model.model_validate(yaml.data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling is what the reader can see.
    told = min(faults, key=lambda fault: (fault["type"] == "missing", _line(yaml, fault)))
    raise _explain(yaml, model, told)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or list them when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "there is none"
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"there are: {listed}"


def _explain(yaml: Yaml, model: type[BaseModel], fault: Any) -> ContentError:
    pointer = _within(yaml, fault["loc"])
    name = ".".join(str(part) for part in fault["loc"]) or "the document"
    match fault["type"]:
        case "extra_forbidden":
            known = _keys_at(model, pointer[:-1])
            return yaml.error(f"unknown key {name!r}", pointer, hint=nearest(str(pointer[-1]), known))
        case "missing":
            return yaml.error(f"the key {name!r} is missing", pointer)
        case "value_error":
            return yaml.error(f"{name}: {fault['ctx']['error']}", pointer)
        case _:
            wanted = str(fault["msg"]).removeprefix("Input ").removeprefix("should ")
            return yaml.error(
                f"{name!r} is {kind_of(fault['input'])}, wanted: {wanted[:1].lower()}{wanted[1:]}", pointer
            )


def _line(yaml: Yaml, fault: Any) -> int:
    return yaml.place(_within(yaml, fault["loc"])).line


def _within(yaml: Yaml, location: tuple[str | int, ...]) -> Pointer:
    """Keep of pydantic's location what is in the document; it also names members of unions."""
    pointer: Pointer = ()
    for part in location:
        if (*pointer, part) in yaml.lines:
            pointer = (*pointer, part)
    return pointer


def _keys_at(model: type[BaseModel], pointer: Pointer) -> list[str]:
    """Name the keys that the model knows where `pointer` leads, seen through lists and unions."""
    here: type[BaseModel] | None = model
    for part in pointer:
        if isinstance(part, int) or here is None:
            continue
        known = here.model_fields.get(part)
        here = _model_in(known.annotation) if known is not None else None
    return list(here.model_fields) if here is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
