"""Renders `index.html`: one file that opens anywhere, offline, without script.

Everything in it is escaped; its content security policy allows its own style by hash and nothing
else. Bodies are shown whole for the first round of each loop and for whatever did not pass, as
far as `MOST_DETAIL` reaches; the rest is in `events.jsonl`, and the page says so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sandbox.evidence import crowd, wording
from sandbox.evidence.chain import check_log
from sandbox.evidence.diagram import draw_flow
from sandbox.evidence.folding import Arrow, Band, Frame, name_ends, read_flow
from sandbox.evidence.inventory import take_inventory
from sandbox.evidence.latency import draw_latencies, measure, say_finding
from sandbox.evidence.material import Material
from sandbox.evidence.registers import (
    GROUPS,
    draw_exclusions,
    order_groups,
    say_difference,
    say_exclusion,
    say_kind,
    say_rate,
    say_share,
)
from sandbox.evidence.repeat import place_of, show_headers, write_curl
from sandbox.evidence.story import Entry, Loop, Story, Told, find_failures, find_way, walk
from sandbox.model.run import Exchange, Outcome, Verdict

TEMPLATES = Path(__file__).parent / "templates"
MOST_DETAIL = 900_000
"""Characters of escaped request and answer text on one page."""
MOST_BODY = 5_000
"""Characters of one body."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One step's conversation, laid out."""

    request: str
    answer: str
    curl: str

    @property
    def size(self) -> int:
        """Characters that it takes on the page."""
        return sum(len(escape(text)) for text in (self.request, self.answer, self.curl))


def render_page(material: Material, story: Story, *, fingerprint: str) -> str:
    """Render the page of one run."""
    names = wording.Names(material.wiring)
    flow = read_flow(material.exchanges, names)
    spooled = material.crowd.spooled if material.crowd else None
    latencies = spooled.latencies if spooled else measure(material.exchanges, names)
    began = _find_start(material, story)
    style = "\n".join((TEMPLATES / name).read_text("utf-8") for name in ("tokens.css", "page.css"))
    values: dict[str, Any] = {
        "style": Markup(style),  # noqa: S704  our own two files, no value in them
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "material": material,
        "story": story,
        "verdict": judge(story),
        "title": story.started.title if story.started else material.spec.scenario or material.spec.name,
        "began": began,
        "failures": find_failures(story.entries),
        "details": choose_details(story.entries),
        "flow": flow,
        "diagram": draw_flow(flow, began) if flow.arrows else None,
        "rows": [row for part in flow.rows for row in _list_rows(part)],
        "latencies": latencies,
        "plot": draw_latencies(latencies),
        "finding": say_finding(latencies),
        "inventory": spooled.inventory if spooled else take_inventory(material.exchanges, names),
        "exchange_count": spooled.count if spooled else len(material.exchanges),
        "crowd": material.crowd,
        "numbers": {exchange.id: exchange.number for exchange in material.exchanges},
        "refused": [exchange for exchange in material.exchanges if exchange.refused],
        "fingerprint": fingerprint,
        "isolation": say_isolation(material),
        "log": spooled.log if spooled else check_log(material.exchanges),
        **_describe_registers(material),
    }
    individuals = {one.id: one.individual for one in material.exchanges if one.individual}
    return _environment(names, began, individuals).get_template("page.html.j2").render(values)


def _describe_registers(material: Material) -> dict[str, Any]:
    found = material.registers
    if found is None:
        return {}
    return {
        "people_met": len({each.individual_id for each in found.met}),
        "exclusion": say_exclusion(found.matches),
        "exclusions": draw_exclusions(found.matches),
        "groups": order_groups(found.matches.groups),
    }


def judge(story: Story) -> Verdict:
    """The run's own verdict, or what can be said of a run that never ended."""
    if story.finished:
        return story.finished.verdict
    done = len(story.results)
    sentence = f"The run was cut short after {wording.say_count(done, 'step')}; it has no verdict."
    return Verdict(outcome=Outcome.ERROR, sentence=sentence)


def say_isolation(material: Material) -> str:
    """Say plainly what kept this run's blocks apart, and what did not."""
    runtime = material.runtime
    if runtime.isolates_networks:
        limits = ", with limits on memory, processors and processes" if runtime.enforces_limits else ""
        return (
            f"Played on the {runtime.name} runtime ({runtime.version}): each block ran in a network without "
            f"a way out{limits}. The information mediator was the only door, and recorded what passed."
        )
    return (
        f"Played on the {runtime.name} runtime ({runtime.version}), which does not isolate the network: "
        "a block could have reached this machine and the internet past the mediator. Blocks had databases of "
        "their own. Use the docker runtime for a product that you do not trust."
    )


def choose_details(entries: Sequence[Entry]) -> Mapping[int, Detail]:
    """Choose the steps whose conversation is shown whole, failures first, while there is room."""
    firsts = {step.number for step in _first_rounds(entries)}
    steps = [step for step in walk(entries) if step.result and step.result.call]
    bad = {step.number for step in steps if step.outcome in (Outcome.FAILED, Outcome.ERROR)}
    wanted = [step for step in steps if step.number in bad]
    wanted += [step for step in steps if step.number in firsts - bad]
    chosen: dict[int, Detail] = {}
    room = MOST_DETAIL
    for step in wanted:
        detail = _lay_out(step)
        room -= detail.size
        if room < 0:
            break
        chosen[step.number] = detail
    return chosen


def _first_rounds(entries: Sequence[Entry]) -> list[Told]:
    found: list[Told] = []
    for entry in entries:
        if isinstance(entry, Loop):
            found += _first_rounds(entry.rounds[0])
        else:
            found += [entry, *_first_rounds(entry.inside)]
    return found


def _lay_out(step: Told) -> Detail:
    assert step.result is not None
    assert step.result.call is not None
    call = step.result.call
    head = f"{call.method} {place_of(call)}\n{show_headers(call.request.headers)}"
    body = wording.lay_out(call.request.body, MOST_BODY)
    answer = wording.lay_out(call.response.body, MOST_BODY)
    curl = write_curl(call, longest_body=MOST_BODY)
    return Detail(f"{head.rstrip()}\n\n{body}".rstrip(), answer, curl)


def _find_start(material: Material, story: Story) -> datetime:
    """What times on the page are counted from: the first exchange, else the run's start."""
    if material.exchanges:
        return min(exchange.at for exchange in material.exchanges)
    return story.started.started if story.started else material.spec.created


def _list_rows(row: Arrow | Band | Frame) -> list[tuple[Arrow | None, str]]:
    """Rows of the table that equals the diagram: an arrow, or words over the whole width."""
    if isinstance(row, Band):
        return [(None, row.label)]
    if isinstance(row, Frame):
        said = "Once" if row.times == 1 else f"Went alike {row.times:,} times"
        return [(None, said), *((arrow, "in frame") for arrow in row.arrows)]
    return [(row, "")]


def _environment(names: wording.Names, began: datetime, individuals: Mapping[str, str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        {
            "comparison": wording.say_comparison,
            "duration": wording.say_duration,
            "moment": wording.say_moment,
            "number": wording.say_number,
            "reason": wording.say_reason,
            "shorten": wording.shorten,
            "value": wording.say_value,
        }
    )
    environment.tests["loop"] = lambda entry: isinstance(entry, Loop)
    environment.globals.update(
        {
            "names": names,
            "ends": lambda exchange: name_ends(exchange, names),
            "count": wording.say_count,
            "course": crowd.say_course,
            "course_plot": crowd.draw_course,
            "pace": crowd.say_pace,
            "percentiles": crowd.list_percentiles,
            "waits": crowd.say_waits,
            "waits_plot": crowd.draw_waits,
            "difference": say_difference,
            "group_names": GROUPS,
            "kind": say_kind,
            "rate": say_rate,
            "share": say_share,
            "speakers": lambda step: _name_caller(step, names),
            "tally": _tally,
            "after": lambda exchange: _seconds_after(exchange, began),
            "linked": _link_numbers,
            "way": find_way,
            "people": lambda entries: _find_people(entries, individuals),
        }
    )
    return environment


def _finalize(value: Any) -> Any:
    return (
        wording.show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def _name_caller(step: Told, names: wording.Names) -> str:
    call = step.result.call if step.result else None
    if call is None:
        return ""
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    client = headers.get("information-mediator-client", "")
    return f"{names.application(client)} → {names.block(call.block)}" if client else names.block(call.block)


def _tally(outcomes: Sequence[Outcome]) -> str:
    """`18 passed, 2 failed`."""
    present = [outcome for outcome in Outcome if outcome in outcomes]
    return ", ".join(f"{outcomes.count(outcome):,} {outcome}" for outcome in present)


def _find_people(entries: Sequence[Entry], individuals: Mapping[str, str]) -> list[str]:
    """Whom a round was about, when it was about one person."""
    steps = [step.result for step in walk(entries) if step.result]
    found = {individuals[id_] for result in steps for id_ in result.exchanges if id_ in individuals}
    return sorted(found) if len(found) == 1 else []


def _seconds_after(exchange: Exchange, began: datetime) -> str:
    return f"{(exchange.at - began).total_seconds():,.2f}"


def _link_numbers(exchanges: Sequence[str], numbers: Mapping[str, int]) -> tuple[list[int], list[str]]:
    """Numbers of the exchanges that something was counted from, and the ids that the mediator's log lacks."""
    known = [numbers[id_] for id_ in exchanges if id_ in numbers]
    return known, [id_ for id_ in exchanges if id_ not in numbers]
