"""Reads `pilot.yaml` and holds the measures that it names against what the scenario can tell.

The file is kept as it was read, byte for byte: its hash is what the run is entered with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sandbox.catalog.documents import decode_yaml, parse_yaml, read_bytes, shown_path
from sandbox.catalog.validate import nearest, read_as
from sandbox.errors import NotFound
from sandbox.model.pilot import MEASURES, OF_JOURNEYS, OUTPUT, PilotPlan, SetPilot
from sandbox.model.scenario import CLOSING, Scenario

PILOT = "pilot.yaml"
"""As an example beside a scenario; a run takes the one that it is given."""


def measures_of(scenario: Scenario, *, of_journeys: bool = False) -> tuple[str, ...]:
    """Name everything that a threshold may refer to, of the story or of many journeys."""
    if of_journeys:
        document = scenario.documents.get(scenario.folder / CLOSING)
        closing = document.workflows.get("closing") if document else None
        return (*(f"{OUTPUT}{name}" for name in (closing.outputs if closing else ())), *OF_JOURNEYS)
    story = next(iter(scenario.story.workflows.values()))
    return (*(f"{OUTPUT}{name}" for name in story.outputs), *MEASURES)


def read_pilot(path: Path, root: Path, scenario: Scenario, *, of_journeys: bool = False) -> SetPilot:
    """Read the file. `of_journeys` when many journeys are played and not the story.

    Raises ContentError with file and line, or NotFound.
    """
    if not path.is_file():
        raise NotFound(
            f"there is no pilot in {path}", hint="name the file that holds question, owner and thresholds"
        )
    shown = shown_path(path.resolve(), root)
    content = read_bytes(path, shown)
    yaml = parse_yaml(decode_yaml(content, shown), shown)
    plan = read_as(PilotPlan, yaml)
    known = measures_of(scenario, of_journeys=of_journeys)
    measures = [
        *(("thresholds", position, rule.measure) for position, rule in enumerate(plan.thresholds)),
        *(("stop_rules", position, rule.measure) for position, rule in enumerate(plan.stop_rules)),
    ]
    for key, position, measure in measures:
        if measure not in known:
            raise yaml.error(
                f"nothing measures {measure!r}{_where(measure, scenario, of_journeys)}",
                (key, position, "measure"),
                hint=_list(measure, known),
            )
    return SetPilot(plan=plan, content=content, digest=hashlib.sha256(content).hexdigest())


def _where(measure: str, scenario: Scenario, of_journeys: bool) -> str:
    """Say which run would measure it, where the other one does."""
    if measure not in measures_of(scenario, of_journeys=not of_journeys):
        return ""
    return " when many journeys are played" if of_journeys else " when the story is played; --journeys does"


def _list(word: str, known: Iterable[str]) -> str:
    """The nearest one and all there are: whoever writes thresholds wants to see what can be measured."""
    names = sorted(known)
    near = nearest(word, names)
    listed = f"there are: {', '.join(names)}"
    return f"{near} {listed}" if near.startswith("did you mean") else listed
