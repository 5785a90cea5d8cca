"""The commands about sandboxes, typed as a user does: what they print, keep, follow, reap and remove."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.conftest import Ended, User, a_user
from tests.fakes.recipes import sections
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]
SANDBOX = (sys.executable, "-m", "sandbox")
UP = ("up", "--block", "payee-institutions", "--size", "50")


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[User, dict[str, str]]]:
    """A user with one sandbox that several tests look at, and what `up --json` said of it."""
    for user in a_user("local"):
        brought = user.types(*UP, "--name", "world", "--json")
        assert brought.code == 0, brought.err
        yield user, brought.value


def test_up_in_json_says_how_to_reach_it(world: tuple[User, dict[str, str]]) -> None:
    _, brought = world
    assert set(brought) == {"name", "url", "token"}
    with httpx2.Client(base_url=brought["url"], trust_env=False) as browser:
        assert browser.get("/_sandbox/readiness").status_code in (401, 403)
        shown = browser.get(
            "/_sandbox/readiness", headers={"Information-Mediator-Secret": brought["token"]}
        ).json()
    assert {name for name, state in shown["instances"].items() if state["ready"]} >= {"payee-institutions"}


def test_ls_in_json_is_a_list(world: tuple[User, dict[str, str]]) -> None:
    user, brought = world
    (listed,) = user.types("ls", "--json").value
    assert (listed["name"], listed["state"], listed["url"]) == ("world", "running", brought["url"])
    assert set(listed["instances"].values()) == {"running"}
    assert listed["spec"]["population"] == {"pack": "zz", "size": 50, "seed": 1, "dirt": "none"}
    assert brought["token"] not in user.types("ls", "--json").out


def test_ls_cuts_nothing_short_for_other_programs(world: tuple[User, dict[str, str]]) -> None:
    user, brought = world
    heading, line = user.types("ls").out.splitlines()
    assert heading.split() == ["name", "state", "runtime", "scenario", "citizens", "expires", "address"]
    assert line.split()[0] == "world"
    assert line.rstrip().endswith(brought["url"])


def test_reset_may_be_repeated(world: tuple[User, dict[str, str]]) -> None:
    user, _ = world
    first = user.types("reset", "world", "--json")
    assert first.code == 0, first.err
    assert (
        user.types("reset", "world", "--json").value
        == first.value
        == {"name": "world", "today": "2026-01-01"}
    )


def test_logs_show_one_block_or_all(world: tuple[User, dict[str, str]]) -> None:
    user, _ = world
    assert set(user.types("logs", "world", "--json").value) == {
        "information-mediator",
        "payee-institutions",
        "controls",
    }
    assert "startup complete" in user.types("logs", "world", "payee-institutions").out
    assert len(user.types("logs", "world", "controls", "--tail", "1").out.splitlines()) == 1


def test_logs_follow_what_comes(world: tuple[User, dict[str, str]]) -> None:
    user, _ = world
    following = user.starts(*SANDBOX, "logs", "world", "payee-institutions", "--tail", "1", "--follow")
    assert following.stdout is not None
    assert following.stdout.readline()
    assert user.types("reset", "world").code == 0
    assert "/_sandbox/clock" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=60)
    assert following.returncode == 130
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("logs", "world", "no-such"), "it has: information-mediator, payee-institutions, controls"),
        (("logs", "world", "--follow"), "--follow needs one block"),
    ],
)
def test_what_logs_can_not_show_is_said(
    world: tuple[User, dict[str, str]], arguments: tuple[str, ...], wanted: str
) -> None:
    ended = world[0].types(*arguments)
    assert ended.code == 2
    assert wanted in ended.err


def test_an_expired_sandbox_is_removed_by_the_next_command(user: User) -> None:
    assert user.types(*UP, "--name", "brief", "--ttl", "1s").code == 0
    assert user.types(*UP, "--name", "lasting", "--ttl", "1h").code == 0
    names = eventually(lambda: [each["name"] for each in user.types("ls", "--json").value])
    assert names == ["lasting"]
    assert not [left for left in user.remains() if "brief" in left]
    assert user.types("down", "lasting").code == 0
    assert user.remains() == []


def test_ctrl_c_while_it_starts_ends_with_130_and_leaves_nothing(user: User) -> None:
    starting = user.starts(*SANDBOX, *UP, "--name", "cut")
    assert starting.stderr is not None
    while "loading citizens" not in (line := starting.stderr.readline()):
        assert line, "it ended before it began to load"
    starting.send_signal(signal.SIGINT)
    _, said = starting.communicate(timeout=120)
    assert starting.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert user.types("ls", "--json").value == []
    assert user.remains() == []


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the product with one more block, whose program raises when it is imported."""
    root = tmp_path / "product"
    for name in ("sandbox", "blockkit", "blocks", "datasets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("tests"))
    sections(ROOT / "CONTRIBUTING.md")["A new block"].write_to(root)
    app = root / "blocks" / "greeter" / "app.py"
    app.write_text(f"{app.read_text()}\nraise RuntimeError('the greeter has lost its voice')\n")
    return root


def types_in(root: Path, user: User, *arguments: str) -> Ended:
    """Type a command of the product that lies in `root`."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=root,
        env={**user.environment, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_block_that_fails_to_start_is_named_with_its_log_and_everything_is_removed(
    local_user: User, broken: Path
) -> None:
    up = ("up", "--block", "greeter", "--size", "50")
    told = types_in(broken, local_user, *up)
    assert told.code == 4
    assert "greeter exited" in told.err
    assert "the greeter has lost its voice" in told.err
    assert local_user.types("ls", "--json").value == []
    assert local_user.remains() == []
    error = types_in(broken, local_user, *up, "--json").value["error"]
    assert error["reason"] == "start-failed"
    assert "greeter" in error["message"]
    assert "the greeter has lost its voice" in "\n".join(error["log_tail"])
    assert local_user.remains() == []
