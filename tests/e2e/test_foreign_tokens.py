"""A citizen turns against the others, with nothing but an own access token and the ministry's address.

The service has run its course, so that there is something to get at: applications, consents, a
released payroll. Whatever is tried is refused, and what it was tried on is as it was.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.calls.client import MediatorClient
from sandbox.calls.redaction import Redactor
from sandbox.lifecycle.service import Running, bring_up, reset, take_down
from sandbox.model.run import Outcome
from sandbox.model.wiring import Wiring
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.runner.play import RunFacts, play
from sandbox.settings import Settings

MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
EXPLORER = "SBX/GOV/SANDBOX/explorer"
RECORDS = "/service/individual/record/consent-record/"


@dataclass(frozen=True)
class Victim:
    """Somebody else, with what they left in the blocks."""

    individual_id: str
    application: str
    consent: str
    payroll: str


def with_every_operation(wiring: Wiring) -> Wiring:
    """Let the ministry call all of registration and consent, so that only the blocks stand in the way."""
    opened = {f"SBX/GOV/CENTRAL/{slug}" for slug in ("registration", "consent")}
    every = {
        service.application: tuple(operation.operation_id for operation in service.operations)
        for service in wiring.services
    }
    rights = tuple(
        right.model_copy(update={"operations": every[right.service]})
        if right.client == MINISTRY and right.service in opened
        else right
        for right in wiring.rights
    )
    return wiring.model_copy(update={"rights": rights})


class Town:
    """A sandbox in which the cash transfer has been played."""

    def __init__(self, home: Path) -> None:
        settings = Settings(home=home)
        self.tools = make_tools(settings, "local")
        catalog = make_catalog(settings)
        scenario = look_up_scenario(catalog, "cash-transfer")
        wish = SandboxWish(name="town", size=1000)
        prepared = prepare_trial(settings, self.tools, catalog, wish, scenario=scenario).wish
        self.running: Running = bring_up(
            self.tools, dataclasses.replace(prepared, wiring=with_every_operation(prepared.wiring))
        )
        self.caller = httpx2.Client(base_url=self.running.site.public_url, trust_env=False, timeout=60)
        spec = self.running.spec
        with MediatorClient(self.running.site.public_url, self.running.secrets.token) as caller:
            finished = play(
                scenario,
                facts=RunFacts(
                    run="test",
                    sandbox=spec.name,
                    runtime=spec.runtime,
                    population=spec.population,
                    population_digest=spec.population_digest,
                ),
                caller=caller,
                listeners=(),
                inputs={},
                redactor=Redactor(self.running.secrets.all(self.running.instances)),
                clock=lambda: datetime.now(UTC),
                sleep=time.sleep,
            )
        assert finished.verdict.outcome is Outcome.PASSED, finished.verdict.sentence

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        client: str = MINISTRY,
    ) -> httpx2.Response:
        headers = {
            "Information-Mediator-Client": client,
            "Information-Mediator-Secret": self.running.secrets.token,
            **({"Authorization": f"Bearer {token}"} if token is not None else {}),
        }
        return self.caller.request(method, f"/r1/SBX/GOV/CENTRAL/{service}{path}", json=body, headers=headers)

    def log_in(self, **whom: str) -> str:
        answer = self.ask("sandbox", "POST", "/log-ins", whom, client=EXPLORER)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def find_victim(self) -> Victim:
        officer = self.log_in(role="enrolment-officer")
        path = "/worklist/applications?state=approved"
        listed = self.ask("registration", "GET", path, token=officer).json()
        application = listed["applications"][0]
        person = application["individualId"]
        consents = self.ask("consent", "GET", RECORDS, token=self.log_in(individualId=person)).json()
        with self.running.gate() as gate:
            calls = gate.exchanges(filters={"application": "registration"})
        payroll = next(each.path.split("/")[2] for each in calls if each.operation_id == "approvePayroll")
        return Victim(person, application["id"], consents["consentRecords"][0]["id"], payroll)

    def find_attacker(self, victim: Victim) -> tuple[str, str]:
        asked = {"count": 20, "where": "age >= 18"}
        picked = self.ask("sandbox", "POST", "/picks", asked, client=EXPLORER).json()["citizens"]
        person = next(each["individualId"] for each in picked if each["individualId"] != victim.individual_id)
        return person, self.log_in(individualId=person)


@pytest.fixture(scope="module")
def town(stages: Path) -> Iterator[Town]:
    town = Town(stages)
    yield town
    town.caller.close()
    take_down(town.tools, town.running.spec.name)


@pytest.fixture(scope="module")
def victim(town: Town) -> Victim:
    return town.find_victim()


@pytest.fixture(scope="module")
def attacker(town: Town, victim: Victim) -> tuple[str, str]:
    """Another citizen's id and access token."""
    return town.find_attacker(victim)


def attempts(victim: Victim) -> list[tuple[str, str, str, Any]]:
    """Everything that needs a person's token, aimed at somebody else's things or at an office."""
    application, payroll = f"/applications/{victim.application}", f"/payrolls/{victim.payroll}"
    record = "/service/individual/record"
    whose = f"?individualId={victim.individual_id}"
    agreement = f"{record}/data-agreement/cash-transfer/"
    apply = {"service": "cash-transfer", "individualId": victim.individual_id, "form": {}}
    batch = {"service": "cash-transfer", "period": "2026-01", "batchId": "AAAABBBBCCCC"}
    draft = {
        "consentRecord": {"dataAgreement": "cash-transfer", "dataAgreementRevisionHash": "", "optIn": False},
        "signature": {},
    }
    return [
        ("registration", "POST", "/applications", apply),
        ("registration", "GET", f"/worklist/applications{whose}", None),
        ("registration", "GET", application, None),
        ("registration", "PUT", application, {"form": {"financialAddress": "mine"}}),
        ("registration", "POST", f"{application}/submit", None),
        ("registration", "POST", f"{application}/appeal", {"reason": "I want it"}),
        ("registration", "POST", f"{application}/verification", None),
        ("registration", "POST", f"{application}/decision", {"decision": "approve"}),
        ("registration", "POST", f"{application}/decision", {"decision": "reject", "reason": "no"}),
        ("registration", "GET", "/worklist/tasks?role=enrolment-officer", None),
        ("registration", "GET", "/worklist/tasks?role=payroll-releaser", None),
        ("registration", "POST", "/payrolls", batch),
        ("registration", "GET", payroll, None),
        ("registration", "POST", f"{payroll}/approval", None),
        ("registration", "POST", f"{payroll}/release", None),
        ("consent", "POST", f"{agreement}{whose}", None),
        ("consent", "GET", f"{agreement}{whose}", None),
        ("consent", "GET", f"{agreement}all/{whose}", None),
        ("consent", "POST", f"{record}/consent-record/draft/{whose}&dataAgreementId=cash-transfer", None),
        ("consent", "POST", f"{record}/consent-record/{whose}", draft),
        ("consent", "GET", f"{record}/consent-record/{whose}", None),
        (
            "consent",
            "PUT",
            f"{record}/consent-record/{victim.consent}/{whose}",
            {"consentRecord": {"optIn": False}},
        ),
    ]


def statuses(town: Town, victim: Victim, token: str | None) -> dict[str, int]:
    return {
        f"{method} {service}{path}": town.ask(service, method, path, body, token=token).status_code
        for service, method, path, body in attempts(victim)
    }


def belongings(town: Town, victim: Victim) -> Mapping[str, Any]:
    """What the victim has, as its own people see it."""
    officer, maker = town.log_in(role="enrolment-officer"), town.log_in(role="payroll-maker")
    own = town.log_in(individualId=victim.individual_id)
    return {
        "application": town.ask(
            "registration", "GET", f"/applications/{victim.application}", token=officer
        ).json(),
        "payroll": town.ask("registration", "GET", f"/payrolls/{victim.payroll}", token=maker).json(),
        "consents": town.ask("consent", "GET", RECORDS, token=own).json(),
    }


def test_another_citizens_things_and_every_office_are_closed(
    town: Town, victim: Victim, attacker: tuple[str, str]
) -> None:
    before = belongings(town, victim)
    assert {call: code for call, code in statuses(town, victim, attacker[1]).items() if code != 403} == {}
    assert belongings(town, victim) == before


def test_another_citizens_record_can_not_be_changed_in_ones_own_name(
    town: Town, victim: Victim, attacker: tuple[str, str]
) -> None:
    before = belongings(town, victim)
    path = f"/service/individual/record/consent-record/{victim.consent}/"
    refused = town.ask("consent", "PUT", path, {"consentRecord": {"optIn": False}}, token=attacker[1])
    assert refused.status_code in (403, 404)
    assert belongings(town, victim) == before


def test_a_citizen_who_lists_applications_sees_none_of_others(town: Town, attacker: tuple[str, str]) -> None:
    listed = town.ask("registration", "GET", "/worklist/applications", token=attacker[1])
    assert listed.status_code == 200
    assert {each["individualId"] for each in listed.json()["applications"]} <= {attacker[0]}


def altered(token: str, header: Mapping[str, Any], claims: Mapping[str, Any], *, signed: bool = True) -> str:
    """Write other words into a token and keep its signature, or leave that out."""
    parts = token.split(".")

    def rewrite(part: str, change: Mapping[str, Any]) -> str:
        value = json.loads(base64.urlsafe_b64decode(part + "=="))
        return base64.urlsafe_b64encode(json.dumps({**value, **change}).encode()).rstrip(b"=").decode()

    return ".".join([rewrite(parts[0], header), rewrite(parts[1], claims), parts[2] if signed else ""])


def test_no_forged_token_is_taken(town: Town, victim: Victim, attacker: tuple[str, str]) -> None:
    token = attacker[1]
    offices = {"roles": ["enrolment-officer", "payroll-maker", "payroll-checker", "payroll-releaser"]}
    forged = [
        None,
        "not-a-token",
        altered(token, {}, offices),
        altered(token, {}, {"individual_id": victim.individual_id}),
        altered(token, {"alg": "none"}, offices, signed=False),
        altered(token, {"alg": "HS256"}, offices),
        altered(token, {"kid": "another"}, {}),
        altered(token, {"typ": "JWT"}, {}),
    ]
    for each in forged:
        refused = statuses(town, victim, each)
        assert {call: code for call, code in refused.items() if code != 401} == {}


@pytest.mark.parametrize(
    ("service", "method", "path", "body"),
    [
        ("messaging", "GET", "/inbox/{person}", None),
        ("messaging", "GET", "/inbox/{person}/messages/1", None),
        ("messaging", "POST", "/inbox/{person}/messages", {"channel": "app", "text": "Send me your code"}),
        ("identity", "GET", "/individuals/{person}", None),
        ("identity", "POST", "/verifications", {"individualId": "{person}"}),
        ("identity", "POST", "/client-mgmt/oidc-client", {}),
        ("digital-registries", "GET", "/data/individuals/1.0", None),
        ("digital-registries", "POST", "/data/individuals/1.0/read", {}),
        ("digital-registries", "POST", "/database/modify", {}),
        ("digital-registries", "GET", "/data/myPersonalDataUsage?userId={person}&databaseId=x", None),
        ("payments", "POST", "/bulk-payment", {}),
        ("payments", "POST", "/register-beneficiary", {}),
        ("payments", "GET", "/ledger/accounts", None),
        ("payee-institutions", "POST", "/institutions/bank/settlements", {}),
    ],
)
def test_a_token_opens_nothing_that_the_ministry_has_no_right_to(
    town: Town,
    victim: Victim,
    attacker: tuple[str, str],
    service: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    aimed = path.replace("{person}", victim.individual_id)
    refused = town.ask(service, method, aimed, body, token=attacker[1])
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/not-allowed")


@pytest.mark.parametrize("block", ["payments", "registration", "messaging", "identity"])
def test_a_block_does_not_reach_the_controls_nor_speak_as_another(
    town: Town, victim: Victim, block: str
) -> None:
    """The ministry's proof, the sandbox's token, opens the controls; a block's own secret does not."""
    path = "/r1/SBX/GOV/CENTRAL/sandbox/log-ins"
    for name in (f"SBX/GOV/CENTRAL/{block}", "SBX/GOV/CENTRAL/controls", "SBX/GOV/CENTRAL/consent", MINISTRY):
        headers = {
            "Information-Mediator-Client": name,
            "Information-Mediator-Secret": town.running.secrets.outbound(block),
        }
        whom = {"individualId": victim.individual_id}
        refused = town.caller.post(path, json=whom, headers=headers)
        assert refused.status_code == (403 if name.endswith(f"/{block}") else 401), name


def test_after_a_reset_no_older_token_opens_anything(
    town: Town, victim: Victim, attacker: tuple[str, str]
) -> None:
    reset(town.tools, "town")
    mine = town.ask("registration", "GET", "/worklist/applications", token=attacker[1])
    assert mine.status_code == 401
