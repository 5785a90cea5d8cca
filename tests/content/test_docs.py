"""What the documents claim: links resolve, commands run, recipes work."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.recipes import Section, sections

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "blocks").glob("*/README.md")),
    *sorted((ROOT / "scenarios").glob("*/*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
RECIPES = sections(ROOT / "CONTRIBUTING.md")
BLOCK, SCENARIO, COUNTRY, RUNTIME = "A new block", "A new scenario", "A new country", "A new runtime"
LANGUAGE = "A new language"

MEANT_FOR = {
    "make": "made by continuous integration, from outside",
    "sandbox images": "tests/docker/test_images.py",
    "sandbox attack": "tests/docker/test_attack.py",
    "sandbox export": "tests/docker/test_compose.py",
    "sandbox play": "tests/docker/test_compose.py",
    "docker-compose": "tests/docker/test_compose.py",
    "cd cash-transfer-compose": "tests/docker/test_compose.py",
    "sandbox run cash-transfer": "tests/e2e/test_cash_transfer.py",
    "sandbox up cash-transfer --name hand": "tests/e2e/test_by_hand.py",
    "sandbox inbox hand": "tests/e2e/test_by_hand.py",
    "sandbox down hand": "tests/e2e/test_by_hand.py",
    "sandbox whatif": "tests/unit/whatif/test_whatif.py",
    "sandbox challenge": "tests/e2e/test_challenge.py",
    "sandbox conformance": "tests/conformance/test_command.py",
    "sandbox serve": "tests/e2e/test_serve.py",
    "sandbox worker": "tests/e2e/test_killed_workers.py",
    "pytest tests/contract": "the suites themselves",
}
"""Commands shown in documents that other tests run, or that would run these tests within themselves."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(each.relative_to(ROOT)) for each in DOCUMENTS])
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


class Checkout:
    """A copy of the product in which recipes are followed, and a home that nobody else uses."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        for name in ("sandbox", "blockkit", "blocks", "datasets", "compose"):
            shutil.copytree(
                ROOT / name,
                folder / name,
                # With what Python compiled: each of the commands would compile all of it again.
                ignore=shutil.ignore_patterns("tests"),
                symlinks=True,
            )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        self.environment = {
            **kept,
            "PYTHONPATH": str(folder),
            "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            "SANDBOX_HOME": str(home),
            "SANDBOX_CONTENT": str(folder),
        }

    def types(self, command: str) -> str:
        """Run one line of a document and give what it said; it must end well."""
        program, *arguments = shlex.split(command)
        if program == "pytest":
            arguments += ["-q", "-p", "blockkit.testing", "-p", "no:cacheprovider", "--import-mode=importlib"]
        if program in ("sandbox", "pytest"):
            program, arguments = sys.executable, ["-m", program, *arguments]
        done = subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follows(self, section: Section) -> dict[str, str]:
        """Write a recipe's files and type its commands; gives what each said."""
        section.write_to(self.folder)
        return {command: self.types(command) for command in section.commands if not _others(command)}


def _others(command: str) -> bool:
    return command.startswith(tuple(MEANT_FOR))


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    home = Path(tempfile.mkdtemp(prefix="sandbox-docs-"))
    home.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    made = Checkout(tmp_path / "checkout", home)
    try:
        yield made
    finally:
        made.types("sandbox down --all --runtime local")
        shutil.rmtree(home, ignore_errors=True)


def test_the_recipes_for_a_block_and_a_scenario_work(checkout: Checkout) -> None:
    said = checkout.follows(RECIPES[BLOCK])
    assert "1 passed" in said["pytest blocks/greeter"]
    assert "Application startup complete" in said["sandbox logs try-greeter greeter"]
    said = checkout.follows(RECIPES[SCENARIO])
    told = said["sandbox run greeting --size 100 --out evidence"]
    assert "passed  Amina was greeted 2 times." in told
    page = Path(told.splitlines()[-1])
    assert (checkout.folder / page).is_file()
    assert list((checkout.folder / page).parent.glob("junit.xml"))


def test_the_recipe_for_a_country_works(checkout: Checkout) -> None:
    said = checkout.follows(RECIPES[COUNTRY])
    assert re.search(r"^xx +My country", said["sandbox data packs"], re.MULTILINE)
    assert (checkout.folder / "people" / "persons.parquet").is_file()


def test_the_recipe_for_a_language_works(checkout: Checkout) -> None:
    said = checkout.follows(RECIPES[LANGUAGE])
    assert "1 languages" in said["sandbox check sw"]
    assert (checkout.folder / "datasets" / "languages" / "sw" / "messages.po").is_file()


def test_the_recipe_for_a_runtime_is_found_without_being_registered(checkout: Checkout) -> None:
    RECIPES[RUNTIME].write_to(checkout.folder)
    findings = json.loads(checkout.types("sandbox doctor --json"))
    (paper,) = [each for each in findings if each["name"] == "paper"]
    assert "has no pencil" in paper["detail"]


def test_the_commands_of_the_readme_run_in_their_order(checkout: Checkout) -> None:
    (checkout.folder / "scenarios").mkdir()
    commands = sections(ROOT / "README.md")["Commands"].commands
    assert len(commands) > 5
    for command in commands:
        if not _others(command):
            checkout.types(command)
    assert json.loads(checkout.types("sandbox ls --json")) == []


@pytest.mark.parametrize(
    "document", sorted((ROOT / "docs" / "how-to").glob("*.md")), ids=lambda path: path.stem
)
def test_the_commands_of_a_how_to_run(document: Path, checkout: Checkout) -> None:
    for section in sections(document).values():
        for command in section.commands:
            if not _others(command):
                checkout.types(command)


def test_every_command_that_is_left_to_other_tests_is_tested_by_them() -> None:
    named = [where for where in MEANT_FOR.values() if where.startswith("tests/")]
    assert [where for where in named if not (ROOT / where).is_file()] == []


def test_make_help_lists_every_target() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    assert re.findall(r"^  make (\w+)", told, re.MULTILINE) == phony[1].split()
