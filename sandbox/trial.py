"""One trial from wish to evidence: sandbox up, scenario played, bundle written, sandbox down.

The one place that knows the whole course. It prints nothing; a `Report` hears the stages and
listeners hear the run.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.calls.redaction import Redactor
from sandbox.candidates.applicability import Applicability
from sandbox.candidates.start import start_seeded
from sandbox.candidates.verdicts import review_run
from sandbox.errors import SandboxError
from sandbox.evidence.bundle import bundle_digest, write_bundle
from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.keys import InstallationKey, open_key
from sandbox.evidence.material import Pilot
from sandbox.evidence.recorder import Recorder
from sandbox.evidence.register import Register, Standing
from sandbox.evidence.roll import Roll
from sandbox.gathering import Told, gather_material, spool_log
from sandbox.lifecycle.service import Running, Tools, take_down
from sandbox.model.crowd import CrowdReport, CrowdWish
from sandbox.model.language import ENGLISH, Language
from sandbox.model.pilot import SetPilot
from sandbox.model.run import Event, Listener, Outcome, RunFinished
from sandbox.preparing import Prepared
from sandbox.runner.casting import cast_crowd
from sandbox.runner.compiled import CompiledScenario
from sandbox.runner.crowd import Around, Watch, unheard
from sandbox.runner.play import RunFacts, bind_story_inputs, play
from sandbox.runner.play_crowd import play_crowd
from sandbox.settings import Settings

RUN_LEASE = timedelta(hours=2)
"""A run whose command was killed leaves its sandbox; the next command after this time removes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """How a trial ended, and where its evidence lies."""

    finished: RunFinished
    page: Path
    standing: Standing
    pilot: Pilot | None = None
    crowd: CrowdReport | None = None
    """What came of many journeys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWish:
    """How a scenario is to be played. `out` None writes below the register of runs."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    out: Path | None = None
    keep: bool = False
    command: str = ""
    pilot: SetPilot | None = None
    """Criteria that are entered into the register before anything starts."""
    look: Callable[[Running], None] | None = None
    """Looks at the sandbox when all is played and everything still runs."""
    at: Running | None = None
    """Plays in this sandbox, which runs already and is left as it is."""
    crowd: CrowdWish | None = None
    """Many journeys instead of the story."""
    watch: Watch = unheard
    """Hears how far many journeys have come."""
    languages: tuple[Language, ...] = (ENGLISH,)
    """What the evidence's page is written in."""


def run_trial(
    settings: Settings,
    tools: Tools,
    prepared: Prepared,
    how: RunWish,
    *,
    listeners: Sequence[Listener] = (),
) -> TrialResult:
    """Bring a sandbox up, play the scenario, write evidence, and leave nothing behind.

    The evidence is written whatever the outcome, Ctrl-C included; the sandbox is kept on request.
    """
    compiled = prepared.scenario
    assert compiled is not None, "a trial plays a scenario"
    if how.crowd is None:
        bind_story_inputs(compiled, how.inputs)
    else:
        cast_crowd(compiled, how.inputs)
    how = replace(how, languages=_add_own(compiled, settings, how.languages))
    entry = _enter(settings, tools, prepared, compiled, how)
    if how.at is not None:
        return _play(tools, prepared, compiled, how.at, entry, how, listeners)
    try:
        running = start_seeded(tools, prepared.wish, keep=False)
    except BaseException:
        # It counts among the earlier runs, or trying until one starts would not show.
        entry.register.end(run=entry.run, outcome="not started", at=tools.now())
        raise
    try:
        return _play(tools, prepared, compiled, running, entry, how, listeners)
    finally:
        if not how.keep:
            tools.report("taking the sandbox down", 0, 1)
            take_down(tools, running.spec.name)


def _add_own(
    compiled: CompiledScenario, settings: Settings, languages: tuple[Language, ...]
) -> tuple[Language, ...]:
    """Add what the scenario says of itself in each language. Raises ContentError, before anything starts."""
    if languages == (ENGLISH,):
        return languages
    # Loaded here: Babel takes longer to load than most commands take to answer.
    from sandbox.catalog.languages import read_own

    return tuple(read_own(compiled.scenario.folder, settings.content, each) for each in languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A run as the register knows it, and where its evidence goes."""

    run: str
    folder: Path
    key: InstallationKey
    register: Register
    standing: Standing


def _enter(
    settings: Settings, tools: Tools, prepared: Prepared, compiled: CompiledScenario, how: RunWish
) -> _Entry:
    run = f"{tools.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    key = open_key(settings.home)
    register = Register(settings.runs, key)
    standing = register.begin(
        run=run,
        scenario=compiled.scenario.slug,
        sandbox=prepared.wish.spec.name,
        at=tools.now(),
        pilot=how.pilot.plan.name if how.pilot else "",
        criteria=how.pilot.digest if how.pilot else "",
    )
    return _Entry(
        run=run, folder=(how.out or settings.runs) / run, key=key, register=register, standing=standing
    )


def _play(
    tools: Tools,
    prepared: Prepared,
    compiled: CompiledScenario,
    running: Running,
    entry: _Entry,
    how: RunWish,
    listeners: Sequence[Listener],
) -> TrialResult:
    issued = running.secrets.all(running.instances)
    redactor = Redactor(issued)
    recorder = Recorder(entry.folder, mask=redactor.text)
    heard: list[Event] = []
    roll = Roll(entry.folder, mask=redactor.text)
    report: CrowdReport | None = None

    def write() -> tuple[Path, Pilot | None]:
        tools.report("writing evidence", 0, 1)
        told = Told(
            scenario=compiled.scenario,
            manifest=prepared.manifest,
            dirt=prepared.dirt,
            command=how.command,
            pilot=how.pilot,
            standing=entry.standing,
            events=heard,
        )
        crowd = None
        if how.crowd is not None:
            spooled = spool_log(prepared.wish, running, entry.folder, heard, issued)
            crowd = CrowdEvidence(report=report, spooled=spooled, journeys_digest=roll.close())
        material = gather_material(tools, running, prepared.wish, told, redactor, crowd)
        page = write_bundle(entry.folder, material, key=entry.key, secrets=issued, languages=how.languages)
        return page, material.pilot

    outcome, digest = "interrupted", ""
    try:
        facts = RunFacts(
            run=entry.run,
            sandbox=running.spec.name,
            runtime=running.spec.runtime,
            population=running.spec.population,
            population_digest=running.spec.population_digest,
            criteria=how.pilot.digest if how.pilot else "",
        )
        error: BaseException | None = None
        listeners = (recorder, heard.append, *listeners)
        applicable = Applicability(running.spec.swaps)
        review = partial(review_run, tools.runtime, running, issued, applicable.unmet)
        address = running.site.public_url
        try:
            if how.crowd is None:
                with applicable.opened(address, running.secrets.token) as caller:
                    finished = play(
                        compiled,
                        facts=facts,
                        caller=caller,
                        listeners=listeners,
                        inputs=how.inputs,
                        redactor=redactor,
                        clock=tools.now,
                        sleep=time.sleep,
                        mediator_url=address,
                        review=review,
                    )
            else:
                played = play_crowd(
                    compiled,
                    how.crowd,
                    facts=facts,
                    around=Around(
                        open_caller=lambda: applicable.opened(address, running.secrets.token),
                        clock=tools.now,
                        sleep=time.sleep,
                        make_redactor=lambda: Redactor(issued),
                        mediator_url=address,
                        watch=how.watch,
                        note=roll,
                    ),
                    listeners=listeners,
                    inputs=how.inputs,
                    redactor=redactor,
                    review=review,
                )
                finished, report, error = played.finished, played.report, played.error
        except BaseException:
            # The events are on disk already; a bundle that can't be written must not hide what broke the run.
            with suppress(SandboxError):
                write()
            raise
        outcome = finished.verdict.outcome.value
        if how.look is not None:
            with suppress(SandboxError):
                how.look(running)
        page, pilot = write()
        digest = bundle_digest(entry.folder)
        if error is not None:
            raise error
        return TrialResult(finished=finished, page=page, standing=entry.standing, pilot=pilot, crowd=report)
    finally:
        recorder.close()
        entry.register.end(run=entry.run, outcome=outcome, at=tools.now(), digest=digest)


def exit_code_of(outcome: Outcome, pilot: Pilot | None = None) -> int:
    """Say how a command that ran a scenario ends: 0 passed, 1 failed, 5 when it could not be told.

    A run that passed and does not meet the criteria set before it ends as one that failed.
    """
    if outcome is Outcome.PASSED and pilot is not None and not pilot.met:
        return 1
    return {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.SKIPPED: 0}.get(outcome, 5)
