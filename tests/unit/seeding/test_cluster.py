"""A cluster made to be copied is whole or not there, and holds nobody's roles and no password."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.runtimes.administrator import open_database, wait_for_server
from sandbox.runtimes.kept import OWNER, READER, name_of
from sandbox.seeding.cluster import ENVIRONMENT_NAME, ClusterPlan, KeptWish, main

PASSWORD = "of-the-copy"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a population that nobody may write to, and that PostgreSQL's own user may enter."""
    path = Path(tempfile.mkdtemp(prefix="sandbox-cluster-"))
    path.chmod(0o755)
    (path / "population").mkdir()
    (path / "population" / "persons.parquet").touch()
    (path / "population").chmod(0o555)
    yield path
    shutil.rmtree(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make(folder: Path, loader: str) -> int:
    wish = KeptWish(key="0123", block="consent", loader=loader)
    plan = ClusterPlan(databases=(wish,), folder=folder, port=free_port())
    return main({ENVIRONMENT_NAME: plan.model_dump_json()})


def test_a_copy_has_the_databases_and_the_roles_of_nobody_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(folder, "blocks.consent.seed") == 0
    assert int(capsys.readouterr().out) > 1_000_000
    assert [path.name for path in folder.iterdir()] == ["data"]
    (folder / "password").write_text(PASSWORD)
    port = free_port()
    copied = ["--prepared", str(folder / "never-made"), "--prepared", str(folder / "data")]
    place = ["--data", str(folder / "copy"), "--port", str(port)]
    secret = ["--password-file", str(folder / "password")]
    with subprocess.Popen(
        [sys.executable, "-m", "blockkit.postgres", "serve", *place, *secret, *copied]
    ) as serving:
        try:
            server = wait_for_server(port, PASSWORD)
            assert server is not None
            with server:
                roles = "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
                assert server.execute(roles).fetchall() == [
                    (OWNER, False),
                    (READER, False),
                    ("postgres", True),
                ]
                databases = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
            assert databases == {"postgres", "template0", "template1", name_of("0123")}
            with open_database(port, PASSWORD, name_of("0123"), READER) as inside:
                assert inside.execute("SELECT count(*) FROM documents").fetchone() == (0,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    inside.execute("CREATE TABLE mine ()")
        finally:
            serving.terminate()


def test_a_loader_that_breaks_leaves_no_success(folder: Path) -> None:
    with pytest.raises(ModuleNotFoundError):
        make(folder, "blocks.nowhere.seed")
    assert (folder / "population").exists()
