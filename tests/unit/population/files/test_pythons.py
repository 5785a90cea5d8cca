"""The same citizens whatever the Python: 3.12 and 3.13 are asked where they can import what it takes.

`SANDBOX_PYTHONS` names interpreters, separated by colons; without it those of pyenv are looked
through. One that lacks numpy, pyarrow or pydantic is skipped, and the reason is said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.settings import CONTENT_ROOT

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
VERSIONS = ("3.11", "3.12", "3.13")

GENERATE = """
import sys
from pathlib import Path
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
root = Path(sys.argv[1])
print(generate(load_pack(root, "zz"), PopulationRef(), Path(sys.argv[2])).digest)
"""


def candidates(version: str) -> list[Path]:
    """Name interpreters of that version, the ones given first."""
    given = [Path(path) for path in os.environ.get("SANDBOX_PYTHONS", "").split(":") if path]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = [sys.executable] if f"{sys.version_info[0]}.{sys.version_info[1]}" == version else []
    return [*given, *map(Path, known), *sorted(pyenv.glob(f"{version}.*/bin/python"))]


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CONTENT_ROOT)}
    return subprocess.run([python, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_python_makes_the_same_citizens(version: str, tmp_path: Path) -> None:
    ask = "import sys, numpy, pyarrow, pydantic, ruamel.yaml, faker; print('%d.%d' % sys.version_info[:2])"
    able = [python for python in candidates(version) if run(python, "-c", ask).stdout.strip() == version]
    if not able:
        pytest.skip(f"no Python {version} here has numpy, pyarrow, pydantic, ruamel.yaml and Faker")
    made = run(able[0], "-c", GENERATE, str(CONTENT_ROOT), str(tmp_path / "out"))
    assert made.stderr == ""
    assert made.stdout.strip() == GOLDEN["zz"]
