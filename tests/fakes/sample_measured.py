"""A made-up challenge and a made-up measurement of a product, with everything that their pages can say."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.conformance.values import (
    Exercised,
    Finding,
    Met,
    Part,
    Play,
    Report,
    Requirement,
    SeedProof,
)
from sandbox.model.challenge import CHALLENGES, RESULTS, Book, ChallengeReport, FaultRow, Point, Trial
from sandbox.model.run import Call, Message, Outcome

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def sample_challenge(*, played: bool = True) -> ChallengeReport:
    """A challenge in which everything happened, or nothing."""
    trials = [
        Trial(
            point=Point(
                fault="drop",
                block="payments" if result != "lost" else "",
                operation="payBulk" if result != "lost" else "",
                step=7,
                sentence="The payroll is handed over.",
            ),
            result=result,
            said="the story passed",
            differences=("money: missing P2", "money: too many P3") if result == "lost" else (),
        )
        for result in RESULTS
    ]
    rows = [FaultRow(fault=CHALLENGES["drop"], trials=tuple(trials))] if played else []
    return ChallengeReport(
        run="20261127-180000-abcdef", scenario="cash-transfer", title="Cash transfer", runtime="local",
        machine="Linux x86_64", pack="zz", size=300, seed=1, population_digest="d" * 64, draw=1, started=NOW,
        finished=NOW, command="sandbox challenge cash-transfer", version="0.1.0",
        rows=(
            *rows,
            FaultRow(fault=CHALLENGES["callback-drop"], why="no message of a block crosses the mediator"),
            FaultRow(fault=CHALLENGES["instance-killed"]),
        ),
        books=(Book(name="money", entries=3),), interrupted=True,
    )  # fmt: skip


def sample_measurement(*, nothing: bool = False) -> Report:
    """A measurement with findings of every kind, or one that had nothing to look at."""
    call = Call(
        method="POST",
        url="http://127.0.0.1:9/batch",
        operation_id="postBatch",
        block="payments",
        request=Message(body={"text": "x" * 6_000}),
        status=500,
        response=Message(),
        milliseconds=12.5,
    )
    finding = Finding(
        part=Part.CONTRACT, check="not_a_server_error", operation_id="postBatch",
        sentence="hands over the payroll", reason="the answer was 500", times=3, call=call,
        place="blocks/payments/conformance/x.arazzo.yaml:41",
    )  # fmt: skip
    findings = (
        finding,
        finding.model_copy(update={"part": Part.BEHAVIOUR, "call": None, "times": 1}),
        finding.model_copy(update={"part": Part.AGREEMENT, "on_known_values": True}),
    )
    play = Play(
        behaviour="twice", title="Nobody is paid twice", values="known", outcome=Outcome.PASSED, steps=4
    )
    drawn = play.model_copy(
        update={"values": "drawn 1", "outcome": Outcome.FAILED, "failed_step": "pay", "reason": "it was 500"}
    )
    numbers = {Met.MET: "4.1", Met.NOT_MET: "", Met.NOT_TESTED: "4.3"}
    return Report(
        block="payments", name="Payments", specification="" if nothing else "GovStack payments",
        version="1.0", product="http://127.0.0.1:9", evaluated="" if nothing else "Acme Pay, as an image",
        relaxations=() if nothing else ("It may take 512 MiB of memory.",), level="required", started=NOW,
        finished=NOW, outcome=Outcome.PASSED if nothing else Outcome.FAILED,
        sentence="3 findings in 500 requests.",
        proof=SeedProof(commitment="ab" * 32, seed=7, salt="cd" * 8, given=nothing), cases=500,
        plays=() if nothing else (play, drawn),
        operations=() if nothing else (
            Exercised(operation_id="postBatch", summary="hands over the payroll", cases=9, tolerant="old"),
        ),
        requirements=() if nothing else tuple(
            Requirement(number=number, group="Batches", level="required", operations=(), verdict=met, why="")
            for met, number in numbers.items()
        ),
        findings=() if nothing else findings,
        honest_on_known_values_only=() if nothing else ("twice",),
    )  # fmt: skip
