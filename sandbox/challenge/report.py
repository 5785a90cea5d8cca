"""What a challenge leaves behind: a page, the same as JSON and JUnit, signed like the evidence of a run.

The page is one file without script in the look of the evidence page; everything is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from sandbox.evidence.bundle import INDEX, SecretInEvidence
from sandbox.evidence.disk import write_report_files
from sandbox.evidence.junit import possible_text
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.printing import TEMPLATES as LOOK
from sandbox.evidence.printing import make_environment
from sandbox.evidence.provenance import say_standing
from sandbox.evidence.register import Standing
from sandbox.evidence.seal import ENVELOPE, PUBLIC_KEY, sign_statement, write_statement
from sandbox.evidence.speech import ENGLISH, Speech, noted
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
WORDS: Mapping[Result, str] = {
    "lost": noted("lost"),
    "failed": noted("failed"),
    "recovered": noted("recovered"),
    "passed": noted("passed"),
    "unmet": noted("not met"),
    "skipped": noted("not applicable"),
}
MEANINGS: Mapping[Result, str] = {
    "lost": noted("The end state is another one than without the fault."),
    "failed": noted("A step failed; what was done until then stands, and nothing else."),
    "recovered": noted(
        "Something failed or had to be asked again, and the end state is as without the fault."
    ),
    "passed": noted("The fault struck, nobody had to ask again, and the end state is as without it."),
    "unmet": noted("Nothing met the fault in this play."),
    "skipped": noted("The fault does not apply here."),
}


def say_result(result: Result, speech: Speech = ENGLISH) -> str:
    """Write a result as a word."""
    return speech.look_up(WORDS[result])


def say_finding(report: ChallengeReport, speech: Speech = ENGLISH) -> str:
    """Say in one sentence what a challenge came to."""
    trials = len(report.trials)
    if not trials:
        return speech.gettext("No fault was played.")
    lost, failed = report.count("lost"), report.count("failed")
    if lost:
        return speech.ngettext(
            "Something was lost in %(lost)s of %(num)s play under a fault.",
            "Something was lost in %(lost)s of %(num)s plays under a fault.",
            trials,
            lost=lost,
        )
    if failed:
        return speech.ngettext(
            "Nothing was lost in %(num)s play under a fault; in %(failed)s of them the story came to a halt.",
            "Nothing was lost in %(num)s plays under a fault; "
            "in %(failed)s of them the story came to a halt.",
            trials,
            failed=failed,
        )
    return speech.ngettext(
        "Nothing was lost in %(num)s play under a fault, and each of them came to its end.",
        "Nothing was lost in %(num)s plays under a fault, and each of them came to its end.",
        trials,
    )


def write_report(
    folder: Path,
    report: ChallengeReport,
    *,
    key: InstallationKey,
    standing: Standing,
    secrets: Iterable[str],
    speech: Speech = ENGLISH,
) -> Path:
    """Write all files and their signature; gives the page.

    Raises:
        SecretInEvidence: A file would hold one of `secrets`; nothing was written.
        DiskRefused: The disk is full or can't be written.
    """
    files = {
        INDEX: render(report, standing, key.fingerprint, speech).encode("utf-8", "backslashreplace"),
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
    write_report_files(folder, files)
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


def render(report: ChallengeReport, standing: Standing, fingerprint: str, speech: Speech = ENGLISH) -> str:
    """Render the page."""
    environment = make_environment(speech, TEMPLATES)
    environment.filters["word"] = lambda result: say_result(result, speech)
    return environment.get_template("matrix.html.j2").render(
        report=report,
        standing=say_standing(standing, speech),
        fingerprint=fingerprint,
        finding=say_finding(report, speech),
        verdict="failed" if report.count("lost") else "passed" if report.trials else "skipped",
        marks={result: outcome.value for result, outcome in OUTCOMES.items()},
        meanings={result: speech.look_up(MEANINGS[result]) for result in RESULTS},
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
