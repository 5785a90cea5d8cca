from __future__ import annotations

import multiprocessing
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.errors import StateConflict
from sandbox.evidence.disk import DiskRefused
from sandbox.evidence.keys import fingerprint_of, open_key, read_public_key, signature_holds


def _open(home: Path) -> str:
    return open_key(home).fingerprint


def test_the_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    assert open_key(tmp_path).fingerprint == open_key(tmp_path).fingerprint


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    open_key(tmp_path)
    path = tmp_path / "keys" / "installation.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    open_key(tmp_path)
    (tmp_path / "keys" / "installation.pem").chmod(mode)
    with pytest.raises(StateConflict, match="can be read by others"):
        open_key(tmp_path)


def test_a_broken_key_file_is_refused_by_name(tmp_path: Path) -> None:
    open_key(tmp_path)
    (tmp_path / "keys" / "installation.pem").write_text("not a key")
    with pytest.raises(StateConflict, match=r"installation\.pem is not a private key"):
        open_key(tmp_path)


def test_processes_that_race_for_the_first_key_all_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        fingerprints = pool.map(_open, [tmp_path] * 12, chunksize=1)
    assert len(set(fingerprints)) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["installation.pem"]


def test_the_fingerprint_is_what_openssl_computes(tmp_path: Path) -> None:
    key = open_key(tmp_path)
    pem = tmp_path / "key.pub.pem"
    pem.write_bytes(key.public_pem)
    command = f"openssl pkey -pubin -in {pem} -outform DER | openssl dgst -sha256 -r"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert answer.stdout.split()[0] == key.fingerprint == fingerprint_of(read_public_key(key.public_pem))


def test_a_signature_holds_for_its_content_only(tmp_path: Path) -> None:
    key = open_key(tmp_path)
    signature = key.sign(b"one")
    assert signature_holds(key.public, signature, b"one")
    assert not signature_holds(key.public, signature, b"two")


def test_a_home_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(DiskRefused, match="the installation's key can't be kept in"):
        open_key(tmp_path / "home")
