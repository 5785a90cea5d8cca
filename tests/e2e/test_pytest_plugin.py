"""The fixtures in somebody's own suites: the document's, one that breaks, one that asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import User, a_user
from tests.fakes.recipes import sections

pytest_plugins = ["pytester"]
DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "pytest.md"

BREAKS = """
import pytest

pytestmark = pytest.mark.sandbox(blocks=["payee-institutions"], size=50)

def test_fails(sandbox):
    assert sandbox.call("payee-institutions", "GET", "/nowhere").status == 200

@pytest.mark.sandbox(sise=50)
def test_asks_wrongly(sandbox):
    pass

@pytest.mark.scenario("no-such-scenario")
def test_plays_what_is_not_there(scenario):
    pass

def test_is_interrupted(sandbox):
    raise KeyboardInterrupt
"""
ASKS_FOR_NOTHING = """
import sys

import pytest

@pytest.fixture
def scenario():
    return "my own"

def test_a_fixture_of_ones_own_takes_the_place(scenario):
    assert scenario == "my own"

def test_nothing_is_loaded():
    ours = {name for name in sys.modules if name.partition(".")[0] in ("sandbox", "blockkit", "blocks")}
    assert ours == {"sandbox", "sandbox.testing", "sandbox.testing.plugin"}
"""


@pytest.fixture(scope="module")
def somebody() -> Iterator[User]:
    """Somebody whose suites share what is kept below one home."""
    yield from a_user("local")


@pytest.fixture
def suite(pytester: pytest.Pytester, somebody: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """A folder for somebody's tests, and their home; nothing of ours may be left in it."""
    monkeypatch.setenv("SANDBOX_HOME", str(somebody.home))
    yield somebody
    assert somebody.types("ls", "--json").value == []


def test_the_documents_example_passes_on_two_workers(pytester: pytest.Pytester, suite: User) -> None:
    for section in sections(DOCUMENT).values():
        section.write_to(pytester.path)
    done = pytester.runpytest_subprocess("-n", "2", "--dist", "loadscope", "--strict-markers", "-W", "error")
    done.assert_outcomes(passed=4)
    pages = list((pytester.path / "evidence").glob("*/index.html"))
    assert len(pages) == 1
    assert [left for left in suite.remains() if not left.startswith("process")] == []


def test_nothing_is_left_of_a_suite_that_fails_and_is_interrupted(
    pytester: pytest.Pytester, suite: User
) -> None:
    pytester.makepyfile(BREAKS)
    done = pytester.runpytest_subprocess("-p", "no:xdist")
    done.assert_outcomes(failed=1, errors=2)
    done.stdout.fnmatch_lines(
        ["*the marker `sandbox` takes no sise*", "*no-such-scenario*", "*KeyboardInterrupt*"]
    )
    assert "Traceback" not in done.stdout.str()
    assert [left for left in suite.remains() if not left.startswith("process")] == []


def test_a_suite_that_asks_for_nothing_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ASKS_FOR_NOTHING)
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=2)
