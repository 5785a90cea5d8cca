from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sandbox.errors import RuntimeFailure
from sandbox.runtimes.local.layout import Home, SandboxFolder, explained, write_whole


@pytest.mark.parametrize(
    ("number", "said", "advice"),
    [
        (errno.ENOSPC, "no space is left on the disk of /srv/home", "another disk"),
        (errno.EROFS, "/srv/home is on a read-only file system", "SANDBOX_HOME"),
        (errno.EACCES, "/srv/home/x may not be written by this user", "SANDBOX_HOME"),
        (errno.EMFILE, "Too many open files", "ulimit"),
    ],
)
def test_what_the_disk_refuses_names_the_folder_and_what_to_do(number: int, said: str, advice: str) -> None:
    with pytest.raises(RuntimeFailure, match=f"can't make it.*{said}") as caught:  # noqa: SIM117
        with explained("make it", Path("/srv/home")):
            raise OSError(number, os.strerror(number), "/srv/home/x")
    assert advice in caught.value.hint


def test_folders_being_removed_are_no_sandboxes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    gone = SandboxFolder(home.sandboxes / "gone").discarded_name()
    gone.mkdir()
    (home.sandboxes / "here").mkdir()
    assert [folder.name for folder in home.folders()] == ["here"]
    assert home.trash() == [gone]


def test_a_home_that_does_not_exist_has_no_sandboxes(tmp_path: Path) -> None:
    home = Home(tmp_path / "nowhere")
    assert home.folders() == []
    assert not home.root.exists()


def test_a_folder_of_the_same_name_is_another_one(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path / "one")
    folder.path.mkdir()
    first = folder.identity()
    folder.path.rename(tmp_path / "kept")
    folder.path.mkdir()
    assert folder.identity() != first


def test_a_file_is_readable_by_its_owner_alone_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_whole(path, "first")
    write_whole(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "secret", "\ud800")
    assert list(tmp_path.iterdir()) == []
