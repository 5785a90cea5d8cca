"""The job of playing a scenario, in a sandbox of its own or in one that is up, with evidence at its end."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

from sandbox.bootstrap import find_tools, make_catalog, make_tools
from sandbox.errors import NotFound, SandboxError, StateConflict
from sandbox.lifecycle.service import Running, Tools, adopt, take_down
from sandbox.model.asking import People, RunAsked
from sandbox.model.run import Event, Listener, StepFinished, StepStarted
from sandbox.preparing import Prepared, look_up_scenario, prepare_trial
from sandbox.runner.compiled import CompiledScenario
from sandbox.store import journal
from sandbox.store.schema import RunRow
from sandbox.tasks.sandboxes import wish_of
from sandbox.tasks.work import Held, in_words
from sandbox.trial import RUN_LEASE, RunWish, run_trial


def play_run(held: Held) -> None:
    """Play it and enter the verdict. What a killed worker left of the same run goes first."""
    with held.writing() as session:
        row = session.get(RunRow, held.subject)
        if row is None or row.state in ("ended", "failed"):
            return
        journal.forget(session, row.id)
        row.state = "playing"
        asked = RunAsked.model_validate(row.wish)
    with in_words(held, partial(_fail, held)):
        held.require_hope()
        _play(held, asked)


def _play(held: Held, asked: RunAsked) -> None:
    settings = held.bench.settings
    compiled = look_up_scenario(make_catalog(settings), asked.scenario)
    name = asked.sandbox or f"run-{held.subject}"
    running: Running | None = None
    people = asked.people
    if asked.sandbox:
        tools = find_tools(settings, asked.sandbox, None, held.report())
        running = adopt(tools, asked.sandbox)
        _require_its_blocks(running, compiled)
        known = running.spec.population
        people = People(pack=known.pack, size=known.size, seed=known.seed, dirt=known.dirt)
    else:
        tools = make_tools(settings, asked.runtime, held.report())
        with suppress(NotFound):
            take_down(tools, name)
    prepared = _prepare(held, tools, compiled, name, people, asked)
    how = RunWish(inputs=asked.inputs, command=_repeat(asked, people), at=running)
    result = run_trial(settings, tools, prepared, how, listeners=(_listener(held),))
    verdict = result.finished.verdict
    with held.writing() as session:
        row = session.get(RunRow, held.subject)
        if row is None:
            return
        row.state, row.outcome, row.sentence = "ended", verdict.outcome.value, verdict.sentence
        row.folder, row.ended = _below(result.page.parent, settings.runs), held.bench.now()
        journal.tell(session, row.id, "verdict", verdict.model_dump(mode="json"), held.bench.now())


def _prepare(
    held: Held, tools: Tools, compiled: CompiledScenario, name: str, people: People, asked: RunAsked
) -> Prepared:
    settings = held.bench.settings
    return prepare_trial(
        settings,
        tools,
        make_catalog(settings),
        wish_of(people, name, RUN_LEASE),
        scenario=compiled,
        swaps=asked.swaps,
    )


def _require_its_blocks(running: Running, compiled: CompiledScenario) -> None:
    missing = [slug for slug in compiled.scenario.blocks if slug not in running.spec.blocks]
    if missing:
        raise StateConflict(
            f"sandbox {running.spec.name!r} has no {', '.join(missing)}, which the scenario calls",
            hint="start a sandbox of this scenario, or run it in one of its own",
        )


def _listener(held: Held) -> Listener:
    """Enter steps as they begin and end; their bodies are in the evidence and not here."""

    def hear(event: Event) -> None:
        # A listener must not raise: a store that is away, or a lost hold, shows when the verdict is entered.
        with suppress(SandboxError):
            enter(event)

    def enter(event: Event) -> None:
        if isinstance(event, StepStarted) and len(event.path) == 1:
            held.tell("step-started", {"number": event.number, "sentence": event.sentence})
        elif isinstance(event, StepFinished):
            step = event.result
            if step.depth > 0 and step.outcome.value == "passed":
                return
            told: dict[str, object] = {
                "number": step.number,
                "path": list(step.path),
                "sentence": step.sentence,
                "outcome": step.outcome.value,
                "depth": step.depth,
                "milliseconds": round(step.milliseconds, 1),
                "reason": step.reason,
                "block": step.call.block if step.call else "",
            }
            held.tell("step-finished", told)

    return hear


def _repeat(asked: RunAsked, people: People) -> str:
    """Give the command that plays the same without a server."""
    words = ["sandbox", "run", asked.scenario, "--pack", people.pack, "--size", str(people.size)]
    words += ["--seed", str(people.seed)]
    words += ["--dirt", people.dirt] if people.dirt != "none" else []
    words += ["--runtime", asked.runtime] if asked.runtime else []
    return " ".join(words)


def _below(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix()


def _fail(held: Held, reason: str, hint: str) -> None:
    with held.writing() as session:
        row = session.get(RunRow, held.subject)
        if row is None:
            return
        row.state, row.reason, row.hint, row.ended = "failed", reason, hint, held.bench.now()
        journal.tell(session, row.id, "failed", {"reason": reason, "hint": hint}, held.bench.now())
