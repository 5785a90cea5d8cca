"""A challenge as a whole: a killed block and a lost message are got over; a block that forgets is caught."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from psycopg import sql

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.breaker import Breaker, load_breaker
from sandbox.challenge import stage
from sandbox.challenge.course import Challenged, run_challenge
from sandbox.challenge.plan import choose_faults
from sandbox.challenge.wish import ChallengeWish
from sandbox.evidence.seal import verify_bundle
from sandbox.model.challenge import Trial
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.runtime import InstanceSpec, prefix_of
from sandbox.runtimes.local.layout import Home
from sandbox.runtimes.local.server import recorded_server
from sandbox.settings import Settings

FORGETFUL = "digital-registries"
FORGET = sql.SQL("""
    DELETE FROM records WHERE ctid IN (SELECT ctid FROM records ORDER BY registry DESC, record_id LIMIT 1)
""")


@dataclass
class Forgetting:
    """Kills as it is asked to; whenever it is the registries, a record is gone afterwards.

    What it took never comes back, so nobody needs to wait for that as long as for a block's own work.
    """

    breaker: Breaker
    home: Path
    patch: pytest.MonkeyPatch
    killed: list[str] = field(default_factory=list)

    def set_apart(self, spec: InstanceSpec) -> bool:
        return self.breaker.set_apart(spec)

    def kill(self, sandbox: str, name: str) -> None:
        self.breaker.kill(sandbox, name)
        self.killed.append(name)
        self.patch.setattr(stage, "PATIENCE", 3.0 if name == FORGETFUL else 45.0)
        if name == FORGETFUL:
            server = recorded_server(Home(self.home))
            assert server is not None
            database = f"{prefix_of(sandbox)}_{name.replace('-', '_')}"
            with server.session(database=database) as connection:
                connection.execute(FORGET)

    def start(self, spec: InstanceSpec) -> None:
        self.breaker.start(spec)

    def why_not_the_database(self, sandbox: str) -> str:
        return self.breaker.why_not_the_database(sandbox)

    def restart_database(self, sandbox: str) -> None:
        self.breaker.restart_database(sandbox)


@pytest.fixture(scope="module")
def challenged() -> Iterator[tuple[Challenged, list[Trial], Settings]]:
    """Birth registration under two faults, with registries that forget when they are killed."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="sandbox-challenge-") as name,
    ):
        patch.setattr(stage, "LOOKS_EVERY", 0.1)
        home = Path(name)
        home.chmod(0o711)  # PostgreSQL's unprivileged user passes through
        settings = Settings(home=home)
        tools = make_tools(settings, "local")
        catalog = make_catalog(settings)
        prepared = prepare_trial(
            settings,
            tools,
            catalog,
            SandboxWish(size=200),
            scenario=look_up_scenario(catalog, "birth-registration"),
        )
        heard: list[Trial] = []
        asked = ChallengeWish(
            faults=choose_faults(["callback-drop", "instance-killed"]),
            blocks=["registration", FORGETFUL],
            inputs={"mothers": 5},
        )
        breaker = Forgetting(load_breaker("local", settings), home, patch)
        done = run_challenge(settings, tools, prepared, asked, breaker, heard.append)
        assert sorted(set(breaker.killed)) == [FORGETFUL, "registration"]
        assert tools.runtime.list_sandboxes() == []
        yield done, heard, settings


Found = tuple[Challenged, list[Trial], Settings]


def test_a_lost_message_and_a_killed_block_are_got_over_and_a_forgotten_record_is_lost(
    challenged: Found,
) -> None:
    done, heard, _ = challenged
    results = {(trial.point.fault, trial.point.block): trial.result for trial in heard}
    assert results == {
        ("callback-drop", "registration"): "recovered",
        ("instance-killed", FORGETFUL): "lost",
        ("instance-killed", "registration"): "recovered",
    }
    (lost,) = [trial for trial in heard if trial.result == "lost"]
    assert any("missing" in each and each.startswith("register ") for each in lost.differences)
    assert done.report.trials == tuple(heard)


def test_what_was_found_is_signed_and_entered_in_the_register_of_runs(challenged: Found) -> None:
    done, _, settings = challenged
    assert verify_bundle(done.page.parent) == []
    assert done.standing.group == "challenge of birth-registration"
    register = (settings.runs / "register.jsonl").read_text()
    assert f'"run":"{done.report.run}"' in register
    assert '"outcome":"failed"' in register
