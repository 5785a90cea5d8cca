"""A folder's command as a child of the measurement: told little, ended with all that it started."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.calls.direct import DirectClient
from sandbox.cli.main import main
from sandbox.conformance.standing import check_command, standing_here
from sandbox.errors import StartFailed, UsageError
from sandbox.model.candidate import CandidateDescriptor
from tests.fakes.waiting import eventually

PRODUCT = """
import http.server, json, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
class Product(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"told": dict(os.environ), "child": child.pid}).encode())
    do_POST = do_GET
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Product).serve_forever()
"""


def descriptor(text: str = PRODUCT, **more: Any) -> CandidateDescriptor:
    said = {"name": "Outbox", "slug": "messaging", "summary": "A product.", "start_timeout": 60}
    return CandidateDescriptor.model_validate(
        {**said, "command": [sys.executable, "-c", text], "environment": {"MODE": "pilot"}, **more}
    )


def test_it_is_told_its_port_and_nothing_of_who_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_KEY", "secret")
    with standing_here(tmp_path, descriptor(), tmp_path / "tmp") as standing:
        with DirectClient(standing.address) as client:
            said = json.loads(client.send("GET", f"{standing.address}/", (), None).content)
        assert standing.address == f"http://127.0.0.1:{said['told']['PORT']}"
        assert said["told"]["MODE"] == "pilot"
        assert said["told"].keys() & {"CLOUD_KEY", "SANDBOX_SECRET", "ISSUER_URL"} == set()
        assert psutil.pid_exists(said["child"])
    eventually(lambda: not running(said["child"]))
    assert list((tmp_path / "tmp").iterdir()) == []


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("product", "sentence", "tail"),
    [
        (
            descriptor("import sys; print('no licence'); sys.exit(3)"),
            "ended with code 3 before it was ready",
            "no licence",
        ),
        (descriptor(command=["./not-there"]), "can't be started", ""),
    ],
    ids=["ends", "is missing"],
)
def test_one_that_does_not_start_is_named_with_its_last_words(
    tmp_path: Path, product: CandidateDescriptor, sentence: str, tail: str
) -> None:
    with (
        pytest.raises(StartFailed, match=sentence) as failed,
        standing_here(tmp_path, product, tmp_path / "tmp"),
    ):
        pytest.fail("it can't be ready")
    assert tail in failed.value.log_tail


@pytest.mark.parametrize(
    ("product", "sentence"),
    [
        (descriptor(slug="payments"), "is about 'payments'"),
        (descriptor(command=[], build="."), "names no command"),
        (descriptor(services={"database": {"provided": "postgresql"}}), "asks for services"),
    ],
)
def test_what_can_not_be_started_here_is_refused(
    tmp_path: Path, product: CandidateDescriptor, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_command(tmp_path, product, "messaging")


def test_a_folder_is_measured_as_an_address_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    (tmp_path / "block.yaml").write_text(descriptor().model_dump_json(exclude_defaults=True))
    out = tmp_path / "report"
    asked = ("conformance", "messaging", "--candidate", str(tmp_path), "--cases", "4", "--out", str(out))
    assert main([*asked, "--json"]) == 3
    assert "--candidate" in json.loads(capsys.readouterr().out)["error"]["hint"]
    assert main([*asked, "--trust-code"]) == 1
    told = capsys.readouterr()
    assert "nothing confined it" in told.err
    assert "not met" in told.out
    assert {path.name for path in out.iterdir()} == {"index.html", "junit.xml", "report.json"}
    page = (out / "index.html").read_text()
    for said in ("What was measured", "Outbox", "nothing confined it"):
        assert said in page
