"""Writes a comparison: one page that opens anywhere, offline and without script, and the same as JSON.

Everything is escaped; the page's security policy allows its own style by hash and nothing else.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.candidates.comparison import Comparison, say_result
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.printing import make_environment
from sandbox.evidence.provenance import say_tally
from sandbox.evidence.speech import ENGLISH, Speech

TEMPLATES = Path(__file__).parent / "templates"
INDEX, DOCUMENT = "index.html", "comparison.json"


def render_comparison(comparison: Comparison, speech: Speech = ENGLISH) -> str:
    """Render the page."""
    environment = make_environment(speech, TEMPLATES)
    environment.globals["tally"] = lambda steps: say_tally(
        {name: count for name, count in steps.items() if count}, speech
    )
    return environment.get_template("comparison.html.j2").render(
        comparison=comparison, sentence=say_result(comparison, speech)
    )


def write_comparison(folder: Path, comparison: Comparison, speech: Speech = ENGLISH) -> Path:
    """Write both files and give the path of the page. Raises DiskRefused."""
    with say_what_the_disk_refused("the comparison", folder):
        folder.mkdir(parents=True, exist_ok=True)
        document = comparison.model_dump_json(indent=2)
        (folder / DOCUMENT).write_text(document, encoding="utf-8")
        (folder / INDEX).write_text(render_comparison(comparison, speech), encoding="utf-8")
    return folder / INDEX
