"""The command as somebody types it: a whole measurement, and what it says to wrong input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil
import pytest

from sandbox.cli.main import main
from sandbox.settings import CONTENT_ROOT
from tests.fakes.waiting import eventually

IN_A_CAMPAIGN = (
    pytest.mark.campaign,
    pytest.mark.skipif(os.environ.get("SANDBOX_CAMPAIGN") != "full", reason="with all campaigns"),
)
Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, make_home: Path) -> Path:
    monkeypatch.setenv("SANDBOX_HOME", str(make_home))
    monkeypatch.setenv("COLUMNS", "200")
    return make_home


@pytest.fixture
def make_home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def types(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Type]:
    before = signal.getsignal(signal.SIGTERM)

    def type_(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["conformance", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    yield type_
    signal.signal(signal.SIGTERM, before)


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """A server that answers everything alike."""

    class Alike(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  the library's names

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Alike)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_our_own_block_is_started_measured_and_ended(types: Type, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    code, told, _ = types("consent", "--cases", "20", "--seed", "5", "--out", str(out), "--json")
    report = json.loads(told)
    assert code == {"passed": 0, "failed": 1}[report["outcome"]]
    assert report["cases"] == 20
    assert report["plays"]
    assert {one["outcome"] for one in report["plays"]} == {"passed"}
    assert "not a GovStack certificate" in report["note"]
    assert {path.name for path in out.iterdir()} == {"index.html", "junit.xml", "report.json"}
    assert json.loads((out / "report.json").read_text()) == {
        key: value for key, value in report.items() if key != "page"
    }
    suites = {suite.get("name") for suite in ET.parse(out / "junit.xml").getroot()}
    assert suites == {"contract", "behaviour", "agreement", "requirements"}
    assert list((home / "tmp").iterdir()) == []
    assert [each for each in running_below_this() if "blocks.consent" in each] == []


def running_below_this() -> list[str]:
    """Give the command lines of our descendants; one that ends meanwhile, or ended, runs nothing."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a zombie is one, too
            found.append(" ".join(child.cmdline()))
    return found


def test_a_server_that_says_yes_to_everything_fails_with_words_and_a_curl(
    types: Type, tmp_path: Path
) -> None:
    os.environ["PRODUCT_TOKEN"] = "Bearer tell-nobody-of-this-token"
    out = tmp_path / "report"
    try:
        with answering(200, "application/json", b'{"ok": true}') as url:
            code, told, _ = types(
                *("consent", "--url", url, "--cases", "12", "--out", str(out)),
                *("--header", "Authorization=PRODUCT_TOKEN"),
            )
    finally:
        del os.environ["PRODUCT_TOKEN"]
    assert code == 1
    assert "not met" in told
    assert "GovStack publishes the text that numbers them apart" in told
    assert "This is not a GovStack certificate" in told
    page = (out / "index.html").read_text()
    assert "This is not a GovStack certificate" in page
    assert "$PRODUCT_URL" in page
    assert "Authorization: $PRODUCT_TOKEN" in page
    for file in out.iterdir():
        assert "tell-nobody-of-this-token" not in file.read_text(), file


def test_nobody_at_the_address_is_one_sentence(types: Type) -> None:
    code, told, said = types("consent", "--url", "http://127.0.0.1:1")
    assert (code, told) == (5, "")
    assert "http://127.0.0.1:1 gave no answer" in said


def test_a_web_page_at_the_address_is_one_sentence(types: Type) -> None:
    with answering(200, "text/html; charset=utf-8", b"<!doctype html><h1>Welcome</h1>") as url:
        code, _, said = types("payments", "--url", url)
    assert code == 2
    assert "answers with a web page, wanted: Payments" in said


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("consnt",), 3, "did you mean 'consent'?"),
        (("consent", "--url", "ftp://x"), 2, "is no address"),
        (("consent", "--url", "http://[::1"), 2, "is no address"),
        (("consent", "--url", "http://me:pw@x"), 2, "a user or a password"),
        (("consent", "--url", "http://x", "--image", "y"), 2, "each name a product"),
        (("consent", "--trust-code"), 2, "name it with --candidate"),
        (("consent", "--candidate", "/nonexistent"), 2, "needs a block.yaml, and has none"),
        (("consent", "--level", "most"), 2, "choose one of: required, recommended, all"),
        (("consent", "--cases", "-1"), 2, "--cases -1 can't be used"),
        (("consent", "--seed", "-1"), 2, "--seed -1 can't be used"),
        (("consent", "--header", "Authorization: Bearer x"), 2, "is not NAME=VARIABLE"),
        (("consent", "--header", "Authorization=NOT_SET_ANYWHERE"), 2, "NOT_SET_ANYWHERE"),
        (("consent", "--fixtures", "/nonexistent/file.yaml"), 2, "does not exist"),
        (("consent", "--out", "/proc"), 3, "not empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_input_is_one_clear_error(
    types: Type, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ended, told, said = types(*arguments)
    assert (ended, told) == (code, "")
    assert sentence in said


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content root of its own with one block."""
    root = tmp_path / "content"
    for name in ("block.yaml", "openapi.yaml", "conformance"):
        source = CONTENT_ROOT / "blocks" / "consent" / name
        target = root / "blocks" / "consent" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    monkeypatch.setenv("SANDBOX_CONTENT", str(root))
    return root / "blocks" / "consent"


def test_a_contract_that_is_no_valid_openapi_is_named_with_its_file(types: Type, content: Path) -> None:
    contract = content / "openapi.yaml"
    contract.write_text(contract.read_text().replace("{type: string, pattern:", "{type: strung, pattern:", 1))
    code, _, said = types("consent")
    assert code == 2
    assert said.count("blocks/consent/openapi.yaml") == 1
    assert "strung" in said


def test_a_behaviour_that_can_not_be_played_is_named_with_file_and_line(types: Type, content: Path) -> None:
    story = content / "conformance" / "withdrawal.arazzo.yaml"
    story.write_text(story.read_text().replace("configDataAgreementRead", "configDataAgreementRed", 1))
    code, _, said = types("consent", "--url", "http://127.0.0.1:1")
    assert code == 2
    assert "blocks/consent/conformance/withdrawal.arazzo.yaml:" in said
    assert "did you mean 'configDataAgreementRead'?" in said


@pytest.mark.parametrize(
    "signal_", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=IN_A_CAMPAIGN)], ids=["Ctrl-C", "kill -9"]
)
def test_cut_short_it_leaves_no_block_behind(home: Path, tmp_path: Path, signal_: signal.Signals) -> None:
    out = tmp_path / "report"
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "conformance",
        "consent",
        "--cases",
        "2000",
        "--out",
        str(out),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "making requests" in line:
                break
        started = psutil.Process(running.pid).children(recursive=True)
        assert started
        running.send_signal(signal_)
        said = running.stderr.read() if signal_ is signal.SIGINT else ""
    assert not out.exists()
    if signal_ is signal.SIGINT:
        assert running.returncode == 130
        assert "Traceback" not in said
        assert list((home / "tmp").iterdir()) == []
    eventually(lambda: not [each for each in started if each.is_running() and each.status() != "zombie"])
