"""A server that begins with a copy of a prepared data folder is as closed as one that made its own."""

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

from tests.fakes.waiting import eventually

PASSWORD = "it's \\ a $password"


def run_postgres(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "blockkit.postgres", *arguments], stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter, as it may not enter pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="sandbox-prepared-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_superuser_has_the_given_password_and_no_other(folder: Path) -> None:
    preparing = run_postgres("prepare", "--data", str(folder / "prepared"))
    said = preparing.communicate()[1]
    assert preparing.returncode == 0, said
    (folder / "password").write_text(PASSWORD)
    port = free_port()
    server = run_postgres(
        *("serve", "--data", str(folder / "data"), "--port", str(port)),
        *("--password-file", str(folder / "password"), "--prepared", str(folder / "prepared")),
    )
    try:

        def connects(password: str) -> bool:
            try:
                psycopg.connect(
                    host="127.0.0.1", port=port, user="postgres", password=password, connect_timeout=5
                ).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    return False
                raise
            return True

        def answers() -> bool:
            try:
                return connects(PASSWORD) or True
            except psycopg.OperationalError:
                assert server.poll() is None, server.communicate()[1]
                return False

        eventually(answers)
        assert connects(PASSWORD)
        assert not connects("postgres")
    finally:
        server.terminate()
        server.communicate()
