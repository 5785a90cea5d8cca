"""Waiting until a sandbox is ready, and saying precisely what is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.calls.gate import Gate, Readiness
from sandbox.errors import BlockUnreachable, StartFailed
from sandbox.runtime import Instance, Phase, Runtime

POLL_SECONDS = 0.1
"""Each look is a question to every block, while they all still load."""
LOG_LINES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long to wait, and how time passes; passed in so that tests need not wait."""

    seconds: float = 60.0
    now: Callable[[], float]
    sleep: Callable[[float], None]


def wait_until_ready(
    runtime: Runtime,
    sandbox: str,
    names: Sequence[str],
    gate: Gate,
    waiting: Waiting,
    progress: Callable[[int, int], None],
    *,
    patience: Mapping[str, float] | None = None,
    beside: Sequence[str] = (),
    elsewhere: Sequence[str] = (),
) -> None:
    """Poll until every named instance is ready.

    Args:
        runtime: Shows which of them run.
        sandbox: Whose instances they are.
        names: Those that must answer.
        gate: Asks them.
        waiting: How long, and by which clock.
        progress: Hears how many are ready, of how many.
        patience: Seconds for those that are given another time than `waiting` says.
        beside: Those that must run and can't be asked.
        elsewhere: Those of `names` that don't run here.

    Raises StartFailed naming the instance that exited or stayed unready, with its log's tail.
    """
    began = observed_at = waiting.now()
    allowed = {name: (patience or {}).get(name, waiting.seconds) for name in names}
    while True:
        states = _ask(gate, names)
        missing = [state for state in states if not state.ready]
        progress(len(names) - len(missing), len(names))
        if not missing:
            return
        if waiting.now() - observed_at > 0.5:
            observed_at = waiting.now()
            here = [name for name in names if name not in elsewhere]
            _refuse_gone(runtime, sandbox, (*here, *beside))
        late = [state for state in missing if waiting.now() > began + allowed[state.name]]
        if late:
            first, given = late[0], allowed[late[0].name]
            raise _failure(
                runtime,
                sandbox,
                first.name,
                f"{first.name} was not ready after {given:.0f} s: {first.reason or 'no answer'}",
            )
        waiting.sleep(POLL_SECONDS)


def _ask(gate: Gate, names: Sequence[str]) -> list[Readiness]:
    try:
        answered = {state.name: state for state in gate.readiness()}
    except BlockUnreachable as error:
        return [Readiness(name="information-mediator", ready=False, reason=str(error))]
    answered.setdefault("information-mediator", Readiness(name="information-mediator", ready=True))
    return [
        answered.get(name, Readiness(name=name, ready=False, reason="the mediator does not know it"))
        for name in names
    ]


def _refuse_gone(runtime: Runtime, sandbox: str, names: Sequence[str]) -> None:
    seen = {instance.name: instance for instance in runtime.observe(sandbox)}
    for name in names:
        if name not in seen:
            raise _failure(runtime, sandbox, name, f"{name} is gone before it was ready")
        if seen[name].phase is Phase.EXITED:
            raise _failure(runtime, sandbox, name, _how_it_exited(seen[name]))


def _how_it_exited(instance: Instance) -> str:
    code = "" if instance.exit_code is None else f" with code {instance.exit_code}"
    return f"{instance.name} exited{code} before it was ready"


def _failure(runtime: Runtime, sandbox: str, name: str, message: str) -> StartFailed:
    tail = "\n".join(runtime.logs(sandbox, name, tail=LOG_LINES))
    return StartFailed(message, log_tail=tail, hint="the lines above are the newest of its log")
