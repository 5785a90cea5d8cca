"""The report: one page that opens offline, the same as JUnit, signed like the evidence of a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.challenge.report import render, say_finding, write_junit, write_report
from sandbox.evidence.bundle import SecretInEvidence
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.register import Standing
from sandbox.evidence.seal import verify_bundle
from sandbox.model.challenge import (
    CHALLENGES,
    Book,
    ChallengeReport,
    FaultRow,
    Point,
    Result,
    Trial,
)

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
STANDING = Standing(group="challenge of x", number=1, earlier={}, head_number=1, head_hash="0" * 64)


def trial(fault: str, block: str, result: Result, *, said: str = "it went so") -> Trial:
    point = Point(fault=fault, block=block, operation="payBulk", step=7, sentence="The <b>payroll</b>.")
    differences = ("money: missing P2",) if result == "lost" else ()
    return Trial(point=point, result=result, said=said, differences=differences, seconds=1.5)


def report(*trials: Trial, interrupted: bool = False) -> ChallengeReport:
    names = dict.fromkeys(each.point.fault for each in trials)
    rows = [
        FaultRow(fault=CHALLENGES[name], trials=tuple(each for each in trials if each.point.fault == name))
        for name in names
    ]
    return ChallengeReport(
        run="20261127-180000-abcdef",
        scenario="cash-transfer",
        title="A transfer",
        runtime="local",
        machine="Linux",
        pack="zz",
        size=300,
        seed=1,
        population_digest="d" * 64,
        draw=1,
        started=NOW,
        finished=NOW,
        command="sandbox challenge cash-transfer",
        version="0.1.0",
        rows=(*rows, FaultRow(fault=CHALLENGES["callback-drop"], why="no message crosses")),
        books=(Book(name="money", entries=3),),
        interrupted=interrupted,
    )


FOUND = report(
    trial("drop", "payments", "recovered"),
    trial("drop", "registration", "failed"),
    trial("delay", "payments", "lost", said="money: missing P2"),
    trial("database-restarted", "", "passed"),
)


def test_the_finding_names_losses_first_and_halts_next() -> None:
    assert say_finding(FOUND) == "Something was lost in 1 of 4 plays under a fault."
    halted = report(trial("drop", "payments", "failed"), trial("drop", "consent", "passed"))
    assert say_finding(halted) == (
        "Nothing was lost in 2 plays under a fault; in 1 of them the story came to a halt."
    )
    assert say_finding(report(trial("drop", "payments", "passed"))) == (
        "Nothing was lost in 1 play under a fault, and each of them came to its end."
    )
    assert say_finding(report()) == "No fault was played."


def test_junit_has_a_case_for_every_play_and_one_for_what_was_not_played() -> None:
    root = ET.fromstring(write_junit(FOUND))
    kinds = {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for case in root.iter("testcase")
    }
    assert kinds == {
        ("cash-transfer.drop", "payments payBulk before step 7"): [],
        ("cash-transfer.drop", "registration payBulk before step 7"): ["error"],
        ("cash-transfer.delay", "payments payBulk before step 7"): ["failure"],
        ("cash-transfer.database-restarted", "payBulk before step 7"): [],
        ("cash-transfer.callback-drop", "callback-drop"): ["skipped"],
    }
    drop = root.find("./testsuite[@name='drop']")
    assert drop is not None
    assert (drop.get("tests"), drop.get("errors"), drop.get("failures")) == ("2", "1", "0")


def test_the_page_says_what_was_lost_and_escapes_what_it_is_told() -> None:
    page = render(FOUND, STANDING, "f" * 64)
    assert "Something was lost in 1 of 4 plays" in page
    assert "is-failed" in page
    assert "&lt;b&gt;payroll&lt;/b&gt;" in page
    assert "<script" not in page
    assert "no message crosses" in page
    assert "It was interrupted" not in page
    assert "It was interrupted" in render(report(interrupted=True), STANDING, "f" * 64)


def test_the_report_is_signed_and_a_changed_file_is_noticed(tmp_path: Path) -> None:
    key = InstallationKey(Ed25519PrivateKey.generate())
    page = write_report(tmp_path / "r", FOUND, key=key, standing=STANDING, secrets=())
    assert verify_bundle(page.parent, fingerprint=key.fingerprint) == []
    (page.parent / "challenge.json").write_text("{}")
    assert verify_bundle(page.parent) == ["challenge.json was changed"]


def test_a_report_that_would_hold_a_live_secret_is_not_written(tmp_path: Path) -> None:
    told = report(trial("drop", "payments", "failed", said="the answer was hunter2-hunter2"))
    key = InstallationKey(Ed25519PrivateKey.generate())
    with pytest.raises(SecretInEvidence):
        write_report(tmp_path / "r", told, key=key, standing=STANDING, secrets=["hunter2-hunter2"])
    assert not (tmp_path / "r").exists()
