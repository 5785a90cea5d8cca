"""What is said when there is no Engine to talk to."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sandbox.errors import RuntimeUnavailable
from sandbox.runtimes.docker import engine


def test_no_engine_names_the_address_and_the_way_out(tmp_path):
    with pytest.raises(RuntimeUnavailable) as caught:
        engine.connect({"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"})
    assert str(caught.value) == f"no Docker Engine answers at unix://{tmp_path}/nobody.sock: " + os.strerror(
        2
    )
    assert "--runtime local" in caught.value.hint


def test_no_permission_names_the_group_of_the_socket(tmp_path, monkeypatch):
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))

        def refuse(_address: str) -> None:
            # What the system says to a user outside the group; root, who may run this test, is never refused.
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(engine, "_knock", refuse)
        with pytest.raises(RuntimeUnavailable) as caught:
            engine.connect({"DOCKER_HOST": f"unix://{path}"})
        assert str(caught.value) == f"no permission to use the Docker Engine at unix://{path}"
        assert repr(path.group()) in caught.value.hint


@pytest.fixture
def old_engine() -> Iterator[str]:
    """An Engine of 2019, as far as its version goes."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"ApiVersion": "1.40", "Version": "19.03"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"tcp://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_engine_that_is_too_old_is_refused_with_both_versions(old_engine):
    with pytest.raises(RuntimeUnavailable, match=r"speaks API 1\.40, wanted 1\.41 or newer"):
        engine.connect({"DOCKER_HOST": old_engine})
