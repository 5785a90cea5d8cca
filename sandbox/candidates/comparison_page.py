"""Writes a comparison: one page that opens anywhere, offline and without script, and the same as JSON.

Everything is escaped; the page's security policy allows its own style by hash and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.candidates.comparison import Comparison
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.page import TEMPLATES as SHARED
from sandbox.evidence.wording import say_duration, say_number, show_invisible

TEMPLATES = Path(__file__).parent / "templates"
INDEX, DOCUMENT = "index.html", "comparison.json"


def render_comparison(comparison: Comparison) -> str:
    """Render the page."""
    style = "\n".join((SHARED / name).read_text("utf-8") for name in ("tokens.css", "page.css"))
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: show_invisible(value) if type(value) is str else value,
    )
    environment.filters.update({"duration": say_duration, "number": say_number})
    return environment.get_template("comparison.html.j2").render(
        comparison=comparison,
        style=Markup(style),  # noqa: S704  our own two files, no value in them
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def write_comparison(folder: Path, comparison: Comparison) -> Path:
    """Write both files and give the path of the page. Raises DiskRefused."""
    with say_what_the_disk_refused("the comparison", folder):
        folder.mkdir(parents=True, exist_ok=True)
        document = comparison.model_dump_json(indent=2)
        (folder / DOCUMENT).write_text(document, encoding="utf-8")
        (folder / INDEX).write_text(render_comparison(comparison), encoding="utf-8")
    return folder / INDEX
