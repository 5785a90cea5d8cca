"""Renders `index.html`: one file that opens anywhere, offline, without script.

Everything in it is escaped; its content security policy allows its own style by hash and nothing
else. Bodies are shown whole for the first round of each loop and for whatever did not pass, as
far as `MOST_DETAIL` reaches; the rest is in `events.jsonl`, and the page says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from sandbox.evidence import crowd, provenance, registers, wording
from sandbox.evidence.chain import check_log
from sandbox.evidence.diagram import draw_flow
from sandbox.evidence.folding import (
    ANYONE,
    Arrow,
    Band,
    Frame,
    name_ends,
    read_flow,
    say_end,
    say_fault,
    say_refused,
)
from sandbox.evidence.inventory import say_remarks, take_inventory
from sandbox.evidence.latency import draw_latencies, measure, say_finding
from sandbox.evidence.material import Material
from sandbox.evidence.outcomes import Part, count_parts, draw_outcomes, say_outcomes
from sandbox.evidence.printing import in_english, make_environment, name_data
from sandbox.evidence.repeat import place_of, show_headers, write_curl
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.evidence.story import Entry, Loop, Story, Told, find_failures, find_way, walk
from sandbox.model.run import Outcome, Verdict

MOST_DETAIL = 900_000
"""Characters of escaped request and answer text on one page."""
MOST_BODY = 5_000
"""Characters of one body."""
LEVELS = (noted("required"), noted("recommended"), noted("optional"))


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


def render_page(
    material: Material,
    story: Story,
    *,
    fingerprint: str,
    speech: Speech = ENGLISH,
    protection: str = "dpo.html",
) -> str:
    """Render the page of one run; `protection` is the page beside it for the data-protection officer."""
    names = wording.Names(material.wiring)
    flow = read_flow(material.exchanges, names, speech=speech)
    spooled = material.crowd.spooled if material.crowd else None
    latencies = spooled.latencies if spooled else measure(material.exchanges, names)
    began = _find_start(material, story)
    log = spooled.log if spooled else check_log(material.exchanges)
    refused = [exchange for exchange in material.exchanges if exchange.refused]
    earlier = material.standing.earlier if material.standing else {}
    values: dict[str, Any] = {
        "material": material,
        "story": story,
        "verdict": judge(story),
        "headline": say_verdict(material, story, speech),
        "title": story.started.title if story.started else material.spec.scenario or material.spec.name,
        "standing": provenance.say_standing(material.standing, speech),
        "earlier": provenance.say_tally(earlier, speech),
        "failures": find_failures(story.entries),
        "details": choose_details(story.entries, speech),
        "flow": flow,
        "diagram": draw_flow(flow, began, speech) if flow.arrows else None,
        "rows": [row for part in flow.rows for row in _list_rows(part, speech)],
        "crossing": say_crossing(len(refused), isolated=material.runtime.isolates_networks, speech=speech),
        **_describe_outcomes(material, story, speech),
        "latencies": latencies,
        "plot": draw_latencies(latencies, speech),
        "finding": say_finding(latencies, speech),
        "inventory": spooled.inventory if spooled else take_inventory(material.exchanges, names),
        "exchange_count": spooled.count if spooled else len(material.exchanges),
        "crowd": material.crowd,
        "protection": protection,
        "numbers": {exchange.id: exchange.number for exchange in material.exchanges},
        "refused": refused,
        "fingerprint": fingerprint,
        "isolation": provenance.say_isolation(material.runtime, speech),
        "log": log,
        "log_sentence": provenance.say_log(log, speech),
        **_describe_registers(material, speech),
    }
    individuals = {one.id: one.individual for one in material.exchanges if one.individual}
    return _environment(names, began, individuals, speech).get_template("page.html.j2").render(values)


def _describe_outcomes(material: Material, story: Story, speech: Speech) -> dict[str, Any]:
    """Count outcomes by part; many journeys keep only a few as steps, and have a plot of their own."""
    parts: tuple[Part, ...] = () if material.crowd else count_parts(story.entries)
    return {
        "parts": parts,
        "outcomes_plot": draw_outcomes(parts, speech),
        "outcomes_finding": say_outcomes(parts, speech),
    }


def _describe_registers(material: Material, speech: Speech) -> dict[str, Any]:
    found = material.registers
    if found is None:
        return {}
    return {
        "people_met": len({each.individual_id for each in found.met}),
        "exclusion": registers.say_exclusion(found.matches, speech),
        "exclusions": registers.draw_exclusions(found.matches, speech),
        "groups": registers.order_groups(found.matches.groups),
    }


def judge(story: Story) -> Verdict:
    """The run's own verdict, or what can be said of a run that never ended."""
    if story.finished:
        return story.finished.verdict
    return Verdict(outcome=Outcome.ERROR, sentence=say_cut(story))


def say_verdict(material: Material, story: Story, speech: Speech = ENGLISH) -> str | Markup:
    """The verdict: a success in the page's language where the scenario has it, anything else as recorded."""
    if story.finished is None:
        return say_cut(story, speech)
    sentence = story.finished.verdict.sentence
    values = {**(story.started.inputs if story.started else {}), **story.finished.outputs}
    translated = speech.translate_own(material.passed)
    # Only what the record says itself may be said in other words.
    if translated is None or wording.fill_in(material.passed, values, wording.say_number) != sentence:
        return in_english(sentence, speech)
    return wording.fill_in(translated, values, speech.number)


def say_cut(story: Story, speech: Speech = ENGLISH) -> str:
    """Say of a run that never ended how far it came."""
    return speech.ngettext(
        "The run was cut short after %(num)s step; it has no verdict.",
        "The run was cut short after %(num)s steps; it has no verdict.",
        len(story.results),
    )


def say_crossing(refused: int, *, isolated: bool, speech: Speech = ENGLISH) -> str:
    """The diagram's title: what it holds, and how many calls were refused."""
    if isolated and not refused:
        return speech.gettext("Every call crossed the mediator; none was refused")
    if not refused:
        return speech.gettext("All calls that the mediator saw; none was refused")
    if isolated:
        return speech.ngettext(
            "Every call crossed the mediator; %(num)s was refused",
            "Every call crossed the mediator; %(num)s were refused",
            refused,
        )
    return speech.ngettext(
        "All calls that the mediator saw; %(num)s was refused",
        "All calls that the mediator saw; %(num)s were refused",
        refused,
    )


def choose_details(entries: Sequence[Entry], speech: Speech = ENGLISH) -> Mapping[int, Detail]:
    """Choose the steps whose conversation is shown whole, failures first, while there is room."""
    firsts = {step.number for step in _first_rounds(entries)}
    steps = [step for step in walk(entries) if step.result and step.result.call]
    bad = {step.number for step in steps if step.outcome in (Outcome.FAILED, Outcome.ERROR)}
    wanted = [step for step in steps if step.number in bad]
    wanted += [step for step in steps if step.number in firsts - bad]
    chosen: dict[int, Detail] = {}
    room = MOST_DETAIL
    for step in wanted:
        detail = _lay_out(step, speech)
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


def _lay_out(step: Told, speech: Speech) -> Detail:
    assert step.result is not None
    assert step.result.call is not None
    call = step.result.call
    head = f"{call.method} {place_of(call)}\n{show_headers(call.request.headers)}"

    def say_rest(number: int) -> str:
        return speech.ngettext(
            "%(num)s more character in events.jsonl", "%(num)s more characters in events.jsonl", number
        )

    body = wording.lay_out(call.request.body, MOST_BODY, say_rest)
    answer = wording.lay_out(call.response.body, MOST_BODY, say_rest)
    curl = write_curl(call, longest_body=MOST_BODY)
    return Detail(f"{head.rstrip()}\n\n{body}".rstrip(), answer, curl)


def _find_start(material: Material, story: Story) -> datetime:
    """What times on the page are counted from: the first exchange, else the run's start."""
    if material.exchanges:
        return min(exchange.at for exchange in material.exchanges)
    return story.started.started if story.started else material.spec.created


def _list_rows(row: Arrow | Band | Frame, speech: Speech) -> list[tuple[Arrow | None, str]]:
    """Rows of the table that equals the diagram: an arrow, or words over the whole width."""
    if isinstance(row, Band):
        return [(None, in_english(row.label, speech) if row.kind == "fault" else row.label)]
    if isinstance(row, Frame):
        said = speech.ngettext("Once", "Went alike %(num)s times", row.times)
        return [(None, said), *((arrow, "in frame") for arrow in row.arrows)]
    return [(row, "")]


def _environment(
    names: wording.Names, began: datetime, individuals: Mapping[str, str], speech: Speech
) -> Environment:
    environment = make_environment(speech)

    def spoken(say: Any) -> Any:
        return lambda value: say(value, speech)

    environment.filters.update(
        {
            "block_name": lambda slug: name_data(names.block(slug)),
            "percent": lambda share: speech.percent(share, 0),
            "value": wording.say_value,
        }
    )
    environment.tests["loop"] = lambda entry: isinstance(entry, Loop)
    environment.globals.update(
        {
            "names": names,
            "ends": lambda exchange: name_ends(exchange, names),
            "end": lambda name: say_end(name, speech) if name == ANYONE else name_data(name),
            "clock": lambda moment: Markup('<time datetime="{}">{}</time>').format(
                moment.isoformat(), speech.moment(moment)
            ),
            "link": lambda kind, number: Markup('<a href="#{}{n}">{n}</a>').format(kind, n=number),
            "course": spoken(crowd.say_course),
            "course_plot": spoken(crowd.draw_course),
            "ends_of": spoken(crowd.say_ends),
            "pace": spoken(crowd.say_pace),
            "percentiles": spoken(crowd.list_percentiles),
            "waits": spoken(crowd.say_waits),
            "waits_plot": spoken(crowd.draw_waits),
            "difference": spoken(registers.say_difference),
            "fault": spoken(say_fault),
            "group_name": spoken(registers.say_group),
            "kind": spoken(registers.say_kind),
            "level": lambda word: speech.look_up(word) if word in LEVELS else word,
            "member": spoken(registers.say_member),
            "rate": spoken(registers.say_rate),
            "refusal": spoken(say_refused),
            "remarks": spoken(say_remarks),
            "rule": spoken(registers.say_rule),
            "share": spoken(registers.say_share),
            "speakers": lambda step: _name_caller(step, names),
            "tally": lambda outcomes: _tally(outcomes, speech),
            "after": lambda exchange: speech.decimal((exchange.at - began).total_seconds(), 2),
            "linked": _link_numbers,
            "way": find_way,
            "people": lambda entries: _find_people(entries, individuals),
        }
    )
    return environment


def _name_caller(step: Told, names: wording.Names) -> str:
    call = step.result.call if step.result else None
    if call is None:
        return ""
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    client = headers.get("information-mediator-client", "")
    return f"{names.application(client)} → {names.block(call.block)}" if client else names.block(call.block)


def _tally(outcomes: Sequence[Outcome], speech: Speech) -> str:
    """`18 passed, 2 failed`."""
    counts = Counter(outcomes)
    return provenance.say_tally(
        {outcome.value: counts[outcome] for outcome in Outcome if outcome in counts}, speech
    )


def _find_people(entries: Sequence[Entry], individuals: Mapping[str, str]) -> list[str]:
    """Whom a round was about, when it was about one person."""
    steps = [step.result for step in walk(entries) if step.result]
    found = {individuals[id_] for result in steps for id_ in result.exchanges if id_ in individuals}
    return sorted(found) if len(found) == 1 else []


def _link_numbers(exchanges: Sequence[str], numbers: Mapping[str, int]) -> tuple[list[int], list[str]]:
    """Numbers of the exchanges that something was counted from, and the ids that the mediator's log lacks."""
    known = [numbers[id_] for id_ in exchanges if id_ in numbers]
    return known, [id_ for id_ in exchanges if id_ not in numbers]
