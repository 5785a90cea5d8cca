"""Reads `findings.yaml`: how the verdict of a scenario reads, and what a run can't tell."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field

from sandbox.catalog.blocks import Reader
from sandbox.catalog.documents import Pointer
from sandbox.catalog.validate import nearest, read_as
from sandbox.model.block import Frozen
from sandbox.model.scenario import Document, FigureSpec, Findings

PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_-]+)\}")


class Figure(Frozen):
    """One entry of `figures` in `findings.yaml`."""

    output: str
    label: str
    unit: str = ""


class FindingsFile(Frozen):
    """What `findings.yaml` says."""

    passed: str = Field(min_length=3)
    figures: tuple[Figure, ...] = ()
    limits: tuple[str, ...] = ()


def read_findings(path: Path, story: Document, root: Path, read: Reader) -> Findings:
    """Read the file; a scenario without one gets a plain sentence."""
    workflow = next(iter(story.workflows.values()), None)
    if not path.exists() or workflow is None:
        return Findings(passed=f"{story.title}: every step went as described.")
    yaml = read(path, root)
    said = read_as(FindingsFile, yaml)
    known = {*workflow.outputs, *workflow.inputs.get("properties", {})}

    def check_placeholders(text: str, pointer: Pointer) -> None:
        for name in PLACEHOLDER.findall(text):
            if name not in known:
                raise yaml.error(f"the story has no {name!r} to put here", pointer, hint=nearest(name, known))

    check_placeholders(said.passed, ("passed",))
    for position, figure in enumerate(said.figures):
        check_placeholders(figure.unit, ("figures", position, "unit"))
        if figure.output not in workflow.outputs:
            raise yaml.error(
                f"the story has no output {figure.output!r}",
                ("figures", position, "output"),
                hint=nearest(figure.output, workflow.outputs),
            )
    return Findings(
        passed=said.passed,
        figures=tuple(FigureSpec(output=f.output, label=f.label, unit=f.unit) for f in said.figures),
        limits=said.limits,
    )
