"""What attacks found, kept per Engine below the home: whether foreign code may start there.

A report counts for exactly the Engine, its version, its kernel and the isolating code that it was
made with. Whatever else is found, or nothing, or a file that can't be read, lets nothing in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from sandbox import __version__
from sandbox.errors import RequestRefused
from sandbox.model.attack import AttackReport, Claim
from sandbox.prover import EngineFacts


class NotProven(RequestRefused):
    """Foreign code is not let in: the isolation has not been proven here."""

    reason = "isolation-not-proven"


def keep_report(home: Path, report: AttackReport) -> Path:
    """Write a report in place of an older one."""
    path = _path(home, report.engine)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(report.model_dump_json(indent=2), encoding="utf-8")
    unfinished.replace(path)
    return path


def write_report(engine: EngineFacts, claims: Sequence[Claim], at: datetime, seconds: float) -> AttackReport:
    """Say what was found, on which Engine and with which code."""
    return AttackReport(
        engine=engine.id,
        engine_version=engine.version,
        kernel=engine.kernel,
        product_version=__version__,
        isolation=engine.isolation,
        at=at,
        seconds=round(seconds, 1),
        claims=tuple(claims),
    )


def read_report(home: Path, engine: EngineFacts) -> AttackReport | None:
    """Read the newest report about an Engine, of whatever version; None when there is none to read."""
    try:
        return AttackReport.model_validate_json(_path(home, engine.id).read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError):
        return None


def require_pass(home: Path, engine: EngineFacts) -> AttackReport:
    """Give the report that lets foreign code in. Raises NotProven with the command to type."""
    hint = "prove it, which takes about a minute: sandbox attack"
    report = read_report(home, engine)
    if report is None:
        raise NotProven("the isolation of this Docker Engine has not been proven yet", hint=hint)
    proven = (report.engine_version, report.kernel, report.product_version, report.isolation)
    if proven != (engine.version, engine.kernel, __version__, engine.isolation):
        raise NotProven(
            f"the isolation of this Docker Engine was proven on {report.at:%Y-%m-%d}, "
            "for another version of the Engine, its kernel or civic-sandbox",
            hint=hint,
        )
    if not report.passed:
        broken = next((each.claim for each in report.claims if not each.held), "nothing was tried")
        raise NotProven(
            f"this Docker Engine does not isolate: on {report.at:%Y-%m-%d} it did not hold that: {broken}",
            hint="no foreign code starts here; look again with: sandbox attack",
        )
    return report


def _path(home: Path, engine: str) -> Path:
    return home / "attacks" / f"{sha256(engine.encode()).hexdigest()[:16]}.json"
