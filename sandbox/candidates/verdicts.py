"""What a verdict is worth when a product under evaluation took part.

It may not give the sandbox's secrets away, and where money never reaches a witness that is ours, what
the product says of itself is called self-reported and is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sandbox.evidence.leaks import LiveSecrets
from sandbox.lifecycle.service import Running
from sandbox.model.run import Outcome, StepResult, Verdict
from sandbox.model.sandbox import Swap
from sandbox.runtime import Runtime

WITNESS = "payee-institutions"
SETTLING = "payments"


ALL_LINES = 1_000_000
"""More than a runtime keeps of one instance's log."""
KEEPS_SECRETS = "The product keeps the sandbox's secrets to itself"


def review_run(
    runtime: Runtime,
    running: Running,
    secrets: Iterable[str],
    unmet: Sequence[str],
    verdict: Verdict,
    failure: StepResult | None,
) -> Verdict:
    """Have the last word on a verdict: read what the products that took part have logged."""
    return review(verdict, failure, running.spec.swaps, read_leaks(runtime, running, secrets), unmet)


def read_leaks(runtime: Runtime, running: Running, secrets: Iterable[str]) -> Sequence[str]:
    """Read what the products of a sandbox have logged, and name those that gave a secret away."""
    spec = running.spec
    logs = {name: "\n".join(runtime.logs(spec.name, name, tail=ALL_LINES)) for name in spec.foreign}
    return find_leaks(logs, LiveSecrets(secrets))


def find_leaks(logs: Mapping[str, str], secrets: LiveSecrets) -> Sequence[str]:
    """Name the instances whose log holds a live secret, in any form in which one usually travels."""
    return sorted(name for name, text in logs.items() if secrets.occurs_in(text.encode()))


def review(
    verdict: Verdict,
    failure: StepResult | None,
    swaps: Sequence[Swap],
    leaks: Sequence[str],
    unmet: Sequence[str] = (),
) -> Verdict:
    """Give the verdict as it may stand.

    Args:
        verdict: What the steps came to.
        failure: The step to blame, when one failed.
        swaps: Who took part.
        leaks: From `find_leaks`.
        unmet: What could not be done with them, on which later steps may stand.
    """
    reviewed = _call_self_reported(verdict, failure, swaps)
    if reviewed is verdict:
        reviewed = _take_back_what_does_not_tell(verdict, failure, swaps, unmet)
    return _blame_leaks(reviewed, swaps, leaks) if leaks else reviewed


def _take_back_what_does_not_tell(
    verdict: Verdict, failure: StepResult | None, swaps: Sequence[Swap], unmet: Sequence[str]
) -> Verdict:
    """Blame no product for what it was given no chance to do, and say what was not tried on it."""
    far = [swap for swap in swaps if swap.url]
    names = " and ".join(swap.name for swap in swaps)
    if verdict.outcome is Outcome.FAILED and unmet:
        why = f"It can't be told of {names}, because {unmet[0]}."
    elif verdict.outcome is Outcome.FAILED and far and not _is_at(failure, far):
        why = f"It can't be told of {names}, which can call no other block from where it runs."
    else:
        left_out = verdict.steps.get(Outcome.SKIPPED.value, 0)
        if verdict.outcome is not Outcome.PASSED or not left_out or not swaps:
            return verdict
        said = f"{verdict.sentence} Not applicable to {names}, and not passed: {left_out} of the steps."
        return verdict.model_copy(update={"sentence": said})
    return verdict.model_copy(
        update={"outcome": Outcome.ERROR, "sentence": f"{why} {verdict.sentence}", "figures": ()}
    )


def _is_at(failure: StepResult | None, swaps: Sequence[Swap]) -> bool:
    return (
        failure is not None
        and failure.call is not None
        and failure.call.block in {swap.block for swap in swaps}
    )


def say_leaks(swaps: Sequence[Swap], leaks: Sequence[str]) -> str:
    """Say whose log holds a secret; without a full stop."""
    names = {name: swap.name for swap in swaps for name in (swap.block, *swap.parts)}
    who = ", ".join(f"{names.get(each, each)} ({each})" for each in leaks)
    return f"the log of {who} holds a secret that it was told, as it is or encoded"


def _blame_leaks(verdict: Verdict, swaps: Sequence[Swap], leaks: Sequence[str]) -> Verdict:
    told = f"“{KEEPS_SECRETS}” failed: {say_leaks(swaps, leaks)}."
    sentence = f"{verdict.sentence} And {told}" if verdict.outcome is Outcome.FAILED else f"Step {told}"
    return verdict.model_copy(update={"outcome": Outcome.FAILED, "sentence": sentence, "figures": ()})


def _call_self_reported(verdict: Verdict, failure: StepResult | None, swaps: Sequence[Swap]) -> Verdict:
    swap = next((each for each in swaps if each.block == SETTLING and each.settles == "nowhere"), None)
    if swap is None:
        return verdict
    at_the_witness = failure is not None and failure.call is not None and failure.call.block == WITNESS
    if verdict.outcome is Outcome.PASSED:
        said = f"Self-reported by {swap.name}, and confirmed by nobody: {verdict.sentence}"
    elif verdict.outcome is Outcome.FAILED and at_the_witness:
        said = (
            f"Self-reported by {swap.name}: it settles nowhere, so the payees' institutions can't tell "
            f"whether anybody was paid. {verdict.sentence}"
        )
    else:
        return verdict
    figures = tuple(
        figure.model_copy(update={"label": f"{figure.label} (self-reported)"}) for figure in verdict.figures
    )
    return verdict.model_copy(update={"outcome": Outcome.ERROR, "sentence": said, "figures": figures})
