"""A new country begins as a folder that passes its checks, and nothing is overwritten."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure, StateConflict, UsageError
from sandbox.population import compile_pack, load_pack
from sandbox.scaffold.country import scaffold_country
from sandbox.settings import CONTENT_ROOT

COUNTRIES = Path("datasets/countries")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for code in ("zz", "ua"):
        shutil.copytree(CONTENT_ROOT / COUNTRIES / code, tmp_path / COUNTRIES / code)
    return tmp_path


@pytest.mark.parametrize("like", ["zz", "ua"])
def test_a_new_pack_is_valid_and_says_that_nothing_is_sourced_yet(content: Path, like: str) -> None:
    folder = scaffold_country(content, "xx", country="Nowhere's: land", like=like)
    assert folder == content / COUNTRIES / "xx"
    pack = load_pack(content, "xx")
    compile_pack(pack)
    assert pack.profile.country == "Nowhere's: land"
    assert (pack.profile.email_domain, pack.profile.functional_id_prefix) == ("xx.example", "XXF")
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    assert f"copied from pack `{like}`" in sources
    assert "Zuvania" not in (folder / "profile.yaml").read_text(encoding="utf-8")


def test_nothing_is_left_beside_the_new_folder(content: Path) -> None:
    scaffold_country(content, "xx", country="X", like="zz")
    assert sorted(path.name for path in (content / COUNTRIES).iterdir()) == ["ua", "xx", "zz"]


def test_another_folder_may_be_named(content: Path, tmp_path: Path) -> None:
    folder = scaffold_country(content, "xx", country="X", like="zz", out=tmp_path / "mine" / "packs")
    assert folder == tmp_path / "mine" / "packs" / "xx"
    assert not (content / COUNTRIES / "xx").exists()


def test_a_pack_that_is_there_is_not_touched(content: Path) -> None:
    before = (content / COUNTRIES / "zz" / "profile.yaml").read_bytes()
    with pytest.raises(StateConflict, match="exists already"):
        scaffold_country(content, "zz", country="X", like="ua")
    assert (content / COUNTRIES / "zz" / "profile.yaml").read_bytes() == before


def test_of_two_who_begin_one_pack_at_once_the_second_is_told(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_after_another(growing: Path, folder: Path) -> Path:
        shutil.copytree(content / COUNTRIES / "zz", folder)
        return rename(growing, folder)

    monkeypatch.setattr(Path, "rename", rename_after_another)
    with pytest.raises(StateConflict, match="exists already"):
        scaffold_country(content, "xx", country="X", like="zz")
    assert sorted(path.name for path in (content / COUNTRIES).iterdir()) == ["ua", "xx", "zz"]


def test_a_full_disk_leaves_nothing_behind(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(RuntimeFailure, match="No space left on device"):
        scaffold_country(content, "xx", country="X", like="zz")
    assert sorted(path.name for path in (content / COUNTRIES).iterdir()) == ["ua", "zz"]


@pytest.mark.parametrize("code", ["", "x", "xxx", "XX", "x1", "..", "a/", "ää"])
def test_letters_that_can_be_no_pack_are_refused(content: Path, code: str) -> None:
    with pytest.raises(UsageError, match="can't be a pack's name"):
        scaffold_country(content, code, country="X", like="zz")


@pytest.mark.parametrize("country", ["", "  ", "two\nlines", "x" * 61])
def test_a_name_that_can_be_no_country_is_refused(content: Path, country: str) -> None:
    with pytest.raises(UsageError, match="country's name"):
        scaffold_country(content, "xx", country=country, like="zz")


def test_a_model_that_is_not_there_is_refused_with_the_ones_that_are(content: Path) -> None:
    with pytest.raises(UsageError, match="'qq'") as refused:
        scaffold_country(content, "xx", country="X", like="qq")
    assert "ua, zz" in refused.value.hint


def test_a_folder_that_nobody_can_make_is_said_in_words(content: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RuntimeFailure, match="can't be written") as refused:
        scaffold_country(content, "xx", country="X", like="zz", out=tmp_path / "taken")
    assert "--out" in refused.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_said_in_words(content: Path) -> None:
    (content / COUNTRIES).chmod(0o555)
    try:
        with pytest.raises(RuntimeFailure, match="Permission denied"):
            scaffold_country(content, "xx", country="X", like="zz")
    finally:
        (content / COUNTRIES).chmod(0o755)
