"""What a challenge leaves behind: a page, the same as JSON and JUnit, signed like the evidence of a run.

The page is one file without script in the look of the evidence page; everything is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.evidence.bundle import INDEX, SecretInEvidence
from sandbox.evidence.disk import say_what_the_disk_refused
from sandbox.evidence.junit import possible_text
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.printing import TEMPLATES as LOOK
from sandbox.evidence.register import Standing
from sandbox.evidence.seal import ENVELOPE, PUBLIC_KEY, sign_statement, write_statement
from sandbox.evidence.wording import say_count, say_moment, say_number, show_invisible
from sandbox.model.challenge import RESULTS, ChallengeReport, Result, Trial
from sandbox.model.run import Outcome

TEMPLATES = Path(__file__).parent / "templates"
DOCUMENT = "challenge.json"
JUNIT = "junit.xml"
OUTCOMES: Mapping[Result, Outcome] = {
    "lost": Outcome.FAILED,
    "failed": Outcome.ERROR,
    "recovered": Outcome.PASSED,
    "passed": Outcome.PASSED,
    "unmet": Outcome.SKIPPED,
    "skipped": Outcome.SKIPPED,
}
"""With which mark and colour of the evidence page each is shown; the word beside it is its own."""
WORDS: Mapping[Result, str] = {"unmet": "not met", "skipped": "not applicable"}


def say_result(result: Result) -> str:
    """Write a result as a word."""
    return WORDS.get(result, result)


def say_finding(report: ChallengeReport) -> str:
    """Say in one sentence what a challenge came to."""
    trials = len(report.trials)
    if not trials:
        return "No fault was played."
    played = say_count(trials, "play under a fault", "plays under a fault")
    lost, failed = report.count("lost"), report.count("failed")
    if lost:
        return f"Something was lost in {lost:,} of {played}."
    if failed:
        return f"Nothing was lost in {played}; in {failed:,} of them the story came to a halt."
    return f"Nothing was lost in {played}, and each of them came to its end."


def write_report(
    folder: Path,
    report: ChallengeReport,
    *,
    key: InstallationKey,
    standing: Standing,
    secrets: Iterable[str],
) -> Path:
    """Write all files and their signature; gives the page.

    Raises:
        SecretInEvidence: A file would hold one of `secrets`; nothing was written.
        DiskRefused: The disk is full or can't be written.
    """
    files = {
        INDEX: render(report, standing, key.fingerprint).encode("utf-8", "backslashreplace"),
        DOCUMENT: (report.model_dump_json(indent=2) + "\n").encode(),
        JUNIT: write_junit(report),
        "verify.sh": (LOOK / "verify.sh").read_bytes(),
        PUBLIC_KEY: key.public_pem,
    }
    live = LiveSecrets(secrets)
    leaking = [name for name, content in files.items() if live.occurs_in(content)]
    if leaking:
        raise SecretInEvidence(f"{', '.join(leaking)} would hold a live secret, so no report was written")
    files[ENVELOPE] = sign_statement(write_statement(files, _describe(report, standing)), key)
    with say_what_the_disk_refused("the report", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            temporary = folder / f".{name}.new"
            try:
                temporary.write_bytes(content)
                temporary.replace(folder / name)
            finally:
                temporary.unlink(missing_ok=True)
    return folder / INDEX


def write_junit(report: ChallengeReport) -> bytes:
    """Write one test case per play; lost is a failure, failed an error, what was not played is skipped."""
    root = ET.Element("testsuites", {"name": possible_text(f"challenge of {report.scenario}")})
    for row in report.rows:
        suite = ET.SubElement(root, "testsuite", {"name": row.fault.name})
        for trial in row.trials:
            case = ET.SubElement(
                suite,
                "testcase",
                {
                    "classname": possible_text(f"{report.scenario}.{row.fault.name}"),
                    "name": possible_text(_where(trial)),
                    "time": f"{trial.seconds:.3f}",
                },
            )
            kind = {"lost": "failure", "failed": "error", "unmet": "skipped"}.get(trial.result)
            if kind is not None:
                said = ET.SubElement(case, kind, {"message": possible_text(trial.said)})
                said.text = possible_text("\n".join(trial.differences))
        if not row.trials:
            attributes = {"classname": f"{report.scenario}.{row.fault.name}", "name": row.fault.name}
            case = ET.SubElement(suite, "testcase", attributes)
            ET.SubElement(case, "skipped", {"message": possible_text(row.why or "not played")})
        counted = {f"{kind}s": len(suite.findall(f"./testcase/{kind}")) for kind in ("failure", "error")}
        skipped = len(suite.findall("./testcase/skipped"))
        suite.attrib |= {
            "tests": str(len(suite)),
            "skipped": str(skipped),
            **{kind: str(count) for kind, count in counted.items()},
        }
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def render(report: ChallengeReport, standing: Standing, fingerprint: str) -> str:
    """Render the page."""
    style = "\n".join((LOOK / name).read_text("utf-8") for name in ("tokens.css", "page.css"))
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, LOOK]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: show_invisible(value) if type(value) is str else value,
    )
    environment.filters.update({"number": say_number, "moment": say_moment, "word": say_result})
    return environment.get_template("challenge.html.j2").render(
        report=report,
        standing=standing,
        fingerprint=fingerprint,
        finding=say_finding(report),
        verdict="failed" if report.count("lost") else "passed" if report.trials else "skipped",
        marks={result: outcome.value for result, outcome in OUTCOMES.items()},
        meanings=RESULTS,
        style=Markup(style),  # noqa: S704  our own two files, no value in them
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _where(trial: Trial) -> str:
    point = trial.point
    place = f"{point.block} {point.operation}".strip()
    return f"{place or 'all'} before step {point.step}"


def _describe(report: ChallengeReport, standing: Standing) -> dict[str, Any]:
    """The predicate of the statement."""
    return {
        "run": report.run,
        "scenario": report.scenario,
        "challenge": {result: report.count(result) for result in RESULTS},
        "interrupted": report.interrupted,
        "started": report.started.isoformat(),
        "finished": report.finished.isoformat(),
        "populationDigest": report.population_digest,
        "register": {"number": standing.head_number, "hash": standing.head_hash, "run": standing.number},
    }
