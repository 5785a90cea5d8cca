"""What a measurement leaves behind: `index.html`, `junit.xml` and `report.json` in one folder.

The page is one file without script, in the look of the evidence page; everything that the product said is
escaped. Nothing here judges: verdicts are taken as they come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from sandbox.candidates.verdicts import KEEPS_SECRETS
from sandbox.conformance.repeat import show_request, write_curl
from sandbox.conformance.values import (
    Finding,
    Met,
    Part,
    Report,
)
from sandbox.errors import StateConflict
from sandbox.evidence import wording
from sandbox.evidence.disk import write_report_files
from sandbox.evidence.junit import possible_text
from sandbox.evidence.printing import make_environment
from sandbox.evidence.speech import ENGLISH, Speech, noted
from sandbox.model.run import Outcome

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"
MOST_BODY = 5_000
MOST_SHOWN = 200
"""Findings with their whole exchange on the page; `report.json` holds every one."""
LEVELS = {"required": noted("required"), "recommended": noted("recommended"), "all": noted("all")}
VERDICTS = {
    Met.MET: noted("met"),
    Met.NOT_MET: noted("not met"),
    Met.NOT_TESTED: noted("not tested"),
}
TALLIED = {
    Met.MET: noted("Requirements met"),
    Met.NOT_MET: noted("Requirements not met"),
    Met.NOT_TESTED: noted("Requirements not tested"),
}
PARTS = {
    Part.CONTRACT: noted("contract"),
    Part.BEHAVIOUR: noted("behaviour"),
    Part.AGREEMENT: noted("agreement"),
    Part.SECRETS: noted("secrets"),
}
VALUES = {
    "known": noted("Known values"),
    "drawn 1": noted("Drawn 1"),
    "drawn 2": noted("Drawn 2"),
    "drawn 3": noted("Drawn 3"),
}
OUTCOMES = {Met.MET: Outcome.PASSED, Met.NOT_MET: Outcome.FAILED, Met.NOT_TESTED: Outcome.SKIPPED}


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something already, before anything is measured."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StateConflict(f"{folder} is there already and not empty", hint="name another folder with --out")


def write_report(
    folder: Path, report: Report, variables: Mapping[str, str], speech: Speech = ENGLISH
) -> Path:
    """Write the three files and give the page's path. `variables` stand in for headers that hold secrets."""
    files = {
        "report.json": json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=True).encode(),
        "junit.xml": write_junit(report),
        PAGE: render_page(report, variables, speech).encode("utf-8", errors="backslashreplace"),
    }
    write_report_files(folder, files)
    return folder / PAGE


def write_junit(report: Report) -> bytes:
    """Write one case per operation, play and requirement; what was not tested is skipped."""
    root = ET.Element(
        "testsuites", {"name": possible_text(f"conformance of {report.product} to {report.name}")}
    )
    contract = ET.SubElement(root, "testsuite", {"name": "contract"})
    for one in report.operations:
        found = [each for each in report.findings if each.operation_id == one.operation_id]
        case = _case(contract, report.block, one.operation_id)
        _add(case, [each for each in found if each.part is Part.CONTRACT])
        if not one.cases and not found:
            ET.SubElement(case, "skipped", {"message": "no generated request was answered"})
    behaviour = ET.SubElement(root, "testsuite", {"name": "behaviour"})
    for play in report.plays:
        case = _case(behaviour, f"{report.block}.{play.behaviour}", f"{play.title} ({play.values} values)")
        if play.outcome is not Outcome.PASSED:
            text = f"{play.failed_step}: {play.sentence} {play.reason}"
            ET.SubElement(case, "failure", {"message": possible_text(play.reason)}).text = possible_text(text)
    agreement = ET.SubElement(root, "testsuite", {"name": "agreement"})
    for slug in sorted({play.behaviour for play in report.plays}):
        case = _case(agreement, report.block, f"{slug} is the same whoever it is about")
        _add(
            case,
            [
                one
                for one in report.findings
                if one.part is Part.AGREEMENT and one.check.startswith(f"{slug}/")
            ],
        )
    if report.log_was_searched:
        case = _case(ET.SubElement(root, "testsuite", {"name": "secrets"}), report.block, KEEPS_SECRETS)
        _add(case, [one for one in report.findings if one.part is Part.SECRETS])
    suite = ET.SubElement(root, "testsuite", {"name": "requirements"})
    for requirement in report.requirements:
        case = _case(suite, report.block, f"{requirement.number} {requirement.group}".strip())
        if requirement.verdict is Met.NOT_MET:
            ET.SubElement(case, "failure", {"message": possible_text(requirement.why)})
        elif requirement.verdict is Met.NOT_TESTED:
            ET.SubElement(case, "skipped", {"message": possible_text(requirement.why)})
    for each in root:
        counted = {kind: str(len(each.findall(f"./testcase/{kind}"))) for kind in ("failure", "skipped")}
        each.attrib.update(
            {
                "tests": str(len(each)),
                "failures": counted["failure"],
                "errors": "0",
                "skipped": counted["skipped"],
            }
        )
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def render_page(report: Report, variables: Mapping[str, str], speech: Speech = ENGLISH) -> str:
    """Render the page."""
    environment = make_environment(speech, TEMPLATES, styles=[TEMPLATES / "conformance.css"])
    environment.filters.update(
        {
            "level": lambda word: speech.look_up(LEVELS[word]) if word in LEVELS else word,
            "part": lambda part: speech.look_up(PARTS[part]),
            "verdict": lambda verdict: speech.look_up(VERDICTS[verdict]),
            "tallied": lambda verdict: speech.look_up(TALLIED[verdict]),
            "note": speech.look_up,
        }
    )
    counted = [one for one in report.findings if not one.on_known_values]
    return environment.get_template("conformance.html.j2").render(
        {
            "report": report,
            "counted": counted,
            "known": [one for one in report.findings if one.on_known_values],
            "details": {
                id(one): _lay_out(one, report, variables, speech) for one in report.findings[:MOST_SHOWN]
            },
            "outcomes": OUTCOMES,
            "tally": _tally(report),
            "behaviours": _by_behaviour(report),
            "columns": {values: speech.look_up(said) for values, said in VALUES.items()},
            "identity": id,
        }
    )


def _lay_out(
    finding: Finding, report: Report, variables: Mapping[str, str], speech: Speech
) -> Mapping[str, str]:
    call = finding.call
    if call is None:
        return {}
    return {
        "request": show_request(call, _cut(call.request.body, speech)),
        "answer": _cut(call.response.body, speech),
        "curl": write_curl(call, report.product, variables),
    }


def _cut(body: Any, speech: Speech) -> str:
    def say_rest(number: int) -> str:
        return speech.ngettext(
            "%(num)s more character in report.json", "%(num)s more characters in report.json", number
        )

    return wording.lay_out(body, MOST_BODY, say_rest)


def _by_behaviour(report: Report) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = {}
    for play in report.plays:
        found.setdefault(play.behaviour, []).append(play)
    return found


def _tally(report: Report) -> Mapping[Met, int]:
    return {kind: sum(one.verdict is kind for one in report.requirements) for kind in Met}


def _case(suite: ET.Element, where: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": possible_text(where), "name": possible_text(name)})


def _add(case: ET.Element, findings: Sequence[Finding]) -> None:
    if findings:
        text = "\n".join(f"{one.check}: {one.reason} (seen {one.times} times)" for one in findings)
        attributes = {"message": possible_text(findings[0].reason)}
        ET.SubElement(case, "failure", attributes).text = possible_text(text)
