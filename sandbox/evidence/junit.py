"""`junit.xml`: one test case per executed step, for tools that know nothing of scenarios.

Characters that XML can't hold are written as their code; a candidate can't break the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from sandbox.evidence.wording import say_value
from sandbox.model.run import Outcome, StepResult

# https://www.w3.org/TR/xml/#charsets
_IMPOSSIBLE = re.compile("[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KIND = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


def possible_text(text: str) -> str:
    """Write what XML can't hold as its code."""
    return _IMPOSSIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _explain(result: StepResult) -> str:
    """Every check that did not hold, with both values, and where the step stands."""
    lines = [
        f"{check.condition}: found {say_value(check.found)}, wanted {say_value(check.wanted)}"
        for check in result.checks
        if not check.held
    ]
    return "\n".join([*lines, result.source])


def write_junit(scenario: str, results: Sequence[StepResult]) -> bytes:
    """Write the document; `results` in the order in which the steps ended."""
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    # A workflow step's time contains its children's, so only the outermost are added up.
    seconds = sum(result.milliseconds for result in results if result.depth == 0) / 1000
    numbers = {
        "tests": str(len(results)),
        "failures": str(counts[Outcome.FAILED]),
        "errors": str(counts[Outcome.ERROR]),
        "skipped": str(counts[Outcome.SKIPPED]),
        "time": f"{seconds:.3f}",
    }
    root = ET.Element("testsuites", {"name": possible_text(scenario), **numbers})
    suite = ET.SubElement(root, "testsuite", {"name": possible_text(scenario), **numbers})
    for result in results:
        name = result.sentence if result.iteration == 1 else f"{result.sentence} [{result.iteration}]"
        case = ET.SubElement(
            suite,
            "testcase",
            {
                "classname": possible_text(".".join(result.path)),
                "name": possible_text(name),
                "time": f"{result.milliseconds / 1000:.3f}",
                "file": possible_text(result.source),
            },
        )
        if result.outcome in _KIND:
            reason = {"message": possible_text(result.reason)} if result.reason else {}
            ET.SubElement(case, _KIND[result.outcome], reason).text = possible_text(_explain(result))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
