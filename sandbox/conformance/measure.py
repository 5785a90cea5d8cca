"""The course of one measurement: commit, prepare, mix, judge, open the commitment.

Steps of behaviours go among generated requests in an order that the hidden seed decides, so that a
product can't tell by what comes before whether somebody is looking. It prints nothing; `report` hears
the stages.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.calls.direct import DirectClient
from sandbox.calls.messages import Answer, Request
from sandbox.calls.redaction import Redactor
from sandbox.candidates.verdicts import KEEPS_SECRETS
from sandbox.catalog.blocks import Block
from sandbox.conformance.agreement import find_disagreements
from sandbox.conformance.cases import Judged, Prepared, make_cases, send
from sandbox.conformance.plays import Played, count_calls, find_faults, plan_plays, play_one
from sandbox.conformance.product import still_there
from sandbox.conformance.requirements import choose_groups, conclude, judge_requirements
from sandbox.conformance.seeds import derive, draw_seed
from sandbox.conformance.values import Exercised, Finding, Level, Part, Report
from sandbox.model.run import Outcome
from sandbox.runner.compiled import CompiledScenario, OperationCall

CASES = 500
SILENCES = 3
"""Requests in a row without any answer after which the product is taken to be down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be measured, and how far. `known` are values that the product's maker was told."""

    level: Level = "required"
    cases: int = CASES
    seed: int | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


Progress = Callable[[str, int, int], None]
"""(stage, how many are done, of how many)."""


def _unheard(stage: str, done: int, total: int) -> None:
    del stage, done, total


class ProductDown(Exception):
    """Nothing answers any more; what was found until then stands."""


def measure(
    block: Block,
    behaviours: Sequence[CompiledScenario],
    client: DirectClient,
    wish: Wish,
    *,
    product: str,
    evaluated: str = "",
    relaxations: Sequence[str] = (),
    redactor: Redactor,
    find_leak: Callable[[], str] | None = None,
    report: Progress = _unheard,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Measure one product. Raises BlockUnreachable only when nothing was answered at all."""
    began = clock()
    proof = draw_seed(wish.seed)
    report(f"the seed is drawn, SHA-256 {proof.commitment}", 0, 1)
    groups = choose_groups(block.descriptor, wish.level)
    wanted = [name for group in groups for name in group.operations]
    if wish.level == "all":
        wanted += [name for name in block.docs if name not in wanted]
    cases = make_cases(
        block.interface,
        list(dict.fromkeys(wanted)),
        wish.cases,
        derive(proof.seed, "cases").getrandbits(63),
        shown=f"blocks/{block.folder.name}/openapi.yaml",
        report=report,
    )
    chosen = [one for one in behaviours if _operations_of(one) & set(wanted)]
    planned = plan_plays(chosen, proof.seed, wish.known)
    traffic = _Traffic(block, client, redactor, cases, derive(proof.seed, "mix"), calls=count_calls(planned))
    played: list[Played] = []
    try:
        for number, one in enumerate(planned, 1):
            report("playing behaviours among generated requests", number, len(planned))
            played.append(play_one(one, traffic, redactor, clock=clock, sleep=sleep))
            traffic.give_up_when_down()
        report("sending the generated requests that are left", 0, 1)
        traffic.send_rest()
    except ProductDown:
        pass  # it stands among the findings, with the request that came before
    findings = [*traffic.findings(), *(finding for one in played for finding in find_faults(one))]
    for slug in {one.play.behaviour for one in played}:
        findings += find_disagreements([one for one in played if one.play.behaviour == slug])
    leak = find_leak() if find_leak else ""
    if leak:
        findings.append(_gave_away(leak))
    known_only = _honest_on_known_values_only(played)
    merged = merge_findings(findings)
    operations = _count(block, wanted, traffic, played, merged)
    requirements = judge_requirements(
        groups, {one.operation_id: one for one in operations}, merged, block.descriptor.out_of_reach
    )
    outcome, sentence = conclude(block.descriptor.name, requirements, merged, known_only)
    spec = block.descriptor.govstack
    return Report(
        block=block.slug,
        name=block.descriptor.name,
        specification=spec.specification if spec else "",
        version=spec.version if spec else "",
        product=product,
        evaluated=evaluated,
        relaxations=tuple(relaxations),
        log_was_searched=find_leak is not None,
        level=wish.level,
        started=began,
        finished=clock(),
        outcome=outcome,
        sentence=sentence,
        proof=proof,
        cases=traffic.sent,
        plays=tuple(
            one.play for one in sorted(played, key=lambda one: (one.play.behaviour, one.play.values))
        ),
        operations=operations,
        requirements=requirements,
        findings=merged,
        honest_on_known_values_only=known_only,
    )


def _gave_away(leak: str) -> Finding:
    return Finding(
        part=Part.SECRETS, check="log/keep-secrets", operation_id="", sentence=KEEPS_SECRETS, reason=leak
    )


def merge_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Tell one fault of one operation once, with how often it was seen; the first exchange stands for all."""
    counts = Counter(_key(one) for one in findings)
    firsts: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        firsts.setdefault(_key(one), one)
    order = {part: place for place, part in enumerate(Part)}
    merged = [one.model_copy(update={"times": counts[key]}) for key, one in firsts.items()]
    return tuple(
        sorted(merged, key=lambda one: (one.on_known_values, order[one.part], one.operation_id, one.check))
    )


def _key(finding: Finding) -> tuple[object, ...]:
    status = finding.call.status if finding.call and finding.part is Part.CONTRACT else 0
    return finding.part, finding.check, finding.operation_id, finding.on_known_values, status


class _Traffic:
    """The caller that behaviours are given: before each of their calls it sends some generated requests.

    Those after which earlier answers count no more go out when the last behaviour has been played.
    """

    def __init__(
        self,
        block: Block,
        client: DirectClient,
        redactor: Redactor,
        cases: Sequence[Prepared],
        rng: random.Random,
        *,
        calls: int,
    ) -> None:
        self._block = block
        self._client = client
        self._redactor = redactor
        unsettling = block.descriptor.unsettling
        late = [one for one in cases if one.operation.operation_id in unsettling]
        early = [one for one in cases if one.operation.operation_id not in unsettling]
        self._waiting = [*reversed(late), *reversed(early)]
        self._late = len(late)
        self._rng = rng
        self._before_each = len(early) / calls if calls else 0.0
        self._silences = 0
        self._judged: list[Judged] = []

    @property
    def sent(self) -> int:
        """How many generated requests went out."""
        return len(self._judged)

    @property
    def judged(self) -> Sequence[Judged]:
        """How each of them went."""
        return self._judged

    def call(self, request: Request) -> Answer:
        """Send some of the generated requests, then the behaviour's own."""
        wanted = self._rng.randint(0, round(2 * self._before_each))
        for _ in range(min(wanted, len(self._waiting) - self._late)):
            self._send_next()
        return self._client.call(request)

    def send_rest(self) -> None:
        """Send every generated request that is left."""
        while self._waiting:
            self._send_next()

    def give_up_when_down(self) -> None:
        """Raise ProductDown when the product doesn't answer any more."""
        if not still_there(self._client):
            raise ProductDown

    def findings(self) -> list[Finding]:
        """Give what the generated requests showed."""
        return [
            Finding(
                part=Part.CONTRACT,
                check=check,
                operation_id=one.operation.operation_id,
                sentence=one.operation.summary,
                reason=reason,
                call=one.call,
            )
            for one in self._judged
            for check, reason in one.faults
        ]

    def _send_next(self) -> None:
        if not self._waiting:
            return
        prepared = self._waiting.pop()
        tolerant = prepared.operation.operation_id in self._block.descriptor.tolerant
        judged = send(prepared, self._client, self._redactor, self._block.interface, tolerant=tolerant)
        if judged is None:
            return
        self._judged.append(judged)
        self._silences = 0 if judged.answered else self._silences + 1
        if self._silences >= SILENCES and not still_there(self._client):
            raise ProductDown


def _operations_of(compiled: CompiledScenario) -> set[str]:
    return {
        step.target.doc.operation_id
        for workflow in compiled.workflows.values()
        for step in workflow.steps
        if isinstance(step.target, OperationCall)
    }


def _honest_on_known_values_only(played: Sequence[Played]) -> tuple[str, ...]:
    right: dict[str, set[bool]] = {}
    for one in played:
        if one.play.outcome is Outcome.PASSED:
            right.setdefault(one.play.behaviour, set()).add(one.play.drawn)
    return tuple(sorted(slug for slug, drawn in right.items() if drawn == {False}))


def _count(
    block: Block,
    wanted: Sequence[str],
    traffic: _Traffic,
    played: Sequence[Played],
    findings: Sequence[Finding],
) -> tuple[Exercised, ...]:
    cases = Counter(one.operation.operation_id for one in traffic.judged if one.answered)
    accepted = Counter(one.operation.operation_id for one in traffic.judged if one.accepted)
    held = [
        step.call
        for one in played
        if one.play.drawn
        for step in one.steps
        if step.outcome is Outcome.PASSED and step.call
    ]
    steps = Counter(call.operation_id for call in held)
    accepted.update(call.operation_id for call in held if 200 <= call.status < 300)
    against = Counter(one.operation_id for one in findings if not one.on_known_values)
    return tuple(
        Exercised(
            operation_id=name,
            summary=block.docs[name].summary,
            cases=cases[name],
            accepted=accepted[name],
            steps=steps[name],
            findings=against[name],
            tolerant=block.descriptor.tolerant.get(name, ""),
        )
        for name in dict.fromkeys(wanted)
    )
