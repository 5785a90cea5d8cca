"""The pages of the reading room: plain HTML that works without script, with a keyboard and a screen reader.

Everything that came from outside is escaped here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from blockkit.pages import write_page
from blockkit.records import Row
from blockkit.signin import Visitor
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.entries import Entry
from blocks.digital_registries.listing import Listed

HOME = "/registers"
READERS = "Who has read about this person here, newest first"
MOST_COLUMNS = 5
PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Room:
    """Writes the pages, below the block's public address."""

    address: str
    origin: str
    sandbox: str

    def page(self, visitor: Visitor | None, title: str, body: str, status: int = 200) -> HTMLResponse:
        """Write one page with its heading and the way around."""
        return write_page(
            title,
            f"{self._around(visitor)}<h1>{escape(title)}</h1>{body}",
            sandbox=self.sandbox,
            form_targets=self.origin,
            status=status,
            wide=True,
        )

    def welcome(self) -> HTMLResponse:
        """Ask somebody unknown to log in."""
        words = "Registrars look things up here. Whoever is looked up can ask who has read about them."
        return self.page(None, "Registers", f"<p>{words}</p><p>{self._link('Log in', 'login')}</p>")

    def alone(self) -> Response:
        """Open the registers: where a block runs alone nobody logs in, and everybody may do everything."""
        return RedirectResponse(f"{self.address}{HOME}", 303)

    def refuse(self, visitor: Visitor | None, words: str, status: int) -> HTMLResponse:
        """Say what can't be done, and why."""
        body = f"<p role=alert>{escape(words)}</p><p>{self._link('All registers')}</p>"
        return self.page(visitor, "That is not possible", body, status)

    def registers(self, visitor: Visitor, designs: Iterable[Row]) -> HTMLResponse:
        """Show all registers that can be read, by the group that they are in."""
        groups: dict[str, list[str]] = {}
        for row in designs:
            link = self._link(f"{row['name']} {row['version']}", row["code"], row["version"])
            words = escape(" ".join(filter(None, (row["description"], row["institution"]))))
            groups.setdefault(row["group_name"], []).append(f"<li>{link}<small>{words}</small></li>")
        body = "".join(
            f"<h2>{escape(group)}</h2><ul class=plain>{''.join(listed)}</ul>"
            for group, listed in groups.items()
        )
        return self.page(visitor, "Registers", body)

    def register(
        self,
        visitor: Visitor,
        registry: Registry,
        name: str,
        asked: Mapping[str, str],
        found: Listed | None,
        page: int,
    ) -> HTMLResponse:
        """Show a register's search form, and under it what was found; None when nothing was asked yet."""
        choices = "".join(
            f"<option value='{escape(field)}'{' selected' if asked.get('field') == field else ''}>"
            f"{escape(in_words(field, each))}</option>"
            for field, each in registry.fields.items()
        )
        form = (
            f"<form method=get action='{self._url(registry.code, registry.version)}' role=search>"
            "<label for=search>Look for</label>"
            f"<input id=search name=search maxlength=200 value='{escape(asked.get('search', ''))}'>"
            "<label for=field>In</label>"
            f"<select id=field name=field><option value=''>every field</option>{choices}</select>"
            "<button>Search</button></form>"
        )
        if found is None:
            hint = "<p>This register is about people: it is searched and not leafed through.</p>"
            return self.page(visitor, name, form + hint)
        return self.page(visitor, name, form + self._results(registry, asked, found, page))

    def record(
        self, visitor: Visitor, registry: Registry, name: str, entry: Entry, readers: Sequence[Row] | None
    ) -> HTMLResponse:
        """Show a record, and who has read about the person that it is about."""
        facts = "".join(
            f"<div><dt>{escape(in_words(field, each))}</dt>"
            f"<dd>{escape(in_text(entry.content[field]))}</dd></div>"
            for field, each in registry.fields.items()
            if field in entry.content
        )
        body = f"<p>{self._link(f'Search {name}', registry.code, registry.version)}</p><dl>{facts}</dl>"
        if readers is not None:
            rows = [
                (
                    escape(row["read_at"].strftime("%Y-%m-%d %H:%M")),
                    escape(row["application"].rpartition("/")[2]),
                    escape(row["person"] or "by itself"),
                )
                for row in readers
            ]
            body += _table(
                "Who has read about this person here, newest first",
                ("When (UTC)", "Application", "For"),
                rows,
            )
        return self.page(visitor, f"{name}: {entry.record_id}", body)

    def _results(self, registry: Registry, asked: Mapping[str, str], found: Listed, page: int) -> str:
        columns = [registry.primary_key, *(each for each in registry.fields if each != registry.primary_key)]
        columns = columns[:MOST_COLUMNS]
        heads = [in_words(each, registry.fields[each]) for each in columns]
        rows = []
        for entry in found.entries:
            first = self._link(entry.record_id, registry.code, registry.version, "record", id=entry.record_id)
            rest = (escape(in_text(entry.content.get(column, ""))) for column in columns[1:])
            rows.append((first, *rest))
        count = "1 record" if found.count == 1 else f"{found.count} records"
        steps = []
        here = (registry.code, registry.version)
        if page > 1:
            steps.append(self._link("Previous page", *here, **asked, page=str(page - 1)))
        if page * PAGE_SIZE < found.count:
            steps.append(self._link("Next page", *here, **asked, page=str(page + 1)))
        onward = f"<nav aria-label=Pages>{' '.join(steps)}</nav>" if steps else ""
        return (
            _table(f"{count} found", heads, rows) if rows else "<p role=status>No record found.</p>"
        ) + onward

    def _around(self, visitor: Visitor | None) -> str:
        if visitor is None:
            return ""
        who = visitor.caller.individual_id or "anyone"
        leave = (
            f"<form method=post action='{self._url('logout')}' class=plain>"
            f"<input type=hidden name=seal value='{escape(visitor.seal)}'><button>Log out</button></form>"
        )
        leave = "" if visitor.caller.anyone else leave
        return (
            f"<nav aria-label=Registers>{self._link('All registers')}<span>{escape(who)}</span>{leave}</nav>"
        )

    def _url(self, *parts: str) -> str:
        return escape("/".join([self.address + HOME, *(quote(part, safe="") for part in parts)]))

    def _link(self, words: str, *parts: str, **query: str) -> str:
        asked = escape(f"?{urlencode(query)}") if query else ""
        return f"<a href='{self._url(*parts)}{asked}'>{escape(words)}</a>"


def in_words(field: str, described: Mapping[str, Any]) -> str:
    """Give a field's title, or its name as words: `givenName` is `Given name`."""
    title = described.get("title")
    if isinstance(title, str) and title:
        return title
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", field).split()
    return " ".join(word if word.isupper() else word.lower() for word in words)[:80].capitalize() or field


def in_text(value: Any) -> str:
    """Give a value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are HTML already."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    body = f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody>"
    return f"<table><caption>{escape(caption)}</caption>{body}</table>"
