"""What a command can do with sandboxes: bring up, list, adopt, reset, take down, reap.

Holds no state: the runtime remembers what runs. Only this module executes plans.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from sandbox.calls.gate import Gate
from sandbox.errors import NotFound, RequestRefused, SandboxError, StateConflict
from sandbox.lifecycle.instances import CONTROLS, MEDIATOR, Layout, serving_specs
from sandbox.lifecycle.locks import hold_sandbox, is_held, sweep_locks
from sandbox.lifecycle.plan import Observed, Plan, plan_changes
from sandbox.lifecycle.readiness import Waiting, wait_until_ready
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate
from sandbox.model.sandbox import SandboxSpec, check_name
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER, Wiring
from sandbox.runtime import InstanceSpec, Keeper, Loaded, Phase, Remains, Runtime, Site, SiteRequest

NOTES = "seeding"
"""Folder below the home with how far a sandbox's products were told their citizens."""
Report = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and of how much."""


def machine_now() -> datetime:
    """Tell the real time (UTC)."""
    return datetime.now(UTC)


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""
    del stage, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the service works with."""

    runtime: Runtime
    home: Path
    keeper: Keeper | None = None
    """Keeps loaded databases, where the runtime can."""
    cache_limit: int | None = None
    """The most bytes that populations and loaded databases may take below the home."""
    report: Report = silent
    now: Callable[[], datetime] = machine_now
    waiting: Waiting = field(default_factory=lambda: Waiting(now=time.monotonic, sleep=time.sleep))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A sandbox to be: its specification, its blocks' descriptors, how they are wired, whom it holds."""

    spec: SandboxSpec
    blocks: Mapping[str, BlockDescriptor]
    wiring: Wiring
    population: Path
    candidates: Mapping[str, Candidate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sandbox that can be talked to."""

    spec: SandboxSpec
    site: Site
    secrets: Secrets

    def gate(self, timeout: float = 60.0) -> Gate:
        """Open the sandbox's own door."""
        return Gate(self.site.public_url, self.secrets.token, timeout=timeout)

    @property
    def instances(self) -> tuple[str, ...]:
        """Names of all instances."""
        return (*self.spec.started, CONTROLS, *self.spec.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of `sandbox ls`. `state` is running, starting, incomplete, degraded, or expired."""

    name: str
    state: str
    spec: SandboxSpec | None
    url: str
    instances: Mapping[str, str]


def bring_up(tools: Tools, wish: Wish) -> Running:
    """Create, seed and start a sandbox, and wait until every block is ready.

    Whatever goes wrong, Ctrl-C included, nothing of it is left behind.

    Raises:
        StateConflict: the name is taken.
        StartFailed: names the block, why, and its newest log lines.
    """
    name = check_name(wish.spec.name)
    with hold_sandbox(tools.home, name):
        if any(each.name == name for each in tools.runtime.list_sandboxes()):
            raise StateConflict(
                f"there is a sandbox {name!r} already",
                hint=f"choose another name, or remove it: sandbox down {name}",
            )
        try:
            return _create(tools, wish)
        except BaseException:
            tools.runtime.discard(name)
            raise


def take_down(tools: Tools, name: str) -> None:
    """Remove everything of a sandbox. Raises NotFound, or StateConflict while another command works on it."""
    with hold_sandbox(tools.home, check_name(name)):
        plan = plan_changes(None, _observe(tools, name))
        if not plan.discard:
            raise NotFound(f"there is no sandbox {name!r}", hint=_known(tools))
        _discard(tools, name)


def take_all_down(tools: Tools) -> Sequence[str]:
    """Remove every sandbox of this installation from this runtime, and return their names."""
    names = [each.name for each in tools.runtime.list_sandboxes()]
    with ThreadPoolExecutor(max_workers=4) as workers:
        failures = list(workers.map(lambda name: _failure_to_discard(tools, name), names))
    for failure in failures:
        if failure is not None:  # raised only now, so that one sandbox in use keeps no other from going
            raise failure
    sweep_locks(tools.home)
    return names


def reap_expired(tools: Tools) -> Sequence[str]:
    """Remove the sandboxes whose lease has run out; those that a command works on are left to it."""
    reaped = []
    for each in tools.runtime.list_sandboxes():
        if each.spec is not None and each.spec.expired(tools.now()):
            try:
                _discard_held(tools, each.name)
            except StateConflict:
                continue
            reaped.append(each.name)
    return reaped


def list_all(tools: Tools) -> Sequence[Listed]:
    """List what there is, as the runtime shows it now."""
    return [_listed(tools, each) for each in tools.runtime.list_sandboxes()]


def adopt(tools: Tools, name: str) -> Running:
    """Find a sandbox that another command brought up. Raises NotFound or StateConflict."""
    for each in tools.runtime.list_sandboxes():
        if each.name == name:
            if each.spec is None or each.site is None:
                raise StateConflict(
                    f"sandbox {name!r} was never finished", hint=f"remove it: sandbox down {name}"
                )
            return Running(spec=each.spec, site=each.site, secrets=Secrets(each.site.secret))
    raise NotFound(f"there is no sandbox {name!r}", hint=_known(tools))


def reset(tools: Tools, name: str) -> str:
    """Put a sandbox back to how it was seeded; returns its date. Its message log goes on."""
    running = adopt(tools, name)
    if running.spec.swaps:
        raise StateConflict(
            f"sandbox {name!r} runs {running.spec.swaps[0].name}, which nobody but itself can put back",
            hint=f"make it anew: sandbox down {name}, then up",
        )
    with hold_sandbox(tools.home, name), running.gate() as gate:
        answer = gate.call(CONTROLS_SERVICE, "POST", "/reset", client=EXPLORER)
        if answer.status_code != 200:
            raise RequestRefused(f"sandbox {name!r} could not be reset: {answer.text[:300]}")
        return str(answer.json()["today"])


def clock_offset(start: date, now: datetime) -> int:
    """Seconds between the machine's clock and a sandbox's that begins on `start` at this time of day."""
    return (start - now.date()).days * 86_400


def _create(tools: Tools, wish: Wish) -> Running:
    spec = wish.spec
    secrets = Secrets.fresh()
    names = (*sorted(wish.blocks), CONTROLS)
    parts = spec.parts
    here = tuple(name for name in names if name not in spec.elsewhere)
    plan = plan_changes((*here, *parts), Observed(prepared=False))
    tools.report("preparing networks and database", 0, 1)
    wanted = _keepable(tools, wish)
    site = tools.runtime.prepare(
        SiteRequest(
            spec=spec,
            instances=names,
            public=MEDIATOR,
            data=wish.population,
            secret=secrets.root,
            files={"wiring.json": wish.wiring.model_dump_json().encode()},
            wanted=wanted,
        ),
        progress=lambda stage: tools.report(stage, 0, 1),
    )
    layout = Layout(spec=spec, site=site, secrets=secrets, blocks=wish.blocks, candidates=wish.candidates)
    running = Running(spec=spec, site=site, secrets=secrets)
    _execute(tools, plan, layout, partial(_load, tools, layout, wanted, wish.population))
    with running.gate() as gate:
        wait_until_ready(
            tools.runtime,
            spec.name,
            names,
            gate,
            tools.waiting,
            lambda done, total: tools.report("waiting for blocks", done, total),
            patience={
                slug: candidate.descriptor.start_timeout for slug, candidate in wish.candidates.items()
            },
            beside=parts,
            elsewhere=spec.elsewhere,
        )
        gate.set_clock(clock_offset(spec.clock_start, tools.now()), epoch=1)
    return running


def _execute(tools: Tools, plan: Plan, layout: Layout, load: Callable[[], None]) -> None:
    """Do what the plan says; our own blocks start while their databases are still being filled."""
    runtime, name = tools.runtime, layout.spec.name
    for each in plan.stop:
        runtime.stop(name, each, grace_seconds=5)
    known = serving_specs(layout)
    specs = [known[each] for each in plan.start]
    with ThreadPoolExecutor(max_workers=4) as workers:

        def start(spec: InstanceSpec) -> None:
            runtime.start(spec)

        try:
            early = [workers.submit(start, spec) for spec in specs if _waits_for_its_database(spec)]
            if plan.seed:
                load()
            late = [workers.submit(start, spec) for spec in specs if not _waits_for_its_database(spec)]
            tools.report("starting blocks", 0, len(specs))
            for count, started in enumerate([*early, *late], 1):
                started.result()
                tools.report("starting blocks", count, len(specs))
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _waits_for_its_database(spec: InstanceSpec) -> bool:
    """Whether it may be started before its database is there; of a foreign image that can't be said."""
    return spec.image is None


def _keepable(tools: Tools, wish: Wish) -> tuple[Loaded, ...]:
    """Say which databases are worth keeping, where anything is kept."""
    if tools.keeper is None:
        return ()
    from sandbox.lifecycle.loading import keepable  # psycopg comes along, which few commands need

    return keepable(wish.spec, wish.blocks, wish.candidates, wish.population)


def _load(tools: Tools, layout: Layout, wanted: Sequence[Loaded], population: Path) -> None:
    from sandbox.lifecycle.loading import load_databases

    def report(stage: str) -> None:
        tools.report(stage, 0, 1)

    load_databases(tools.runtime, tools.keeper, tools.home, layout, wanted, population, report)
    _trim_cache(tools)


def _trim_cache(tools: Tools) -> None:
    if tools.cache_limit is None:
        return
    from sandbox.lifecycle.caching import list_cache, populations_in_use, trim  # and numpy with this

    with suppress(SandboxError, OSError):  # `sandbox data clean` says what is in the way
        keepers = [tools.keeper] if tools.keeper else []
        kept = list_cache(tools.home, keepers, populations_in_use([tools.runtime]))
        trim(kept, tools.cache_limit, tools.now())


def _observe(tools: Tools, name: str) -> Observed:
    there = any(each.name == name for each in tools.runtime.list_sandboxes())
    return Observed(prepared=there, instances=tools.runtime.observe(name))


def _discard_held(tools: Tools, name: str) -> None:
    with hold_sandbox(tools.home, name):
        _discard(tools, name)


def _discard(tools: Tools, name: str) -> None:
    tools.runtime.discard(name)
    for note in (tools.home / NOTES).glob(f"{name}.*"):  # how far its products were told their citizens
        note.unlink(missing_ok=True)


def _failure_to_discard(tools: Tools, name: str) -> SandboxError | None:
    try:
        _discard_held(tools, name)
    except SandboxError as error:
        return error
    return None


def _listed(tools: Tools, remains: Remains) -> Listed:
    instances = {each.name: each.phase.value for each in tools.runtime.observe(remains.name)}
    return Listed(
        name=remains.name,
        state=_state(tools, remains, instances),
        spec=remains.spec,
        url=remains.site.public_url if remains.site else "",
        instances=instances,
    )


def _state(tools: Tools, remains: Remains, instances: Mapping[str, str]) -> str:
    spec = remains.spec
    if spec is None or remains.site is None:
        return "starting" if is_held(tools.home, remains.name) else "incomplete"
    if spec.expired(tools.now()):
        return "expired"
    if all(instances.get(each) == Phase.RUNNING for each in (*spec.started, CONTROLS, *spec.parts)):
        return "running"
    return "starting" if is_held(tools.home, remains.name) else "degraded"


def _known(tools: Tools) -> str:
    names = ", ".join(each.name for each in tools.runtime.list_sandboxes())
    return f"there are: {names}" if names else "there is none; `sandbox up` starts one"
