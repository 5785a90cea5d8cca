"""Jobs about a sandbox: start, reset, remove, keep and bring back its state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.candidates.start import start_seeded
from sandbox.errors import NotFound
from sandbox.lifecycle.checkpoints import restore_checkpoint, save_checkpoint
from sandbox.lifecycle.service import Listed, Tools, Wish, adopt, list_all, reset, take_down
from sandbox.model.asking import People, SandboxAsked
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.store import journal
from sandbox.store.schema import SandboxRow
from sandbox.tasks.work import Held, in_words


def start_sandbox(held: Held) -> None:
    """Bring a sandbox up as it was asked for. One that is up already is taken; a torso goes first."""
    row = _enter(held, "starting")
    if row is None:
        return
    asked = SandboxAsked.model_validate(row.wish)
    with in_words(held, partial(_fail, held)):
        held.require_hope()
        tools = make_tools(held.bench.settings, asked.runtime, held.report())
        found = _find(tools, row.name)
        if found is not None and found.state == "running":
            running = adopt(tools, row.name)
        else:
            if found is not None:
                take_down(tools, row.name)
            running = start_seeded(tools, _prepare(held, tools, row.name, asked), keep=True)
        _end(held, "running", url=running.site.public_url)


def remove_sandbox(held: Held) -> None:
    """Take a sandbox down; one that is gone already is as good."""
    row = _enter(held, "removing")
    if row is None:
        return
    with in_words(held, partial(_fail, held)):
        held.require_hope()
        tools = make_tools(held.bench.settings, SandboxAsked.model_validate(row.wish).runtime, held.report())
        with suppress(NotFound):
            take_down(tools, row.name)
        _end(held, "removed")


def reset_sandbox(held: Held) -> None:
    """Put a sandbox back to how it was seeded."""
    _change(held, "was reset", lambda tools, name: {"today": reset(tools, name)})


def save_state(held: Held) -> None:
    """Keep the state of all its blocks as a checkpoint."""
    name = str(held.detail["checkpoint"])
    _change(held, "was kept", lambda tools, each: {"checkpoint": save_checkpoint(tools, each, name)})


def restore_state(held: Held) -> None:
    """Bring a checkpoint back."""
    name = str(held.detail["checkpoint"])
    _change(held, "was brought back", lambda tools, each: {"today": restore_checkpoint(tools, each, name)})


def _change(held: Held, kind: str, change: Callable[[Tools, str], dict[str, object]]) -> None:
    """Change what runs, and leave its state in the store as it is; a refusal is told, not kept."""
    with held.writing() as session:
        row = session.get(SandboxRow, held.subject)
        if row is None or row.state != "running":
            return
        name, asked = row.name, SandboxAsked.model_validate(row.wish)

    def refuse(reason: str, hint: str) -> None:
        held.tell("refused", {"asked": kind, "reason": reason, "hint": hint})

    with in_words(held, refuse):
        held.require_hope()
        told = change(make_tools(held.bench.settings, asked.runtime, held.report()), name)
        held.tell(kind.replace(" ", "-"), told)


def wish_of(people: People, name: str, lease: timedelta | None) -> SandboxWish:
    """Give a wish as the course of a trial takes it."""
    return SandboxWish(
        name=name, pack=people.pack, size=people.size, seed=people.seed, dirt=people.dirt, lease=lease
    )


def _prepare(held: Held, tools: Tools, name: str, asked: SandboxAsked) -> Wish:
    settings = held.bench.settings
    catalog = make_catalog(settings)
    # The lease stays in the store, where it can be put off: what a runtime remembers does not change.
    wish = wish_of(asked.people, name, None)
    compiled = look_up_scenario(catalog, asked.scenario) if asked.scenario else None
    return prepare_trial(
        settings, tools, catalog, wish, scenario=compiled, blocks=asked.blocks, swaps=asked.swaps
    ).wish


def _find(tools: Tools, name: str) -> Listed | None:
    return next((each for each in list_all(tools) if each.name == name), None)


def _enter(held: Held, state: str) -> SandboxRow | None:
    """Enter that work on it has begun; None when it is gone."""
    with held.writing() as session:
        row = session.get(SandboxRow, held.subject)
        if row is None or row.state == "removed":
            return None
        row.state, row.reason, row.hint = state, "", ""
        if state == "starting":
            row.host = held.bench.host
        journal.tell(session, held.subject, "state", {"state": state}, held.bench.now())
        return row


def _fail(held: Held, reason: str, hint: str) -> None:
    _end(held, "failed", reason=reason, hint=hint)


def _end(held: Held, state: str, *, url: str = "", reason: str = "", hint: str = "") -> None:
    with held.writing() as session:
        row = session.get(SandboxRow, held.subject)
        if row is None:
            return
        row.state, row.url, row.reason, row.hint = state, url, reason, hint
        told = {"state": state, "url": url, "reason": reason, "hint": hint}
        journal.tell(session, held.subject, "state", told, held.bench.now())
