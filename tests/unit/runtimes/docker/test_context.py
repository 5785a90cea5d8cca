"""The image's identity follows from its content and from nothing else."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from sandbox.runtimes.docker.context import read_content, write_archive
from sandbox.runtimes.docker.requirements import Pin
from sandbox.settings import Settings

PINS = [Pin(requirement="one==1 --hash=sha256:00", marker="")]


@pytest.fixture
def settings(tmp_path):
    content = tmp_path / "content"
    for path in ("compose/Dockerfile", "compose/packages.Dockerfile", "blocks/echo/app.py", "sandbox/a.py"):
        (content / path).parent.mkdir(parents=True, exist_ok=True)
        (content / path).write_text(path)
    return Settings(home=tmp_path, content=content)


def test_dates_tests_and_bytecode_do_not_change_it(settings):
    before = read_content(settings, PINS)
    os.utime(settings.content / "blocks/echo/app.py", (1, 1))
    for left_out in ("blocks/echo/tests/test_app.py", "sandbox/__pycache__/a.pyc", "blocks/.hidden"):
        (settings.content / left_out).parent.mkdir(parents=True, exist_ok=True)
        (settings.content / left_out).write_text("changed")
    assert read_content(settings, PINS) == before


@pytest.mark.parametrize("path", ["compose/Dockerfile", "compose/packages.Dockerfile", "blocks/echo/app.py"])
def test_any_file_changes_it(settings, path):
    before = read_content(settings, PINS).digest
    (settings.content / path).write_text("changed")
    assert read_content(settings, PINS).digest != before


def test_a_moved_file_and_another_pin_change_it(settings):
    before = read_content(settings, PINS).digest
    other = [Pin(requirement="one==2 --hash=sha256:00", marker="")]
    assert read_content(settings, other).digest != before
    (settings.content / "blocks/echo/app.py").rename(settings.content / "blocks/echo/main.py")
    assert read_content(settings, PINS).digest != before


def test_the_same_files_make_the_same_archive(settings):
    archives = []
    for moment in (1, 2_000_000_000):
        os.utime(settings.content / "blocks/echo/app.py", (moment, moment))
        archive = io.BytesIO()
        write_archive(archive, read_content(settings, PINS).files)
        archives.append(archive.getvalue())
    assert archives[0] == archives[1]
    with tarfile.open(fileobj=io.BytesIO(archives[0])) as read:
        assert read.getnames() == ["Dockerfile", "application/blocks/echo/app.py", "application/sandbox/a.py"]
