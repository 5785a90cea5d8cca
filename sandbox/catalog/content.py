"""Holds the data files that a block is made of against the JSON Schema that the block gives for them.

What only the block's own code can tell, it tells when it loads them. Nothing is loaded here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from jsonschema import Draft202012Validator

from sandbox.catalog.blocks import Block
from sandbox.catalog.documents import Yaml
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError


def check_content(block: Block, read: Callable[[Path], Yaml]) -> Iterator[ContentError]:
    """Tell what is wrong with a block's data files, each with its line."""
    descriptor = read(block.folder / "block.yaml")
    for number, content in enumerate(block.descriptor.content):
        try:
            schema = json.loads((block.folder / content.schema_file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield descriptor.error(
                f"{content.schema_file} can't be read: {error}", ("content", number, "schema")
            )
            continue
        for file in sorted(block.folder.glob(content.files)):
            yield from _check_file(read(file), Draft202012Validator(schema))


def _check_file(yaml: Yaml, validator: Draft202012Validator) -> Iterator[ContentError]:
    for fault in sorted(validator.iter_errors(yaml.data), key=lambda fault: list(map(str, fault.path))):
        kinds = [each for each in fault.context or () if each.validator == "const"]
        if kinds and len(kinds) == len(fault.schema.get("oneOf", ())):
            known = [str(each.validator_value) for each in kinds]
            found = str(kinds[0].instance)
            yield yaml.error(
                f"{found!r} is none of them", tuple(kinds[0].absolute_path), hint=nearest(found, known)
            )
            continue
        # Of a union, the branch that came furthest says what was probably meant.
        told = max(fault.context, key=lambda each: len(each.absolute_path)) if fault.context else fault
        hint = ""
        if told.validator == "additionalProperties" and isinstance(told.instance, dict):
            known = told.schema.get("properties", {})
            unknown = sorted(set(told.instance) - set(known))
            hint = nearest(unknown[0], known) if unknown else ""
        yield yaml.error(told.message[:300], tuple(told.absolute_path), hint=hint)
