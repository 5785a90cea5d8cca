"""A scenario under Redocly's `respect`, which knows nothing of ours: its verdict, and how its steps ended.

The documents are played as they lie in their folder; one that was changed for a test is written out first.
Nothing is fetched: contracts are the files beside them, and the sandbox answers on the loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sandbox.calls.requests import MEDIATOR, is_json
from sandbox.model.run import Event, Outcome, StepFinished
from sandbox.model.scenario import Scenario, Workflow
from sandbox.model.wiring import INSTANCE
from sandbox.settings import CONTENT_ROOT
from tests.e2e.conftest import Stage
from tests.fakes.doorway import doorway
from tests.nodes import Packages, install

OLDEST_NODE = (20, 19)
MOST_SECONDS = 300.0
Ends = list[tuple[str, bool]]
"""Operations in the order in which they were called: the step's name, and whether it passed."""


@dataclass(frozen=True)
class _Played:
    """How a scenario ended there."""

    passed: bool
    ends: Ends
    said: str


def _other_runner() -> Packages:
    """Give what `tests/node/redocly` pins; the test is skipped where Node is missing or too old for it."""
    packages = install("redocly")
    said = subprocess.run([packages.node, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])
    if version < OLDEST_NODE:
        pytest.skip(f"redocly needs Node {'.'.join(map(str, OLDEST_NODE))}, here is {said.strip()}")
    return packages


@dataclass(frozen=True)
class _OtherStage:
    """A sandbox as the other runner reaches it."""

    packages: Packages
    address: str
    folder: Path

    def play(self, scenario: Scenario) -> _Played:
        """Play a story there, with its policy as input."""
        story = _write_out(scenario, self.folder)
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        command = [
            str(self.packages.program("redocly")),
            "respect",
            story.name,
            *("--server", ",".join(f"{name}={url}" for name, url in self._servers(scenario).items())),
            *("--input", json.dumps(_inputs(scenario))),
            *("--json-output", str(report)),
        ]
        done = subprocess.run(
            command,
            cwd=story.parent,
            env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert report.is_file(), said
        ends = list(_ends(_only_file(json.loads(report.read_text(encoding="utf-8")))))
        return _Played(done.returncode == 0, ends, said)

    def _servers(self, scenario: Scenario) -> dict[str, str]:
        return {
            source.name: self.address + _prefix(source.block)
            for document in scenario.documents.values()
            for source in document.sources.values()
            if source.block
        }


def _prefix(block: str) -> str:
    """What stands before the paths of a contract; the mediator's own begin at its root."""
    return "" if block == MEDIATOR else f"/r1/{INSTANCE}/GOV/CENTRAL/{block}"


def ends_alike(stage: Stage, scenario: Scenario, folder: Path, *, passes: bool) -> None:
    """Play a scenario here and there: the same operations in the same order, with the same ends."""
    packages = _other_runner()
    finished, heard = stage.play(scenario)
    with doorway(stage.running.site.public_url, stage.running.secrets.token) as address:
        there = _OtherStage(packages, address, folder).play(scenario)
    assert (finished.verdict.outcome is Outcome.PASSED, there.passed) == (passes, passes), there.said
    assert there.ends == _ends_here(heard)


def _ends_here(heard: list[Event]) -> Ends:
    """How the operations of a play of ours ended."""
    return [
        (event.result.step_id, event.result.outcome is Outcome.PASSED)
        for event in heard
        if isinstance(event, StepFinished) and event.result.call is not None
    ]


def _write_out(scenario: Scenario, folder: Path) -> Path:
    """Write the documents of a scenario as they are now, beside the contracts; gives the story's file."""
    for name in ("blocks", "sandbox"):
        if not (folder / name).exists():
            (folder / name).symlink_to(CONTENT_ROOT / name)
    place = folder / "scenarios" / scenario.slug
    place.mkdir(parents=True, exist_ok=True)
    for path, document in scenario.documents.items():
        yaml = YAML()
        yaml.width = 10_000
        written = yaml.load(path.read_text(encoding="utf-8"))
        for each in written["workflows"]:
            _bring_up_to_date(each, document.workflows[each["workflowId"]])
        yaml.dump(written, place / path.name)
    return place / scenario.story.path.name


def _bring_up_to_date(written: dict[str, Any], workflow: Workflow) -> None:
    """Take out steps that are gone, and give parameters and bodies their values of now."""
    steps = {step.step_id: step for step in workflow.steps}
    written["steps"] = [each for each in written["steps"] if each["stepId"] in steps]
    for each in written["steps"]:
        step = steps[each["stepId"]]
        values = {parameter.name: parameter.value for parameter in step.parameters}
        for parameter in each.get("parameters", ()):
            if "name" in parameter:
                parameter["value"] = values[parameter["name"]]
        if step.body is not None and is_json(step.body.content_type or ""):
            each["requestBody"]["payload"] = step.body.payload


def _inputs(scenario: Scenario) -> dict[str, Any]:
    (story,) = scenario.story.workflows.values()
    return {name: value for name, value in scenario.policy.items() if name in story.inputs["properties"]}


def _only_file(report: Mapping[str, Any]) -> list[Any]:
    (told,) = report["files"].values()
    workflows: list[Any] = told["executedWorkflows"]
    return workflows


def _ends(executed: list[Any]) -> Iterator[tuple[str, bool]]:
    """Walk its report; an attempt that was followed by another is no end."""
    for each in executed:
        if "executedSteps" in each:
            yield from _ends(each["executedSteps"])
        elif not each.get("retriesLeft"):
            yield each["stepId"], each["status"] != "error"
