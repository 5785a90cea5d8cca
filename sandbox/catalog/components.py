"""A document's `components`, and what a reference to one of them stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.catalog import keys
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.validate import nearest

Kind = Literal["inputs", "parameters", "successActions", "failureActions"]


@dataclass(frozen=True, slots=True)
class Components:
    """The reusable parts of one document; other documents can't see them."""

    document: Cursor

    @staticmethod
    def of(document: Cursor) -> Components:
        """Check the section's keys and the names in it."""
        if document.has("components"):
            section = document.at("components")
            keys.expect_keys(section, keys.COMPONENTS)
            for group, entries in section.entries():
                for name in entries.mapping():
                    if not keys.OUTPUT_NAME.fullmatch(name):
                        raise entries.at(name).error(
                            f"components.{group}: the name {name!r} has signs other than letters, digits, "
                            "'.', '-', '_'"
                        )
                    if group == "inputs":
                        entries.at(name).mapping()
        return Components(document)

    def entries(self, kind: Kind) -> Iterator[Cursor]:
        """Go through the parts of one kind, asked for or not."""
        if self.document.has("components") and self.document.at("components").has(kind):
            section = self.document.at("components").at(kind)
            for name in section.mapping():
                yield section.at(name)

    def follow(self, entry: Cursor, kind: Kind) -> Cursor:
        """Give what `reference: $components.<kind>.<name>` stands for, or the entry itself."""
        if not entry.has("reference"):
            return entry
        # An override of the value is the only thing that may stand beside a reference.
        keys.expect_keys(entry, keys.REFERENCE if kind == "parameters" else keys.REFERENCE_OF_ACTION)
        reference = entry.at("reference")
        match = keys.COMPONENT.fullmatch(reference.text())
        if match is None or match[1] != kind:
            raise reference.error(f"the reference is {reference.value!r}, wanted: $components.{kind}.<name>")
        return self._find(reference, kind, match[2])

    def inputs(self, workflow: Cursor) -> Mapping[str, Any]:
        """Give the workflow's inputs as a JSON Schema of type object."""
        if not workflow.has("inputs"):
            return {"type": "object", "properties": {}}
        inputs = workflow.at("inputs")
        if inputs.has("$ref"):
            inputs.expect_keys(("$ref",), {})
            reference = inputs.at("$ref")
            prefix = "#/components/inputs/"
            if not reference.text().startswith(prefix):
                raise reference.error(f"the reference is {reference.value!r}, wanted: {prefix}<name>")
            inputs = self._find(reference, "inputs", reference.text().removeprefix(prefix))
        if inputs.mapping().get("type", "object") != "object":
            raise inputs.error("inputs are not a schema of 'type: object'")
        if inputs.has("properties"):
            for _, schema in inputs.at("properties").entries():
                schema.mapping()
        for name in inputs.each("required"):
            if name.text() not in inputs.mapping().get("properties", {}):
                raise name.error(
                    f"the required input {name.value!r} is not described",
                    hint=nearest(name.text(), inputs.mapping().get("properties", {})),
                )
        return inputs.mapping()

    def _find(self, reference: Cursor, kind: Kind, name: str) -> Cursor:
        groups = self.document.value.get("components", {})
        known = groups.get(kind, {})
        if name not in known:
            raise reference.error(f"components.{kind} has no {name!r}", hint=nearest(name, known))
        return self.document.at("components").at(kind).at(name)
