"""The wheel holds everything that is needed and nothing else, and works far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline by the build tool that is installed."""
    folder = tmp_path_factory.mktemp("dist")
    _run(
        ROOT,
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--wheel-dir", str(folder), str(ROOT)),
    )
    (built,) = folder.glob("*.whl")
    return built


def _run(folder: Path, *command: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "PYTHON"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_content_and_licence_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        described = archive.read(metadata).decode()
    assert [name for name in names if "/tests/" in f"/{name}" or "__pycache__" in name] == []
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "sandbox",
        "blockkit",
        "blocks",
        "scenarios",
        "datasets",
        "compose",
    }
    for needed in (
        "sandbox/py.typed",
        "sandbox/controls/openapi.yaml",
        "sandbox/evidence/templates/page.html.j2",
        "blocks/payments/block.yaml",
        "blocks/payments/schema.sql",
        "datasets/countries/zz/profile.yaml",
        "compose/Dockerfile",
    ):
        assert needed in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip() in described
    assert "License-Expression: Apache-2.0" in described


def test_everything_tracked_as_content_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    content = {
        path.relative_to(ROOT).as_posix()
        for folder in ("scenarios", "datasets", "compose")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert content - names == set()


def test_an_installation_works_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    _run(tmp_path, sys.executable, "-m", "venv", "--without-pip", "venv")
    home = tmp_path / "venv"
    paths = {"base": str(home), "platbase": str(home)}
    # What it depends on is seen where it is installed already: no network is needed. The checkout is not.
    site = Path(sysconfig.get_path("purelib", vars=paths))
    site.joinpath("dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    _run(
        tmp_path,
        *(sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"),
        *("--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)),
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = _run(
        elsewhere, str(home / "bin" / "python"), "-c", "import sandbox, blocks; print(sandbox.__file__)"
    )
    assert Path(where.strip()).is_relative_to(site)
    command = str(home / "bin" / "sandbox")
    keeps = {"SANDBOX_HOME": str(tmp_path / "kept")}
    assert "in order" in _run(elsewhere, command, "check", **keeps)
    listed = _run(elsewhere, command, "show", **keeps)
    for scenario in (ROOT / "scenarios").glob("*/scenario.arazzo.yaml"):
        assert scenario.parent.name in listed
    assert list(elsewhere.iterdir()) == []
