"""Reset, checkpoint and restore on a real server: whatever is killed when, the old state or the new one."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from sandbox.calls.gate import Gate
from sandbox.controls.notes import Notes
from sandbox.controls.shelf import Shelf
from sandbox.controls.states import MOST_CHECKPOINTS, States
from sandbox.controls.timepiece import Timepiece
from sandbox.errors import NotFound, StateConflict
from sandbox.seeding.load import seed_all
from sandbox.seeding.plan import DatabaseWish, SeedingPlan

FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
SEED = 20261127
START = date(2026, 1, 1)
BLOCKS = ("one", "two")


class Killed(BaseException):
    """The controls are no more: from here on nothing that they try reaches the world."""


@dataclass
class Mediator:
    """What the mediator keeps; it is not killed with the controls."""

    notes: Notes
    letters: str = ""
    held: bool = False
    clock: tuple[int, int] = (0, 0)
    kept: dict[str, str] = field(default_factory=dict)


@dataclass
class Door:
    """The gate of a mediator; `step` is told each time that something is asked."""

    mediator: Mediator
    timepiece: Timepiece
    step: Callable[[], None]

    def __enter__(self) -> Door:
        return self

    def __exit__(self, *_: object) -> None: ...

    def hold(self) -> None:
        self.step()
        self.mediator.held = True

    def release(self) -> None:
        self.step()
        self.mediator.held = False

    def forget(self) -> None:
        self.step()
        self.mediator.letters = ""

    def set_clock(self, offset: int, epoch: int, *, renew: bool = False) -> str:
        del renew
        self.step()
        self.mediator.clock = (offset, epoch)
        self.timepiece.set_offset(offset, epoch)  # as the controls' own route does
        self.mediator.notes.keep_clock(offset, epoch)
        return (datetime.now(UTC).date()).isoformat()

    def save_state(self, checkpoint: str) -> None:
        self.step()
        self.mediator.kept[checkpoint] = self.mediator.letters

    def restore_state(self, checkpoint: str) -> None:
        self.step()
        self.mediator.letters = self.mediator.kept[checkpoint]

    def keep_states(self, checkpoints: list[str]) -> None:
        self.step()
        self.mediator.kept = {name: self.mediator.kept[name] for name in checkpoints}


@dataclass
class World:
    """Two blocks with a row each, a mediator with a letter, and the controls between them."""

    plan: SeedingPlan
    admin_url: str
    mediator: Mediator
    steps: int = 0
    dies_at: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.dies_at and self.steps >= self.dies_at:
            raise Killed

    def controls(self) -> States:
        """Give controls that were just started."""

        timepiece = Timepiece(START)

        def open_gate() -> Gate:
            return Door(self.mediator, timepiece, self.step)  # type: ignore[return-value]

        return States(Shelf(self.plan), Notes(self.admin_url), timepiece, open_gate)

    def write(self, words: str) -> None:
        for block in BLOCKS:
            with psycopg.connect(self.url(block)) as connection:
                connection.execute("INSERT INTO people VALUES (%s)", [words])
        self.mediator.letters = words

    def state(self) -> tuple[str, ...]:
        """What every block and the mediator hold."""
        held = []
        for block in BLOCKS:
            with psycopg.connect(self.url(block)) as connection:
                rows = connection.execute("SELECT name FROM people WHERE name <> 'seeded' ORDER BY name")
                held.append("+".join(row[0] for row in rows))
        return (*held, self.mediator.letters)

    def url(self, block: str) -> str:
        place = self.admin_url.rpartition("@")[2].partition("/")[0]
        return f"postgresql://sbx_t_{block}:pw-{block}@{place}/sbx_t_{block}"


@pytest.fixture
def world(admin_url: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> World:
    wishes = [
        DatabaseWish(
            block=block,
            database=f"sbx_t_{block}",
            role=f"sbx_t_{block}",
            password=f"pw-{block}",
            loader=loader,
        )
        for block in BLOCKS
    ]
    plan = SeedingPlan(admin_url=admin_url, data="/data", databases=tuple(wishes))
    seed_all(plan, lambda _: None)
    made = World(plan, admin_url, Mediator(Notes(admin_url)))
    really_execute = psycopg.Connection.execute

    def execute(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        if self.info.user == "sbx_t_admin":
            made.step()
        return really_execute(self, query, *arguments, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", execute)
    return made


def test_a_restore_brings_back_what_was_saved_and_begins_a_new_epoch(world: World) -> None:
    controls = world.controls()
    world.write("saved")
    saved = controls.save("before-lunch")
    assert (saved.name, saved.today, world.mediator.held) == ("before-lunch", START, False)
    world.write("later")
    controls.restore("before-lunch")
    assert world.state() == ("saved", "saved", "saved")
    first = world.mediator.clock[1]
    world.write("again")
    controls.restore("before-lunch")
    assert (world.state(), world.mediator.clock[1]) == (("saved", "saved", "saved"), first + 1)
    controls.reset()
    assert world.state() == ("", "", "")
    controls.restore("before-lunch")
    controls.finish()
    assert world.state() == ("saved", "saved", "saved")


def test_saving_under_a_name_again_keeps_the_newer_state_and_nothing_of_the_older(world: World) -> None:
    controls = world.controls()
    world.write("first")
    controls.save("here")
    world.write("second")
    newer = controls.save("here")
    controls.finish()
    assert [each.id for each in controls.checkpoints()] == [newer.id]
    assert list(world.mediator.kept) == [newer.id]
    controls.reset()
    controls.restore("here")
    assert world.state() == ("first+second", "first+second", "second")
    controls.remove("here")
    controls.finish()
    with psycopg.connect(world.admin_url) as admin:
        assert admin.execute(
            "SELECT count(*) FROM pg_database WHERE datname LIKE '%\\_\\_cp\\_%'"
        ).fetchone() == (0,)
    with pytest.raises(NotFound, match="no checkpoint 'here'"):
        controls.restore("here")


def test_no_more_are_kept_than_the_disk_should_bear(world: World) -> None:
    controls = world.controls()
    with controls.notes.open() as admin:
        for number in range(MOST_CHECKPOINTS):
            admin.execute("INSERT INTO checkpoints VALUES (%s, %s, %s)", [f"{number}", f"c{number}", START])
    with pytest.raises(StateConflict, match=f"there are {MOST_CHECKPOINTS} checkpoints"):
        controls.save("one-more")


@pytest.mark.campaign
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the killed one's
@pytest.mark.parametrize("change", ["save", "restore", "reset"])
def test_whoever_is_killed_on_the_way_leaves_the_old_state_or_the_new_one(world: World, change: str) -> None:
    def keep_anew() -> None:
        first = world.controls()
        first.reset()
        world.write("saved")
        first.save("here")
        first.finish()

    keep_anew()

    def act(controls: States) -> None:
        {"save": lambda: controls.save("here"), "restore": lambda: controls.restore("here")}.get(
            change, controls.reset
        )()

    def begin(words: str) -> States:
        """Begin from the checkpoint with one word more, by controls that have ended all they began."""
        controls = world.controls()
        controls.take_up()
        controls.restore("here")
        controls.finish()
        world.write(words)
        return controls

    controls = begin("count")
    world.steps = 0
    act(controls)
    controls.finish()
    total = world.steps
    points = range(1, total + 1)
    chosen = points if FULL else random.Random(f"{SEED}/{change}").sample(points, max(2, total // 40))
    for at in chosen:
        if change == "save":  # what is kept may be the newer state by now
            keep_anew()
        controls = begin("more")
        world.steps, world.dies_at = 0, at
        try:
            act(controls)
            controls.finish()
        except Killed:
            pass
        world.steps, world.dies_at = 0, 0
        successor = world.controls()
        successor.take_up()
        after = world.state()
        old, new = ("more+saved", "more+saved", "more"), ("saved", "saved", "saved")
        allowed = {"save": [old], "restore": [old, new], "reset": [old, ("", "", "")]}[change]
        assert after in allowed, f"killed at step {at} of {total}"
        assert not world.mediator.held
        successor.restore("here")
        kept = world.state()
        assert kept in ([old, new] if change == "save" else [new]), f"killed at step {at} of {total}"
        successor.finish()
