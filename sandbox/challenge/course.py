"""The course of a challenge: one sandbox up, the plays, the report written and entered, the sandbox down."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.breaker import Breaker
from sandbox.calls.redaction import Redactor
from sandbox.candidates.start import start_seeded
from sandbox.catalog.languages import read_own
from sandbox.challenge.census import add_auditor
from sandbox.challenge.plan import choose_blocks
from sandbox.challenge.report import write_report
from sandbox.challenge.trials import Trials
from sandbox.challenge.wish import ChallengeWish, Watch
from sandbox.evidence.bundle import bundle_digest
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import Register, Standing
from sandbox.evidence.speech import Speech
from sandbox.lifecycle.instances import MEDIATOR
from sandbox.lifecycle.service import Tools, take_down
from sandbox.model.challenge import ChallengeReport
from sandbox.preparing import Prepared
from sandbox.runner.play import bind_story_inputs
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """How a challenge ended, and where its report lies."""

    report: ChallengeReport
    page: Path
    standing: Standing


def run_challenge(
    settings: Settings,
    tools: Tools,
    prepared: Prepared,
    asked: ChallengeWish,
    breaker: Breaker,
    watch: Watch,
) -> Challenged:
    """Challenge a scenario, write what was found, and leave no sandbox behind.

    Ctrl-C ends it early: what was found until then is written, and the report says so.
    """
    compiled = prepared.scenario
    assert compiled is not None, "a challenge is of a scenario"
    bind_story_inputs(compiled, asked.inputs)
    slug = compiled.scenario.slug
    blocks = choose_blocks(asked.blocks, [each for each in prepared.wish.spec.blocks if each != MEDIATOR])
    wish = replace(prepared.wish, wiring=add_auditor(prepared.wish.wiring))
    key, started = open_key(settings.home), tools.now()
    register = Register(settings.runs, key)
    run = f"{started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    standing = register.begin(
        run=run, scenario=slug, sandbox=wish.spec.name, at=started, pilot=f"challenge of {slug}"
    )
    outcome, digest = "not started", ""
    try:
        running = start_seeded(tools, wish, keep=False)
        outcome = "error"
        try:
            issued = running.secrets.all(running.instances)
            found = Trials(tools, wish, running, compiled, asked, breaker, blocks, watch, Redactor(issued))
            try:
                found.go_through()
            except KeyboardInterrupt:
                found.interrupted = True
            finally:
                found.breaks.close()
            report = found.report(run, started)
            folder = (asked.out or settings.runs) / run
            speech = Speech(read_own(compiled.scenario.folder, settings.content, asked.language))
            page = write_report(folder, report, key=key, standing=standing, secrets=issued, speech=speech)
            digest = bundle_digest(folder)
            outcome = "interrupted" if report.interrupted else "failed" if report.count("lost") else "passed"
            return Challenged(report=report, page=page, standing=standing)
        finally:
            tools.report("taking the sandbox down", 0, 1)
            take_down(tools, running.spec.name)
    finally:
        register.end(run=run, outcome=outcome, at=tools.now(), digest=digest)
