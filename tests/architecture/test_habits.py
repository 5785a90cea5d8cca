"""What nobody should have to say in a review: names, lengths, tags, and nothing of one machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 350
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base_classes", "managers", "handlers"}
FOLDERS = ("sandbox/", "blockkit/", "blocks/")

ADDRESSES = r"index[-]url|find[-]links\s*=|https?://[^\s\"'<>]+/simple\b"
MACHINE = r"(?<![\w.])/home/[a-z]|/Users/[A-Za-z]"


def files() -> list[Path]:
    """List what is tracked, or every file when this is no clone."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a clone: what is tracked can't be told")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Give every tracked text but this file, which names what it forbids."""
    for path in files():
        if path != Path(__file__) and path.suffix not in (".png", ".parquet", ".zip"):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def found(pattern: str, flags: int = 0) -> list[str]:
    """List the places at which a pattern stands."""
    sought = re.compile(pattern, flags)
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if sought.search(line)
    ]


def test_a_files_name_says_its_job() -> None:
    assert [str(path) for path in files() if path.stem in VAGUE or path.parent.name in VAGUE] == []


def test_no_file_is_longer_than_a_reader_likes() -> None:
    long = {
        name: lines
        for name, text in texts()
        if name.startswith(FOLDERS)
        and name.endswith(".py")
        and (lines := len(text.splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_image_is_tagged_by_what_changes() -> None:
    tagged = found(r"[\w\"'}]:latest\b")
    assert [place for place in tagged if not place.startswith("tests/")] == []


def test_nothing_names_one_machine() -> None:
    assert found(MACHINE) == []


def test_nothing_names_a_package_registry() -> None:
    assert found(ADDRESSES) == []


def test_every_package_that_is_installed_is_pinned_by_hash_and_by_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    unpinned = [one.split()[0] for one in entries if "==" not in one or "--hash=sha256:" not in one]
    assert unpinned == []


def test_tests_do_not_sleep() -> None:
    naps = [place for place in found(r"\btime\.sleep\(|\basyncio\.sleep\((?!0\))") if "/test_" in place]
    assert naps == []
