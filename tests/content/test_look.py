"""One visual language: the blocks' pages and the evidence page use the same tokens."""

from __future__ import annotations

import re

from sandbox.settings import CONTENT_ROOT

TOKEN = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")


def tokens(path: str) -> dict[str, str]:
    text = (CONTENT_ROOT / path).read_text(encoding="utf-8")
    return dict(TOKEN.findall(text[: text.index("*, *::before")]))


def test_the_blocks_pages_use_the_evidence_pages_tokens() -> None:
    evidence, pages = tokens("sandbox/evidence/templates/tokens.css"), tokens("blockkit/page.css")
    assert pages
    assert {name: evidence.get(name) for name in pages} == pages
