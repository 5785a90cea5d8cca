"""Jobs: held by one at a time, done again when their holder dies, never written by one who lost it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure
from sandbox.settings import Settings
from sandbox.store import journal, wishes
from sandbox.store.jobs import HOLD, HoldLost, Job, add_job, finish, renew, take, unheld
from sandbox.store.schema import JobRow
from sandbox.store.store import Store
from sandbox.tasks.doings import DOINGS
from sandbox.tasks.reaper import AGAIN, reap, take_up
from sandbox.tasks.work import MOST_HOLDERS, Bench, Doing, Held, do_job, in_words
from tests.fakes.stores import NOON, Hands, somebody


def bench_of(store: Store, now: Hands, tmp_path: Path, worker: str = "one") -> Bench:
    return Bench(settings=Settings(home=tmp_path), store=store, worker=worker, host="here", now=now)


def add(store: Store, kind: Job = Job.START, subject: str = "x", minutes: int = 0) -> str:
    with store.session() as session:
        return add_job(session, kind, subject, now=NOON + timedelta(minutes=minutes))


def state_of(store: Store, job: str) -> str:
    with store.session() as session:
        row = session.get(JobRow, job)
        assert row is not None
        return row.state


def test_a_job_that_is_held_is_done_by_nobody_else(store: Store, tmp_path: Path) -> None:
    now, done = Hands(), []
    job = add(store)
    with store.session() as session:
        assert take(session, job, "another", now()) is not None
    do_job(bench_of(store, now, tmp_path), {Job.START: done.append}, job)
    assert done == []


def test_who_died_loses_its_hold_and_can_write_nothing_any_more(store: Store, tmp_path: Path) -> None:
    now, told = Hands(), []
    job = add(store)
    with store.session() as session:
        row = take(session, job, "dead", now())
        assert row is not None
    dead = Held(bench_of(store, now, tmp_path, "dead"), job, row.fence, "x", {})
    now.turn(HOLD)

    def doing(held: Held) -> None:
        held.tell("done", {"by": "one"})
        with pytest.raises(HoldLost):
            dead.tell("done", {"by": "dead"})
        told.append(held.fence)

    do_job(bench_of(store, now, tmp_path), {Job.START: doing}, job)
    assert told == [dead.fence + 1]
    assert state_of(store, job) == "done"
    with store.session() as session:
        assert [each.told["by"] for each in journal.heard_since(session, "x", 0)] == ["one"]
        with pytest.raises(HoldLost):
            renew(session, job, dead.fence, now())


def test_jobs_about_one_subject_are_done_in_turn(store: Store, tmp_path: Path) -> None:
    now, done = Hands(), []
    first, second = add(store), add(store, Job.REMOVE, minutes=1)

    def note(word: str) -> Doing:
        return lambda held: done.append((word, held.id))

    doings = {Job.START: note("start"), Job.REMOVE: note("remove")}
    bench = bench_of(store, now, tmp_path)
    do_job(bench, doings, second)
    assert done == []
    do_job(bench, doings, first)
    assert done == [("start", first), ("remove", second)]


def test_a_job_done_twice_is_done_once(store: Store, tmp_path: Path) -> None:
    done: list[Held] = []
    bench, job = bench_of(store, Hands(), tmp_path), add(store)
    for _ in range(2):
        do_job(bench, {Job.START: done.append}, job)
    assert len(done) == 1


def test_what_lost_its_holder_is_submitted_again_and_what_is_held_is_not(
    store: Store, tmp_path: Path
) -> None:
    now = Hands()
    lost, held, waiting = add(store, subject="a"), add(store, subject="b"), add(store, subject="c")
    finished = add(store, subject="d")
    with store.session() as session:
        take(session, lost, "dead", now())
        take(session, finished, "one", now())
        finish(session, finished, now())
    now.turn(HOLD)
    with store.session() as session:
        take(session, held, "alive", now())
    submitted: list[str] = []

    class Queue:
        def submit(self, job: str, *, host: str = "") -> None:
            assert host == ""
            submitted.append(job)

        def close(self) -> None:
            raise AssertionError

    assert reap(bench_of(store, now, tmp_path), Queue()) == 2
    assert sorted(submitted) == sorted([lost, waiting])
    with store.session() as session:
        assert {row.id for row in unheld(session, now())} == {lost, waiting}


def test_an_expired_sandbox_that_can_t_be_removed_is_tried_again_after_a_while(
    store: Store, tmp_path: Path
) -> None:
    owner, now = somebody(store), Hands()
    with store.session() as session:
        wishes.add_sandbox(session, name="demo", owner=owner.id, wish={}, now=NOON, expires=NOON)

    class Queue:
        def submit(self, job: str, *, host: str = "") -> None:
            """The removal fails at once."""
            with store.session() as session:
                finish(session, job, now())
                wishes.find_sandbox(session, "demo", None).state = "failed"

        def close(self) -> None:
            raise AssertionError

    bench = bench_of(store, now, tmp_path)
    assert [reap(bench, Queue()) for _ in range(2)] == [1, 0]
    now.turn(AGAIN)
    assert reap(bench, Queue()) == 1


def test_after_a_reboot_what_should_run_here_is_started_anew(store: Store, tmp_path: Path) -> None:
    owner = somebody(store)
    with store.session() as session:
        for name, host in (("alive", "here"), ("lost", "here"), ("elsewhere", "there")):
            row = wishes.add_sandbox(session, name=name, owner=owner.id, wish={}, now=NOON, expires=None)
            row.state, row.host = "running", host
    bench = bench_of(store, Hands(), tmp_path)
    assert [take_up(bench, {"alive"}) for _ in range(2)] == [1, 0]
    with store.session() as session:
        states = {row.name: row.state for row in wishes.list_sandboxes(session, None)}
        lost = wishes.find_sandbox(session, "lost", None)
        assert [(row.kind, row.subject, row.host) for row in session.query(JobRow)] == [
            (Job.START, lost.id, "here")
        ]
    assert states == {"alive": "running", "lost": "asked", "elsewhere": "running"}


class TooLong(Exception):
    """What a worker interrupts a job with."""


def test_what_goes_wrong_is_told_in_words(store: Store, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    bench = replace(bench_of(store, Hands(), tmp_path), too_long=(TooLong,))
    for wrong in (
        RuntimeFailure("payments did not start", hint="look at its log"),
        KeyError("x"),
        TooLong(),
    ):
        with in_words(Held(bench, "j", 1, "x", {}), lambda reason, hint: told.append((reason, hint))):
            raise wrong
    assert told[0] == ("payments did not start", "look at its log")
    assert told[1][0] == "this is a fault of civic-sandbox, not yours: KeyError"
    assert told[2][0] == "this took longer than a job may, and was stopped"
    report = next((tmp_path / "reports").iterdir())
    assert report.name in told[1][1]
    assert "KeyError" in report.read_text()


def test_a_job_that_ended_five_workers_is_given_up_and_whoever_asked_is_told(
    store: Store, tmp_path: Path
) -> None:
    now, owner = Hands(), somebody(store)
    with store.session() as session:
        row = wishes.add_sandbox(session, name="demo", owner=owner.id, wish={}, now=NOON, expires=None)
    job = add(store, Job.START, row.id)
    for _ in range(MOST_HOLDERS):
        with store.session() as session:
            assert take(session, job, "dead", now()) is not None
        now.turn(HOLD)
    do_job(bench_of(store, now, tmp_path), DOINGS, job)
    assert state_of(store, job) == "done"
    with store.session() as session:
        found = wishes.find_sandbox(session, "demo", None)
        assert (found.state, found.reason) == (
            "failed",
            "5 times a worker began this and came to no end, so it is not tried again",
        )
