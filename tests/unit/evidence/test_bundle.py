from __future__ import annotations

import errno
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.catalog.languages import read_language
from sandbox.errors import NotFound, SandboxError
from sandbox.evidence.bundle import SecretInEvidence, bundle_digest, write_bundle
from sandbox.evidence.disk import DiskRefused
from sandbox.evidence.keys import InstallationKey, open_key
from sandbox.evidence.paper import choose_page
from sandbox.evidence.recorder import read_events
from sandbox.evidence.seal import ENVELOPE, verify_bundle
from sandbox.settings import CONTENT_ROOT
from tests.fakes.sample_material import sample_material
from tests.fakes.sample_run import play_run


@pytest.fixture
def bundle(tmp_path: Path, key: InstallationKey) -> Path:
    return write_bundle(tmp_path / "bundle", sample_material(), key=key, secrets=["no-such-secret"]).parent


def _run_script(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(bundle / "verify.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_bundle_holds_what_a_reader_needs(bundle: Path) -> None:
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert files == {
        *("events.jsonl", "exchanges.jsonl", "index.html", "junit.xml", "key.pub.pem", "population.json"),
        *("run.json", "scenario/policy.yaml", "scenario/scenario.arazzo.yaml", "statement.dsse.json"),
        *("verify.sh", "wiring.json", "dpo.html", "inventory.json", "inventory.csv"),
        *(f"logs/{name}.log" for name in sample_material().logs),
    }


def test_events_on_disk_are_the_events_of_the_run(bundle: Path) -> None:
    assert read_events(bundle / "events.jsonl") == play_run().events


def test_run_json_carries_verdict_register_and_population(bundle: Path) -> None:
    run = json.loads((bundle / "run.json").read_bytes())
    assert run["outcome"] == "passed"
    assert run["register"] == {"number": 27, "hash": "ab" * 32, "run": 14}
    assert run["population"] == {"pack": "rw", "size": 1000, "seed": 7, "dirt": "none"}


def test_the_same_run_and_key_give_the_same_bytes(tmp_path: Path, key: InstallationKey, bundle: Path) -> None:
    again = write_bundle(tmp_path / "again", sample_material(), key=key, secrets=[]).parent
    assert bundle_digest(again) == bundle_digest(bundle)


def test_openssl_and_a_short_script_verify_it(bundle: Path, key: InstallationKey) -> None:
    answer = _run_script(bundle, key.fingerprint)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"key {key.fingerprint}\nVALID: 22 files" in answer.stdout
    assert verify_bundle(bundle, fingerprint=key.fingerprint) == []


def _change_byte(bundle: Path) -> None:
    path = bundle / "exchanges.jsonl"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def _remove(bundle: Path) -> None:
    (bundle / "logs" / "payments.log").unlink()


def _add(bundle: Path) -> None:
    (bundle / "logs" / "extra.log").write_text("planted")


def _edit_statement(bundle: Path) -> None:
    path = bundle / ENVELOPE
    envelope = path.read_text()
    start = envelope.index('"payload": "') + 40
    flipped = "A" if envelope[start] != "A" else "B"
    path.write_text(envelope[:start] + flipped + envelope[start + 1 :])


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_change_byte, "exchanges.jsonl was changed"),
        (_remove, "logs/payments.log is missing"),
        (_add, "logs/extra.log was not signed"),
        (_edit_statement, "the signature does not"),
    ],
)
def test_whatever_is_changed_is_named(bundle: Path, tamper: Callable[[Path], None], said: str) -> None:
    tamper(bundle)
    assert any(said in problem for problem in verify_bundle(bundle))
    answer = _run_script(bundle)
    assert answer.returncode == 1
    assert f"NOT VALID: {said}" in answer.stdout


def test_a_bundle_signed_by_another_installation_is_not_taken_for_ours(bundle: Path, tmp_path: Path) -> None:
    stranger = open_key(tmp_path / "elsewhere").fingerprint
    assert any("wanted" in problem for problem in verify_bundle(bundle, fingerprint=stranger))
    assert "signed by another key" in _run_script(bundle, stranger).stdout


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{}", b'{"payload": 1}', b"\xff\xfe"])
def test_an_envelope_that_is_none_is_a_problem_and_no_crash(bundle: Path, garbage: bytes) -> None:
    (bundle / ENVELOPE).write_bytes(garbage)
    assert len(verify_bundle(bundle)) == 1


def test_a_live_secret_is_refused_by_file_and_never_named(tmp_path: Path, key: InstallationKey) -> None:
    material = sample_material(logs={"payments": "token=c2FuZGJveC10b2tlbi0xMjM0"})  # base64
    with pytest.raises(SecretInEvidence, match=r"logs/payments\.log would hold a live secret") as caught:
        write_bundle(tmp_path / "bundle", material, key=key, secrets=["sandbox-token-1234"])
    assert "sandbox-token" not in str(caught.value)
    assert not (tmp_path / "bundle").exists()


def test_a_secret_in_an_answer_is_refused_wherever_it_would_stand(
    tmp_path: Path, key: InstallationKey
) -> None:
    play = play_run(households=1)
    play.exchanges[0] = play.exchanges[0].model_copy(update={"response": {"t": ["sandbox-token-1234"]}})
    with pytest.raises(SecretInEvidence, match=r"exchanges\.jsonl"):
        write_bundle(tmp_path / "b", sample_material(play), key=key, secrets=["sandbox-token-1234"])


@pytest.mark.parametrize(
    "name", ["../escape", "/etc/passwd", "a/../../b", ".hidden", "new\nline", "", "a//b", 'q"']
)
def test_a_name_that_leaves_the_bundle_is_refused(tmp_path: Path, key: InstallationKey, name: str) -> None:
    with pytest.raises(SandboxError, match="can't be a file of a bundle"):
        write_bundle(tmp_path / "b", sample_material(scenario_files={name: b""}), key=key, secrets=[])


def test_the_recorders_file_is_replaced_by_the_signed_one(tmp_path: Path, key: InstallationKey) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "events.jsonl").write_text("half a li")
    write_bundle(folder, sample_material(), key=key, secrets=[])
    assert verify_bundle(folder) == []


def test_a_copied_bundle_still_verifies(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "else where")
    assert _run_script(tmp_path / "else where").returncode == 0


def test_the_commands_of_the_reference_verify_a_bundle_by_hand(bundle: Path, key: InstallationKey) -> None:
    reference = Path(__file__).parents[3] / "docs" / "reference" / "evidence.md"
    commands = reference.read_text().split("```sh\n")[1].split("```")[0]
    answer = subprocess.run(["sh", "-ec", commands], cwd=bundle, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(key.fingerprint)
    assert "Signature Verified Successfully" in answer.stdout
    assert verify_bundle(bundle) == []


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path, key: InstallationKey) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskRefused, match=r"evidence can't be kept in .*file/run: not a directory"):
        write_bundle(tmp_path / "file" / "run", sample_material(), key=key, secrets=[])


def test_a_disk_that_fills_up_leaves_no_signature(
    tmp_path: Path, key: InstallationKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def refuse(path: Path, content: bytes) -> int:
        if "verify.sh" in path.name:
            raise OSError(errno.ENOSPC, "full")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(DiskRefused, match="no space left on device"):
        write_bundle(tmp_path / "run", sample_material(), key=key, secrets=[])
    assert not (tmp_path / "run" / ENVELOPE).exists()
    assert not list((tmp_path / "run").rglob(".*.new"))


def test_a_link_that_was_planted_is_found(bundle: Path) -> None:
    (bundle / "planted").symlink_to("/etc/hostname")
    assert "NOT VALID: planted was not signed" in _run_script(bundle).stdout
    assert verify_bundle(bundle) == ["planted was not signed"]


def test_pages_in_further_languages_are_signed_and_change_nothing_else(
    tmp_path: Path, key: InstallationKey, bundle: Path
) -> None:
    languages = [read_language(CONTENT_ROOT, tag) for tag in ("fr", "en")]
    material = sample_material()
    two = write_bundle(tmp_path / "two", material, key=key, secrets=[], languages=languages).parent
    assert verify_bundle(two) == []
    for page in ("index", "dpo"):
        assert '<html lang="fr"' in (two / f"{page}.html").read_text("utf-8")
        assert (two / f"{page}.en.html").read_text("utf-8").startswith('<!doctype html>\n<html lang="en"')
    assert 'href="dpo.en.html"' in (two / "index.en.html").read_text("utf-8")
    assert 'href="index.en.html#' in (two / "dpo.en.html").read_text("utf-8")
    for path in bundle.iterdir():
        if path.is_file() and path.suffix != ".html" and path.name != ENVELOPE:
            assert (two / path.name).read_bytes() == path.read_bytes()
    assert choose_page(two) == choose_page(two, "fr") == two / "index.html"
    assert choose_page(two, "en") == two / "index.en.html"
    with pytest.raises(NotFound, match="no page in 'sw'"):
        choose_page(two, "sw")
    assert choose_page(two, stem="dpo") == two / "dpo.html"
    assert choose_page(two, "en", stem="dpo") == two / "dpo.en.html"
    with pytest.raises(NotFound, match="no page 'nonsense'"):
        choose_page(two, stem="nonsense")
