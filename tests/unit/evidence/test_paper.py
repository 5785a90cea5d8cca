"""A page on paper: nothing is fetched for it, pictures keep their looks, what is folded stays away."""

from __future__ import annotations

import re
import socket
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import UsageError
from sandbox.evidence.paper import set_on_paper, style_pictures

STYLE = """<style>/* { not a rule } */
:root { --ink: light-dark(#1b211f, #e6ebe8); --soft: var(--ink); --gap: 4px; }
.arrow { stroke: var(--ink); margin: var(--gap); }
svg .say { paint-order: stroke; stroke: white; fill: var(--ink); }
@media (max-width: 700px) { .arrow { stroke: red; } }
</style>"""


@pytest.fixture
def heard() -> Iterator[socket.socket]:
    """A listener on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def unpacked(pdf: bytes) -> bytes:
    """A PDF's streams as they read before they were packed."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b"".join(zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"x")


def test_a_page_becomes_a_pdf_and_nothing_is_fetched_for_it(heard: socket.socket, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"no picture")
    port = heard.getsockname()[1]
    page = (
        f"<html lang=en><head><link rel=stylesheet href='http://127.0.0.1:{port}/style.css'></head>"
        f"<body style='background: url(http://127.0.0.1:{port}/back.png)'>"
        f"<img src='http://127.0.0.1:{port}/a.png'><img src='{secret.as_uri()}'>"
        f"<object data='{secret.as_uri()}'></object><p>words</p></body></html>"
    )
    made = set_on_paper(page)
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in unpacked(made), "a screen reader finds headings and tables"
    with pytest.raises(BlockingIOError):
        heard.accept()
    with socket.create_connection(("127.0.0.1", port)):  # it would have heard
        heard.settimeout(10)
        heard.accept()[0].close()


def test_what_is_folded_on_the_page_takes_no_room(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    many = "<p>a line</p>" * 400
    folded = set_on_paper(f"<details><summary>more</summary><div>{many}</div></details>")
    open_ = set_on_paper(f"<details open><summary>more</summary><div>{many}</div></details>")
    assert len(folded) < len(open_) / 2


def test_a_picture_gets_the_light_schemes_rules_that_it_is_drawn_by() -> None:
    styled = style_pictures(f"{STYLE}<p>before</p><svg class='plot' width='10'><text>x</text></svg>")
    own = styled[styled.index("<svg class='plot' width='10'><style>") : styled.index("<text>x</text>")]
    assert ".arrow { stroke: #1b211f }" in own
    assert "svg .say { fill: #1b211f }" in own
    for left_out in ("margin", "red", "var(", "not a rule"):
        assert left_out not in own


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match="not installed") as refused:
        set_on_paper("<p>words</p>")
    assert "civic-sandbox[pdf]" in (refused.value.hint or "")
