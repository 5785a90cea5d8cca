from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.errors import NotFound
from sandbox.evidence import unpacking
from sandbox.evidence.bundle import write_bundle
from sandbox.evidence.keys import InstallationKey, open_key
from sandbox.evidence.seal import ENVELOPE, PUBLIC_KEY, sign_statement
from sandbox.evidence.unpacking import BundleRefused, open_bundle
from tests.fakes.sample_material import sample_material


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> InstallationKey:
    return open_key(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, key: InstallationKey) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "run-14"
    return write_bundle(folder, sample_material(), key=key, secrets=[]).parent


@pytest.fixture
def bundle(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed, tmp_path / "run-14"))


def _zip(folder: Path, target: Path, *, prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, prefix + path.relative_to(folder).as_posix())
    return target


def test_a_folder_a_zip_of_its_files_and_a_zip_of_the_folder_are_one(
    bundle: Path, tmp_path: Path, key: InstallationKey
) -> None:
    forms = [bundle, _zip(bundle, tmp_path / "a.zip"), _zip(bundle, tmp_path / "b.zip", prefix="run-14/")]
    for number, form in enumerate(forms):
        opened = open_bundle(form, tmp_path / f"scratch-{number}", fingerprint=key.fingerprint)
        assert opened.run["run"] == json.loads((bundle / "run.json").read_bytes())["run"]
        assert opened.fingerprint == key.fingerprint
        assert opened.folder.is_relative_to(tmp_path / f"scratch-{number}")


@pytest.mark.parametrize("name", ["run.json", "scenario/policy.yaml", "events.jsonl", ENVELOPE, PUBLIC_KEY])
def test_one_changed_byte_is_refused(name: str, bundle: Path, tmp_path: Path) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(BundleRefused, match="not as it was signed"):
        open_bundle(bundle, tmp_path / "scratch")


def test_a_bundle_of_somebody_else_is_refused_when_the_fingerprint_is_known(
    bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(BundleRefused, match=f"wanted {'0' * 64}"):
        open_bundle(bundle, tmp_path / "scratch", fingerprint="0" * 64)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "a/../../outside",
        "/tmp/outside",
        "..",
        "a\\..\\..\\outside",
        "C:outside",
        ".hidden",
        "a//b",
    ],
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_written(
    name: str, bundle: Path, tmp_path: Path
) -> None:
    path = _zip(bundle, tmp_path / "evil.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), "planted")
    before = {each for each in tmp_path.rglob("*") if "scratch" not in each.parts}
    with pytest.raises(BundleRefused, match="can't be a file of a bundle"):
        open_bundle(path, tmp_path / "scratch")
    assert {
        each for each in tmp_path.rglob("*") if "scratch" not in each.relative_to(tmp_path).parts
    } == before
    assert "planted" not in [each.read_text() for each in (tmp_path / "scratch").rglob("outside")]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_in_a_zip_is_refused(kind: int, bundle: Path, tmp_path: Path) -> None:
    path = _zip(bundle, tmp_path / "evil.zip")
    info = zipfile.ZipInfo("logs/link.log")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BundleRefused, match="is a link or a device"):
        open_bundle(path, tmp_path / "scratch")


def _link_file(bundle: Path) -> None:
    (bundle / "logs" / "x.log").symlink_to("/etc/passwd")


def _link_folder(bundle: Path) -> None:
    (bundle / "more").symlink_to("/etc")


def _pipe(bundle: Path) -> None:
    os.mkfifo(bundle / "pipe")


@pytest.mark.parametrize("plant", [_link_file, _link_folder, _pipe])
def test_a_link_or_a_pipe_in_a_folder_is_refused(
    plant: Callable[[Path], None], bundle: Path, tmp_path: Path
) -> None:
    plant(bundle)
    with pytest.raises(BundleRefused, match="a bundle holds files only"):
        open_bundle(bundle, tmp_path / "scratch")


def test_a_bundle_that_unpacks_to_more_than_any_is_refused(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", 10_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/zeros.log", bytes(20_000_000))
    with pytest.raises(BundleRefused, match="larger than 10 MB"):
        open_bundle(tmp_path / "bomb.zip", tmp_path / "scratch")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"hello"])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(BundleRefused, match="no zip that can be read"):
        open_bundle(tmp_path / "b.zip", tmp_path / "scratch")


def test_a_folder_without_a_signature_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(NotFound):
            open_bundle(path, tmp_path / "scratch")


@pytest.mark.parametrize("statement", [b"[]", b"{", b'{"subject": [{"name": 3}]}', b'{"subject": 1}'])
def test_a_statement_that_says_nothing_is_refused_whoever_signed_it(
    statement: bytes, bundle: Path, tmp_path: Path, key: InstallationKey
) -> None:
    (bundle / ENVELOPE).write_bytes(sign_statement(statement, key))
    with pytest.raises(BundleRefused, match="the statement can't be read"):
        open_bundle(bundle, tmp_path / "scratch")
