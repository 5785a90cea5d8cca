"""A page of evidence as PDF, for who prints and files it. Fetches nothing beyond the page.

Typesetting is WeasyPrint's, which is an extra. It draws pictures without the page's style and knows one
colour scheme, so each picture gets the light one's rules of its own. What is folded on the page is left
out on paper; the bundle has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import NotFound, UsageError

ON_PAPER = """
details:not([open]) > *:not(summary) { display: none }
.facts { display: block !important }
[dir="rtl"] bdi:is([lang], [translate]) { display: inline-block; direction: ltr }
.facts > * { display: inline-block !important; width: 31%; vertical-align: top; margin-bottom: 12px }
"""
"""WeasyPrint sets no element apart by its own direction, so what is English or a name is given one."""
_LANGUAGE = re.compile(r'<html lang="([A-Za-z-]+)"')
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_MEDIA = re.compile(r"@[a-z-]+[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_VARIABLE = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")
_LIGHT = re.compile(r"light-dark\(([^,]+),[^)]+\)")
_USE = re.compile(r"var\((--[a-z0-9-]+)\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DRAWN = ("fill", "stroke", "text-anchor", "font-size", "font-weight")
_HALO = "paint-order"
"""The page draws a halo around words that cross lines, by an order of painting unknown to WeasyPrint."""


def choose_page(folder: Path, language: str | None = None, *, stem: str = "index") -> Path:
    """Choose a bundle's page: its first, or the one in a language. Raises NotFound naming those there are."""
    pages = {_read_tag(page): page for page in sorted(folder.glob(f"{stem}*.html"), reverse=True)}
    first = folder / f"{stem}.html"
    if not first.is_file():
        names = sorted(page.stem for page in folder.glob("*.html") if "." not in page.stem)
        raise NotFound(f"the bundle holds no page {stem!r}", hint=f"there are: {', '.join(names) or 'none'}")
    if language is None:
        return first
    if language not in pages:
        raise NotFound(
            f"the bundle holds no page in {language!r}",
            hint=f"there are: {', '.join(sorted(pages))}; `sandbox run --language {language}` writes one",
        )
    return pages[language]


def _read_tag(page: Path) -> str:
    found = _LANGUAGE.search(page.read_text(encoding="utf-8")[:200])
    return found[1] if found else ""


def set_on_paper(page: str) -> bytes:
    """Set a page (HTML text) as PDF.

    Raises:
        UsageError: WeasyPrint or the libraries it sets type with are not installed.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcher
    except ImportError:
        raise UsageError(
            "a PDF needs WeasyPrint, which is not installed",
            hint="install the extra: pip install 'civic-sandbox[pdf]'",
        ) from None
    except OSError as error:
        raise UsageError(
            f"WeasyPrint is installed, but a library it sets type with is not: {str(error).splitlines()[0]}",
            hint="on Debian: apt-get install libpangoft2-1.0-0 libharfbuzz-subset0",
        ) from None
    nothing = URLFetcher(allowed_protocols=(), allow_redirects=False)  # no network, no file
    made = HTML(string=style_pictures(page), url_fetcher=nothing).write_pdf(
        stylesheets=[CSS(string=ON_PAPER, url_fetcher=nothing)],
        pdf_tags=True,  # for screen readers
    )
    return bytes(made)


def style_pictures(page: str) -> str:
    """Give every picture in the page those of the page's rules that it is drawn by."""
    style = _STYLE.search(page)
    if style is None:
        return page
    rules = "".join(_rules_of_pictures(_MEDIA.sub("", _COMMENT.sub("", style[1]))))
    own = f"<style>text {{ font-family: sans-serif; font-size: 13px }} {rules}</style>"
    return re.sub(r"(<svg\b[^>]*>)", lambda opening: opening[1] + own, page)


def _rules_of_pictures(style: str) -> Iterator[str]:
    variables = {name: _LIGHT.sub(r"\1", value) for name, value in _VARIABLE.findall(style)}
    for selector, body in _RULE.findall(style):
        said = [part.strip() for part in body.split(";") if part.strip()]
        halo = any(part.startswith(_HALO) for part in said)
        kept = [
            _USE.sub(lambda use: variables.get(use[1], "black"), part)
            for part in said
            if part.startswith(_DRAWN) and not (halo and part.startswith("stroke"))
        ]
        if kept:
            yield f"{selector.strip()} {{ {'; '.join(kept)} }} "
