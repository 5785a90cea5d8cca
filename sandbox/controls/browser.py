"""The little of a browser that a log-in needs: read the form of a page, fill it in, send it.

Knows no script. What the page does not offer as a form can't be done, which is the point:
a citizen with a plain browser must be able to log in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass(slots=True)
class Form:
    """The first form of a page: where it goes, and its named fields with their values."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)


def first_form(page: str, url: str) -> Form | None:
    """Find the first form; its action is made absolute against `url`."""
    reader = _Reader()
    reader.feed(page)
    if reader.form is not None:
        reader.form.action = urljoin(url, reader.form.action)
    return reader.form


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form = Form(action=given.get("action", ""), method=given.get("method", "get").lower())
            self._inside = True
        elif tag in ("input", "button") and self._inside and self.form is not None and given.get("name"):
            self.form.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
