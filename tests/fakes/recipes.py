"""Takes apart the Markdown that is shipped: files to write out, and commands to run.

A file is a line that holds nothing but its path in backquotes, followed by a fenced block; commands
are the lines of blocks fenced as `sh`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FILE = re.compile(r"^`([^`\n]+)`\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Section:
    """One chapter of a document: what lies between two headings of the second level."""

    title: str
    text: str

    @property
    def files(self) -> dict[str, str]:
        """Contents by path."""
        return dict(_FILE.findall(self.text))

    @property
    def commands(self) -> list[str]:
        """Lines to type, without what is said behind them."""
        lines = "\n".join(_COMMANDS.findall(self.text)).splitlines()
        return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]

    def write_to(self, folder: Path) -> None:
        """Write its files out."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def sections(document: Path) -> dict[str, Section]:
    """Read a document's chapters by title; what stands before the first is called ''."""
    title, *rest = re.split(r"^## (.+)\n", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {"": Section("", title)}
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        found[name] = Section(name, text)
    return found
