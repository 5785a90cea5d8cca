"""Which operation or workflow a step names: whole, alone, or by its path in a contract.

What a source offers is asked from its contract; that a workflow of another document exists is
looked at when all documents are known (`links`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.catalog import keys
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.validate import nearest
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.scenario import OperationRef, Source, WorkflowRef

NAMES = ("operationId", "operationPath", "workflowId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the steps of one document may call."""

    sources: Mapping[str, Source]
    named: Collection[str]
    """Every source that the document names, also those that could not be read."""
    interface: Callable[[str], Interface]

    def of_step(self, step: Cursor) -> OperationRef | WorkflowRef:
        """Read what a step calls."""
        given = [name for name in NAMES if step.has(name)]
        if len(given) != 1:
            raise step.error("a step needs either 'operationId' or 'workflowId', or 'operationPath'")
        cursor = step.at(given[0])
        if given[0] == "workflowId":
            return self.workflow(cursor)
        return self._by_id(cursor) if given[0] == "operationId" else self._by_path(cursor)

    def workflow(self, cursor: Cursor) -> WorkflowRef:
        """Read the name of a workflow, of this document or of another."""
        match = keys.SOURCE_REFERENCE.fullmatch(cursor.text())
        if match is None:
            return WorkflowRef(source=None, workflow_id=cursor.text(keys.NAME))
        self._check_source(cursor, match[1])
        return WorkflowRef(source=match[1], workflow_id=match[2])

    def _by_id(self, cursor: Cursor) -> OperationRef:
        match = keys.SOURCE_REFERENCE.fullmatch(cursor.text())
        if match is not None:
            self._check_source(cursor, match[1])
            return OperationRef(source=match[1], operation_id=match[2])
        wanted = cursor.text(keys.OUTPUT_NAME)
        offering = [name for name, docs in self._contracts() if wanted in docs]
        if len(offering) > 1:
            raise cursor.error(
                f"the operation {wanted!r} is in {' and in '.join(offering)}",
                hint=f"write $sourceDescriptions.{offering[0]}.{wanted}",
            )
        if not offering:
            known = {operation for _, docs in self._contracts() for operation in docs}
            raise cursor.error(f"no source has the operation {wanted!r}", hint=nearest(wanted, known))
        return OperationRef(source=offering[0], operation_id=wanted, written="bare")

    def _by_path(self, cursor: Cursor) -> OperationRef:
        match = keys.OPERATION_PATH.fullmatch(cursor.text())
        words = (
            [unquote(word).replace("~1", "/").replace("~0", "~") for word in match[2].split("/")]
            if match
            else []
        )
        if match is None or len(words) != 4 or words[1] != "paths":
            raise cursor.error(
                f"the operationPath is {cursor.value!r}, wanted: a source and a JSON pointer",
                hint="write '{$sourceDescriptions.<source>.url}#/paths/~1<path>/<method>'",
            )
        self._check_source(cursor, match[1])
        offered = {(doc.path, doc.method.lower()): doc for doc in self._docs(match[1]).values()}
        doc = offered.get((words[2], words[3]))
        if doc is None:
            known = [f"{method} {path}" for path, method in offered]
            raise cursor.error(
                f"{match[1]} has no operation at {words[3]} {words[2]}",
                hint=nearest(f"{words[3]} {words[2]}", known),
            )
        return OperationRef(source=match[1], operation_id=doc.operation_id, written="path")

    def _check_source(self, cursor: Cursor, name: str) -> None:
        if name not in self.named:
            raise cursor.error(f"no source is called {name!r}", hint=nearest(name, self.named))

    def _contracts(self) -> Iterator[tuple[str, Mapping[str, OperationDoc]]]:
        for name in self.sources:
            yield name, self._docs(name)

    def _docs(self, name: str) -> Mapping[str, OperationDoc]:
        source = self.sources.get(name)
        return self.interface(source.block).docs if source is not None and source.block is not None else {}
