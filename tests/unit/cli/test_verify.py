"""`sandbox verify` on evidence that holds, that was changed, and that is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.cli.main import main
from sandbox.evidence.bundle import write_bundle
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import Register
from tests.fakes.sample_material import sample_material

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def bundle(home: Path, tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "run", sample_material(), key=open_key(home), secrets=()).parent


def test_whole_evidence_holds(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(bundle)]) == 0
    assert "holds" in capsys.readouterr().out


def test_a_changed_file_is_named(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bundle / "run.json").write_text((bundle / "run.json").read_text() + " ")
    assert main(["verify", str(bundle)]) == 1
    assert "run.json" in capsys.readouterr().err


def test_another_signer_is_noticed(bundle: Path) -> None:
    assert main(["verify", str(bundle), "--fingerprint", "00:11"]) == 1


def test_the_register_is_checked_without_a_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register = Register(home / "runs", open_key(home))
    register.begin(run="r1", scenario="s", sandbox="x", at=AT)
    register.end(run="r1", outcome="passed", at=AT)
    assert main(["verify"]) == 0
    file = next((home / "runs").glob("*.jsonl"))
    file.write_text(file.read_text().replace("passed", "failed"))
    assert main(["verify", "--json"]) == 1
    assert '"problems": [' in capsys.readouterr().out


def test_evidence_that_is_not_there_is_said_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(home / "nowhere")]) == 3
    assert "there is no evidence in" in capsys.readouterr().err
