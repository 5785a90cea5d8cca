"""Bring up, list, adopt, take down, reap; on runtimes that behave and on some that don't."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import NotFound, RuntimeFailure, StartFailed, StateConflict, UsageError
from sandbox.lifecycle.locks import hold_sandbox
from sandbox.lifecycle.readiness import Waiting
from sandbox.lifecycle.service import (
    Tools,
    Wish,
    adopt,
    bring_up,
    clock_offset,
    list_all,
    reap_expired,
    take_all_down,
    take_down,
)
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate, CandidateDescriptor
from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.model.wiring import Wiring
from sandbox.runtime import Completed
from tests.fakes.runtimes import FailingRuntime, QuietRuntime, VanishingRuntime

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = ("information-mediator", "payments", "controls")


@dataclass
class Door:
    """Stands where the mediator's own door stands, and remembers what was told to it."""

    url: str = ""
    unready: dict[str, str] = field(default_factory=dict)
    clocks: list[dict[str, int]] = field(default_factory=list)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            states = {
                name: {"ready": name not in door.unready, "reason": door.unready.get(name, "")}
                for name in NAMES
            }
            self._answer({"instances": states})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            door.clocks.append(body)
            self._answer({"today": "2026-01-01"})

        def _answer(self, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    door.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield door
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Ticking:
    """Time that passes only when somebody waits for it."""

    at: float = 0.0

    def waiting(self) -> Waiting:
        def sleep(seconds: float) -> None:
            self.at += max(seconds, 0.2)

        return Waiting(seconds=5, now=lambda: self.at, sleep=sleep)


def tools_for(runtime: Any, home: Path) -> Tools:
    return Tools(runtime=runtime, home=home, now=lambda: NOW, waiting=Ticking().waiting())


def wish(name: str = "pilot", lease: timedelta | None = None) -> Wish:
    spec = SandboxSpec(
        name=name,
        runtime="quiet",
        blocks=NAMES[:2],
        population=PopulationRef(),
        clock_start=date(2026, 1, 1),
        created=NOW,
        expires=NOW + lease if lease else None,
    )
    blocks = {
        slug: BlockDescriptor(name=slug, slug=slug, summary="A block of this test.", module=f"blocks.{slug}")
        for slug in NAMES[:2]
    }
    return Wish(
        spec=spec,
        blocks=blocks,
        wiring=Wiring(services=(), clients=(), rights=()),
        population=Path("/population"),
    )


@pytest.fixture
def quiet(door: Door) -> QuietRuntime:
    return QuietRuntime(addresses=dict.fromkeys(NAMES, door.url))


def test_a_sandbox_is_prepared_before_it_is_seeded_and_started(
    quiet: QuietRuntime, door: Door, tmp_path: Path
) -> None:
    running = bring_up(tools_for(quiet, tmp_path), wish())
    assert quiet.calls[0] == ("prepare", "pilot")
    assert sorted(quiet.calls[1:]) == [("run_once", "seeding"), *(("start", name) for name in sorted(NAMES))]
    assert running.site.public_url == door.url


def test_a_foreign_image_is_started_only_when_its_database_is_there(
    quiet: QuietRuntime, tmp_path: Path
) -> None:
    image = "sha256:" + "0" * 64
    product = CandidateDescriptor(
        name="Acme Pay", slug="payments", summary="Somebody's product.", image=image
    )
    foreign = Candidate(block="payments", ref="./acme", descriptor=product, image=image)
    bring_up(tools_for(quiet, tmp_path), replace(wish(), candidates={"payments": foreign}))
    assert quiet.calls.index(("run_once", "seeding")) < quiet.calls.index(("start", "payments"))


def test_its_clock_begins_on_the_populations_date(quiet: QuietRuntime, door: Door, tmp_path: Path) -> None:
    bring_up(tools_for(quiet, tmp_path), wish())
    assert door.clocks == [{"offset_seconds": clock_offset(date(2026, 1, 1), NOW), "epoch": 1}]
    assert (NOW + timedelta(seconds=door.clocks[0]["offset_seconds"])).date() == date(2026, 1, 1)


def test_a_later_command_adopts_it(quiet: QuietRuntime, tmp_path: Path) -> None:
    tools = tools_for(quiet, tmp_path)
    running = bring_up(tools, wish())
    assert adopt(tools, "pilot").secrets == running.secrets
    assert [(each.name, each.state) for each in list_all(tools)] == [("pilot", "running")]


def test_a_name_is_taken_once(quiet: QuietRuntime, tmp_path: Path) -> None:
    tools = tools_for(quiet, tmp_path)
    bring_up(tools, wish())
    with pytest.raises(StateConflict, match="there is a sandbox 'pilot' already"):
        bring_up(tools, wish())
    assert [each.state for each in list_all(tools)] == ["running"]


@pytest.mark.parametrize("name", ["Pilot", "1st", "a_b", "x" * 23, "../up", "a-", ""])
def test_odd_names_are_refused_before_anything_starts(name: str, quiet: QuietRuntime, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be used"):
        bring_up(tools_for(quiet, tmp_path), wish(name))
    assert quiet.calls == []


def test_a_failed_loader_is_named_and_nothing_is_left(quiet: QuietRuntime, tmp_path: Path) -> None:
    quiet.outcomes["seeding"] = Completed(exit_code=1, log_tail="the database of block 'payments' broke")
    with pytest.raises(StartFailed, match="could not be loaded") as refused:
        bring_up(tools_for(quiet, tmp_path), wish())
    assert "payments" in refused.value.log_tail
    assert quiet.list_sandboxes() == []


def test_a_block_that_never_gets_ready_is_named_with_its_log(
    quiet: QuietRuntime, door: Door, tmp_path: Path
) -> None:
    door.unready["payments"] = "the database does not answer"
    quiet.lines["payments"] = ["first", "last words"]
    with pytest.raises(
        StartFailed, match="payments was not ready after 5 s: the database does not"
    ) as refused:
        bring_up(tools_for(quiet, tmp_path), wish())
    assert refused.value.log_tail == "first\nlast words"
    assert quiet.list_sandboxes() == []


def test_a_block_that_is_gone_is_noticed_before_the_time_is_up(
    quiet: QuietRuntime, door: Door, tmp_path: Path
) -> None:
    door.unready["payments"] = "no answer"
    with pytest.raises(StartFailed, match="payments is gone before it was ready"):
        bring_up(tools_for(VanishingRuntime(quiet, "payments"), tmp_path), wish())


@pytest.mark.parametrize("at", ["prepare", "run_once", "start"])
def test_wherever_the_runtime_fails_nothing_is_left(at: str, quiet: QuietRuntime, tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match="the disk is full"):
        bring_up(tools_for(FailingRuntime(quiet, at), tmp_path), wish())
    assert quiet.list_sandboxes() == []


def test_taking_down_leaves_nothing(quiet: QuietRuntime, tmp_path: Path) -> None:
    tools = tools_for(quiet, tmp_path)
    bring_up(tools, wish())
    take_down(tools, "pilot")
    assert list_all(tools) == []
    with pytest.raises(NotFound, match="there is no sandbox 'pilot'"):
        take_down(tools, "pilot")


def test_a_sandbox_in_use_is_left_to_its_command_and_the_others_go(
    quiet: QuietRuntime, tmp_path: Path
) -> None:
    tools = tools_for(quiet, tmp_path)
    bring_up(tools, wish("one"))
    bring_up(tools, wish("two"))
    with hold_sandbox(tmp_path, "one"), pytest.raises(StateConflict, match="another command"):
        take_all_down(tools)
    assert [each.name for each in list_all(tools)] == ["one"]


def test_a_lease_that_has_run_out_is_reaped_and_no_other(quiet: QuietRuntime, tmp_path: Path) -> None:
    tools = tools_for(quiet, tmp_path)
    bring_up(tools, wish("short", timedelta(minutes=1)))
    bring_up(tools, wish("long", timedelta(hours=1)))
    bring_up(tools, wish("for-ever"))
    later = Tools(runtime=quiet, home=tmp_path, now=lambda: NOW + timedelta(minutes=2))
    assert reap_expired(later) == ["short"]
    assert sorted(each.name for each in list_all(later)) == ["for-ever", "long"]


def test_a_block_that_exited_shows_as_degraded(quiet: QuietRuntime, tmp_path: Path) -> None:
    tools = tools_for(quiet, tmp_path)
    bring_up(tools, wish())
    quiet.end("pilot", "payments", 1)
    assert [each.state for each in list_all(tools)] == ["degraded"]
