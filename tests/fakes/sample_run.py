"""A made-up run of a cash transfer, as the runner and the mediator would hand it over.

Twenty households, two payment cycles, three mismatches, one withdrawn consent, one closed account,
one death. The numbers are consistent with each other, so figures can be counted again by tests.
"""

from __future__ import annotations

from sandbox.model.population import PopulationRef
from sandbox.model.run import (
    Exchange,
    Figure,
    Outcome,
    RunFinished,
    RunStarted,
    StepFinished,
    Verdict,
    WorkflowFinished,
    WorkflowStarted,
)
from tests.fakes.sample_play import RIGHT, START, Play


def _visit(play: Play, household: int) -> None:
    person = f"9198{household:012d}"
    about = {"individual": person, **RIGHT}
    play.step(
        "next-household",
        "The next household is visited.",
        block="sandbox",
        kind="control",
        operation_id="nextCitizen",
        summary="hands over the next citizen",
        request={},
        status=200,
        response={"citizen": {"individualId": person, "householdId": f"HH-{household:09d}"}, "more": True},
    )
    begun = play.begin("visit-household", "The household is visited and asked.")
    path = begun[1]
    outer = play.path
    play.path = (*path, "journey")
    play.events.append(WorkflowStarted(path=path, workflow_id="journey", summary="One household"))
    was_failed = play.failed
    play.step(
        "ask-consent",
        "The household is asked for consent.",
        block="consent",
        operation_id="createRecord",
        summary="records the consent",
        status=201,
        wanted=201,
        purpose="asking for consent",
        **about,
        request={"individualId": person, "dataAgreementId": "cash-transfer"},
        response={"consentRecord": {"id": f"c-{household}", "optIn": household != 13}},
    )
    if household == 13:
        play.step(
            "registry-refuses",
            "Without consent the mediator refuses to show the household.",
            block="digital-registries",
            operation_id="readHousehold",
            summary="reads the household",
            status=403,
            wanted=403,
            refused="consent-missing",
            purpose="verification",
            request=None,
            response={"type": "/not-allowed", "title": "consent missing"},
            **about,
        )
    else:
        play.step(
            "verify-identity",
            "The person is who they say they are.",
            block="identity",
            operation_id="verifyIndividual",
            summary="verifies the person",
            purpose="verification",
            fields=("response/givenName", "response/familyName", "response/birthDate"),
            **about,
            request={"individualId": person},
            response={"verified": household not in (4, 9, 17), "givenName": "Amina", "familyName": "Teso"},
        )
        play.step(
            "read-household",
            "The household is as it says.",
            block="digital-registries",
            operation_id="readHousehold",
            summary="reads the household",
            purpose="verification",
            fields=("response/household/size", "response/household/disabled", "response/household/address"),
            consent="cash-transfer",
            request=None,
            method="GET",
            **about,
            response={"household": {"size": 5, "disabled": 1, "address": "House 12, Lower Settlement"}},
        )
        play.step(
            "apply",
            "The application is filed and scored.",
            block="registration",
            status=201,
            wanted=201,
            operation_id="submitApplication",
            summary="files the application",
            purpose="eligibility",
            fields=("request/individualId", "request/monthlyIncome"),
            **about,
            request={"individualId": person, "monthlyIncome": 41000},
            response={"score": 0.31, "state": "submitted"},
        )
        if household in (4, 9, 17):
            play.step(
                "reject-mismatch",
                "The mismatch is found and the application refused.",
                block="registration",
                operation_id="decide",
                summary="decides the application",
                purpose="eligibility",
                request={"decision": "rejected", "reason": "mismatch"},
                response={"state": "rejected"},
                **about,
            )
        else:
            play.step(
                "enrol-payee",
                "The household's account is registered for payment.",
                block="payments",
                operation_id="registerBeneficiary",
                summary="registers the payee",
                status=202,
                wanted=202,
                purpose="payment",
                correlation=f"REQ{household:09d}",
                fields=("request/account",),
                request={"RequestID": f"REQ{household:09d}"},
                response={"ResponseCode": "00"},
                **about,
            )
    outcome = Outcome.FAILED if play.failed and not was_failed else Outcome.PASSED
    play.events.append(WorkflowFinished(path=path, workflow_id="journey", outcome=outcome))
    play.path = outer
    reason = "a step inside failed" if outcome is Outcome.FAILED else ""
    play.finish("visit-household", "The household is visited and asked.", *begun, outcome, reason=reason)


def _pay(play: Play, cycle: int, payees: int, rejected: int) -> None:
    batch = f"BATCH{cycle:07d}"
    begun = play.begin(f"pay-cycle-{cycle}", f"Cycle {cycle} is approved, paid and reconciled.")
    outer = play.path
    play.path = (*begun[1], "payroll")
    for role in ("maker", "checker", "releaser"):
        play.step(
            f"{role}-signs",
            f"The {role} signs; three people act.",
            block="registration",
            operation_id="signPayroll",
            summary="signs the payroll",
            request={"role": role},
            response={"count": payees, "sum": payees * 50000},
            purpose="payment",
            **RIGHT,
        )
    play.step(
        "hand-over",
        "The payroll is handed over.",
        block="payments",
        operation_id="postBatch",
        summary="hands over the payroll",
        status=202,
        wanted=202,
        correlation=batch,
        milliseconds=68.2,
        purpose="payment",
        request={"BatchID": batch, "CreditInstructions": [{"Amount": 50000}] * payees},
        response={"ResponseCode": "00", "ResponseDescription": "accepted"},
        **RIGHT,
    )
    for payee in range(payees):
        play.exchange(
            client="SBX/GOV/CENTRAL/payments",
            block="payee-institutions",
            operation_id="credit",
            summary="credits the account",
            individual=f"9198{payee:012d}",
            purpose="payment",
            status=422 if payee == 6 and rejected else 200,
            fields=("request/account", "request/name"),
            **RIGHT,
        )
    play.exchange(
        client="SBX/GOV/CENTRAL/payments",
        service="",
        block="information-mediator",
        kind="callback",
        summary="reports the batch's result",
        correlation=batch,
        path="/callbacks/batch",
        status=202,
    )
    play.step(
        "await-result",
        "Every payee's result is in.",
        block="sandbox",
        kind="control",
        operation_id="awaitMessage",
        summary="waits for the message",
        request=None,
        response={"kind": "batch", "correlationId": batch},
    )
    play.step(
        "read-ledger",
        "The banks' credits equal the approved payroll.",
        block="payee-institutions",
        method="GET",
        operation_id="listCredits",
        summary="reads the credits",
        request=None,
        purpose="reconciliation",
        response={"count": payees - rejected, "sum": (payees - rejected) * 50000},
        **RIGHT,
    )
    play.path = outer
    play.finish(
        f"pay-cycle-{cycle}", f"Cycle {cycle} is approved, paid and reconciled.", *begun, Outcome.PASSED
    )


def _figures(play: Play) -> tuple[Figure, ...]:
    credits = [one for one in play.exchanges if one.operation_id == "credit" and one.status == 200]
    consents = [one for one in play.exchanges if one.operation_id == "createRecord"]
    refused = [one for one in play.exchanges if one.operation_id == "decide"]

    def ids(found: list[Exchange]) -> tuple[str, ...]:
        return tuple(one.id for one in found)

    return (
        Figure(name="asked", label="Households asked", value=len(consents), exchanges=ids(consents)),
        Figure(
            name="paid", label="Money paid", value=50000 * len(credits), unit="RWF", exchanges=ids(credits)
        ),
        Figure(name="mismatches", label="Mismatches found", value=len(refused), exchanges=ids(refused)),
    )


def play_run(*, fault_at: str = "", households: int = 20) -> Play:
    """Play it; with `fault_at`, that step fails the fifth time and the run ends there."""
    play = Play(fault_at=fault_at)
    population = PopulationRef(pack="rw", size=1000, seed=7)
    play.events.append(
        RunStarted(
            run="20261123T104107-7f3a",
            scenario="cash-transfer",
            title="Unconditional social cash transfer",
            summary="Twenty poor households are visited, asked, verified and enrolled, and paid twice, "
            "a month apart. Three hold wrong data, one says no, one account is closed and one person dies.",
            sandbox="usct-7f3a",
            runtime="local",
            population=population,
            population_digest="sha256:" + "9b" * 32,
            started=START,
            inputs={"households": households, "token": "[redacted]"},
        )
    )
    play.events.append(WorkflowStarted(path=(), workflow_id="cash-transfer", summary="The whole story"))
    play.path = ("cash-transfer",)
    play.step(
        "officer-logs-in",
        "The enrolment officer logs in.",
        block="sandbox",
        kind="control",
        operation_id="logIn",
        summary="logs the officer in",
        status=201,
        wanted=201,
        request={"role": "enrolment-officer"},
        response={"access_token": "[redacted]", "token_type": "Bearer", "expires_in": 900},
    )
    play.exchange(
        kind="public",
        client="",
        block="identity",
        operation_id="token",
        summary="gives a token",
        method="POST",
        path="/token",
    )
    for household in range(1, households + 1):
        _visit(play, household)
        if play.failed:
            break
    if not play.failed:
        _pay(play, 1, 16, 1)
        play.today = "2026-08-01"
        play.step(
            "a-month-passes",
            "A month passes.",
            block="sandbox",
            kind="control",
            operation_id="advanceClock",
            summary="moves the clock",
            request={"days": 31},
            response={"today": play.today},
        )
        _pay(play, 2, 15, 0)
    play.path = ()
    counts: dict[str, int] = {}
    for event in play.events:
        if isinstance(event, StepFinished):
            counts[event.result.outcome] = counts.get(event.result.outcome, 0) + 1
    sentence = (
        "The sixth household could not be enrolled: registering the payee was answered with 500."
        if play.failed
        else "16 of 20 households were paid, 15 of them twice, a month apart, 1,500,000 RWF in all. Nobody "
        "was paid twice in one month; one household is waiting for a new account."
    )
    outcome = Outcome.FAILED if play.failed else Outcome.PASSED
    verdict = Verdict(outcome=outcome, sentence=sentence, figures=_figures(play), steps=counts)
    play.events.append(WorkflowFinished(path=(), workflow_id="cash-transfer", outcome=outcome))
    play.events.append(RunFinished(run="20261123T104107-7f3a", finished=play.now, verdict=verdict))
    return play
