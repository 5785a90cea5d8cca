"""The list of requirements with a verdict each, and the verdict of the whole.

A requirement is met when generated requests looked at every operation of it, every one was accepted at
least once as the contract says, at least one behaviour held on it with drawn values, and nothing was
found. Nothing found is not enough: what no check has looked at is not tested, and never counts as met.
Neither does what `block.yaml` calls out of reach: its refusals were looked at, and its success was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.conformance.values import Exercised, Finding, Level, Met, Part, Requirement
from sandbox.model.block import BlockDescriptor, Implementation
from sandbox.model.run import Outcome

_ORDER = {"required": 0, "recommended": 1, "optional": 2}


def choose_groups(descriptor: BlockDescriptor, level: Level) -> tuple[Implementation, ...]:
    """Choose the groups of operations that a level asks for: each level with those above it."""
    most = {"required": 0, "recommended": 1, "all": 2}[level]
    return tuple(group for group in descriptor.implements if _ORDER[group.level] <= most)


def judge_requirements(
    groups: Sequence[Implementation],
    operations: Mapping[str, Exercised],
    findings: Sequence[Finding],
    out_of_reach: Mapping[str, str],
) -> tuple[Requirement, ...]:
    """Give one verdict per requirement number; a group that names none is one requirement without number.

    Args:
        groups: From `choose_groups`.
        operations: How each operation was called.
        findings: What was found.
        out_of_reach: Why an operation can't be brought to succeed here, by its id.
    """
    judged: list[Requirement] = []
    for group in groups:
        verdict, why = _judge(group, operations, findings, out_of_reach)
        judged += [
            Requirement(
                number=number,
                group=group.group,
                level=group.level,
                operations=group.operations,
                verdict=verdict,
                why=why,
            )
            for number in group.requirements or ("",)
        ]
    return tuple(judged)


def conclude(
    name: str, requirements: Sequence[Requirement], findings: Sequence[Finding], known_only: Sequence[str]
) -> tuple[Outcome, str]:
    """Say how it stands in an official's words."""
    counted = [one for one in findings if not one.on_known_values]
    met, unmet, untested = (
        sum(one.verdict is kind for one in requirements) for kind in (Met.MET, Met.NOT_MET, Met.NOT_TESTED)
    )
    tally = (
        f"{met} of {len(requirements)} requirements are met, {unmet} are not met, {untested} were not tested"
    )
    if known_only:
        return Outcome.FAILED, (
            f"{name} is right on values that everybody knows and wrong on values drawn for this measurement "
            f"({', '.join(known_only)}): it answers what it was prepared for. {tally[0].upper()}{tally[1:]}."
        )
    if counted:
        count = f"{len(counted)} finding{'s' if len(counted) != 1 else ''}"
        gave_away = [one for one in counted if one.part is Part.SECRETS]
        if gave_away:
            count = f"step “{gave_away[0].sentence}” failed, {gave_away[0].reason}; {count}"
        return Outcome.FAILED, f"{name} does not meet its contract: {count}; {tally}."
    if met == 0:
        return Outcome.ERROR, f"It could not be told whether {name} meets its contract: {tally}."
    return Outcome.PASSED, f"{name} meets its contract as far as it was tested: {tally}."


def _judge(
    group: Implementation,
    operations: Mapping[str, Exercised],
    findings: Sequence[Finding],
    out_of_reach: Mapping[str, str],
) -> tuple[Met, str]:
    against = [one for one in findings if one.operation_id in group.operations and not one.on_known_values]
    if against:
        first = against[0]
        more = f", and {len(against) - 1} more" if len(against) > 1 else ""
        return Met.NOT_MET, f"{first.operation_id}: {first.reason}{more}"
    # Before everything else that was not tested: an answer of 2xx can be a refusal, in an envelope.
    beyond = [name for name in group.operations if name in out_of_reach]
    if beyond:
        refusals = sum(operations[name].steps for name in group.operations if name in operations)
        why = " ".join(f"{name}: {out_of_reach[name]}" for name in beyond)
        return Met.NOT_TESTED, f"{refusals} steps of behaviours held, success is out of reach alone. {why}"
    unread = [name for name in group.operations if name not in operations or not operations[name].cases]
    if unread:
        return Met.NOT_TESTED, f"no generated request looked at {', '.join(unread)}"
    unseen = [name for name in group.operations if not _was_right(operations.get(name))]
    if unseen:
        return Met.NOT_TESTED, f"no accepted answer was seen of {', '.join(unseen)}"
    held = [name for name in group.operations if operations[name].steps]
    if not held:
        return Met.NOT_TESTED, "no behaviour looks at these operations"
    steps = sum(operations[name].steps for name in held)
    cases = sum(operations[name].cases for name in group.operations)
    return Met.MET, f"{steps} steps of behaviours and {cases} generated requests, nothing found"


def _was_right(operation: Exercised | None) -> bool:
    return operation is not None and operation.accepted > 0
