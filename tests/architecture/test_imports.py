"""Imports point the way ARCHITECTURE.md says, and the contracts that enforce it bite."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("sandbox", "blockkit", "blocks")

LAYERS = "Layers inside sandbox point downwards only"
ROOMS = "Inside population, what looks at citizens stands above what makes them"
BLACK_BOXES = "The orchestrator and the blocks meet only over HTTP"
KIT_APART = "blockkit serves blocks only; the orchestrator never uses it"
KIT_BELOW = "Blocks import blockkit, never the other way round"
BLOCKS_APART = "No block imports another block"
DRIVERS_APART = "No runtime imports another runtime"
DRIVERS_HIDDEN = "Nothing imports a concrete runtime: sandbox.runtime loads it by name"
PURE = "Values and plans do no I/O"
DOCKER = "Only the docker runtime imports docker"
FAKER = "Only population imports faker"
WEB = "Only the controls and the control plane import FastAPI"
HTTP = "Only calls talks HTTP to blocks"
GENERATED = "Only conformance generates requests"

PROGRAM = "from importlinter.cli import lint_imports_command as run; run()"
"""`-c` puts the working folder first on the path, before the checkout that is installed."""

PLANTED = [
    ("sandbox/model/run.py", "import sandbox.lifecycle.plan", LAYERS),
    ("sandbox/catalog/blocks.py", "import sandbox.evidence.bundle", LAYERS),
    ("sandbox/runner/play.py", "import sandbox.cli.main", LAYERS),
    ("sandbox/evidence/page.py", "import sandbox.runner.play", LAYERS),
    ("sandbox/candidates/attack.py", "import sandbox.trial", LAYERS),
    ("sandbox/population/engine/rows.py", "import sandbox.population.files.cache", ROOMS),
    ("sandbox/population/packs/folder.py", "import sandbox.population.engine.text", ROOMS),
    ("sandbox/runner/play.py", "import blocks.payments.app", BLACK_BOXES),
    ("blocks/payments/app.py", "import sandbox.errors", BLACK_BOXES),
    ("sandbox/controls/app.py", "import blockkit.app", KIT_APART),
    ("blockkit/app.py", "import sandbox.errors", KIT_APART),
    ("blockkit/app.py", "import blocks.payments.app", KIT_BELOW),
    ("blocks/payments/app.py", "import blocks.messaging.app", BLOCKS_APART),
    ("sandbox/runtimes/local/driver.py", "import sandbox.runtimes.docker.driver", DRIVERS_APART),
    ("sandbox/bootstrap.py", "import sandbox.runtimes.docker.driver", DRIVERS_HIDDEN),
    ("sandbox/lifecycle/plan.py", "import subprocess", PURE),
    ("sandbox/model/run.py", "import httpx2", PURE),
    ("sandbox/population/files/generation.py", "import requests", PURE),
    ("sandbox/lifecycle/service.py", "import docker", DOCKER),
    ("blocks/payments/app.py", "import docker", DOCKER),
    ("sandbox/runner/play.py", "import faker", FAKER),
    ("sandbox/evidence/page.py", "import fastapi", WEB),
    ("sandbox/runner/play.py", "import httpx2", HTTP),
    ("sandbox/conformance/measure.py", "import httpx2", HTTP),
    ("sandbox/runner/play.py", "import sandbox.conformance.measure", LAYERS),
    ("sandbox/trial.py", "import sandbox.conformance.measure", LAYERS),
    ("sandbox/calls/direct.py", "import schemathesis", GENERATED),
]


def verdicts(folder: Path) -> dict[str, str]:
    """Run the contracts over the packages in `folder`: KEPT or BROKEN, by contract."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    told = re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE)
    assert told, done.stdout + done.stderr
    return dict(told)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages in which violations can be planted."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "tests")
        )
    return folder


def test_every_contract_is_kept(tree: Path) -> None:
    assert set(verdicts(tree).items()) == {(name, "KEPT") for *_, name in PLANTED}


@pytest.mark.parametrize(
    ("file", "line", "contract"), PLANTED, ids=[f"{file}: {line}" for file, line, _ in PLANTED]
)
def test_a_planted_violation_breaks_the_contract_meant_for_it(
    tree: Path, file: str, line: str, contract: str
) -> None:
    spoilt = tree / file
    text = spoilt.read_text(encoding="utf-8")
    try:
        spoilt.write_text(f"{text}\n{line}\n", encoding="utf-8")
        assert verdicts(tree)[contract] == "BROKEN"
    finally:
        spoilt.write_text(text, encoding="utf-8")
