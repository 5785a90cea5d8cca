"""The block as the mediator sees it, among neighbours that hold facts and keep what they were told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from blockkit.standalone import Server
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.registration.app import create_app
from blocks.registration.seed import load

_towns = itertools.count(1)
CENTRAL = "/r1/SBX/GOV/CENTRAL"
NONE = "no record found"
REGISTRIES = (
    "individuals", "households", "beneficiaries", "household-registrations", "births", "producer-licences",
    "construction-permits", "companies", "parcels", "birth-notifications", "epr-obligations",
    "registered-products", "care-enrolments",
)  # fmt: skip
POOR = {
    "size": 5,
    "children_under_5": 1,
    "children_under_18": 3,
    "elderly": 0,
    "disabled": 0,
    "employed_adults": 1,
    "monthly_income": 100,
}


@dataclass
class Neighbourhood:
    """Identity, registries and payments in one: facts by person, and what registration wrote to them.

    `fail` makes the named operation break, `refuse` makes the mediator find no consent for it.
    """

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    households: dict[str, dict[str, Any]] = field(default_factory=dict)
    beneficiaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    payees: dict[str, dict[str, Any]] = field(default_factory=dict)
    validated: list[dict[str, Any]] = field(default_factory=list)
    paid: list[dict[str, Any]] = field(default_factory=list)
    fail: set[str] = field(default_factory=set)
    refuse: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)
    """The number of each request to register a payee."""
    registers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What was written to other registers than that of beneficiaries."""
    parcels: dict[str, dict[str, Any]] = field(default_factory=dict)
    notifications: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was published, by the key it was published under."""
    permits: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How a permit stands in its register now, by application."""
    licences: dict[str, dict[str, Any]] = field(default_factory=dict)
    companies: frozenset[str] = frozenset({"R-1"})
    """Numbers of companies called Bulbs, whoever asks as their director."""
    reports: list[dict[str, Any]] = field(default_factory=list)
    credentials: list[dict[str, Any]] = field(default_factory=list)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)

    def settle(self, person: str, **facts: int) -> None:
        """Let somebody live here, as head of a poor household unless facts say otherwise."""
        names = {
            "given_name": "Ada",
            "family_name": "Ash",
            "birth_date": "1980-01-31",
            "functional_id": f"{person:0>20}",
        }
        self.identities[person] = names
        self.answers[("POST", f"{CENTRAL}/messaging/inbox/{person}/messages")] = self
        self.people[person] = {
            "individualId": person,
            "birthDate": "1980-01-31",
            "alive": True,
            "householdId": f"HH-{person}",
        }
        self.parcels[f"P-{person}"] = {"parcelId": f"P-{person}", "ownerId": person}
        self.households[f"HH-{person}"] = {"individualId": person, **POOR, **facts}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one call through the mediator."""
        operation = request.url.path.removeprefix(CENTRAL)
        name = operation.rpartition("/")[2]
        self.asked.append(operation)
        if name in self.fail:
            return httpx2.Response(503, json={"type": "urn:x/away"})
        if name in self.refuse:
            return httpx2.Response(403, json={"type": "urn:civic-sandbox:problem/consent-missing"})
        if request.method == "GET":
            return httpx2.Response(200, json={"count": len(self.reports), "results": self.reports})
        body = json.loads(request.content)
        if "Idempotency-Key" in request.headers:
            assert self.events.setdefault(request.headers["Idempotency-Key"], body) == body
            return httpx2.Response(201, json={"id": "e1"})
        status, answer = getattr(self, "_" + name.replace("-", "_"))(operation, body)
        return httpx2.Response(status, json=answer)

    def _verifications(self, _: str, body: dict[str, Any]) -> tuple[int, Any]:
        known = self.identities.get(body["individualId"])
        wrong = [name for name, value in body["claims"].items() if known and known.get(name) != value]
        return 200, {"known": known is not None, "match": bool(known) and not wrong, "mismatches": wrong}

    def _read(self, operation: str, body: dict[str, Any]) -> tuple[int, Any]:
        query = body["query"]["content"]
        if "/parcels/" in operation or "/birth-notifications/" in operation:
            found = self.parcels.get(query.get("parcelId")) or self.notifications.get(
                query.get("notificationNumber")
            )
            return (200, {"content": found}) if found else (404, {"detail": NONE})
        if "/companies/" in operation:
            known = query["companyNumber"] in self.companies
            return (200, {"content": {**query, "companyName": "Bulbs"}}) if known else (404, {"detail": NONE})
        if "/producer-licences/" in operation:
            return 200, {"content": self.licences[query["applicationId"]]}
        if "/construction-permits/" in operation:
            return 200, {"content": self.permits[query["applicationId"]]}
        records = self.people if "/individuals/" in operation else self.households
        found = records.get(query.get("householdId", query["individualId"]))
        if found is None or found["individualId"] != query["individualId"]:
            return 404, {"detail": NONE}
        return 200, {"content": found}

    def _exists(self, operation: str, body: dict[str, Any]) -> tuple[int, Any]:
        query = body["query"]["content"]
        if "/individuals/" not in operation:
            register = self.registers.get(operation.split("/")[3], [])
            known = any(query.items() <= entry.items() for entry in register)
            return 200, {"answer": {"status": known}}
        person = self.people.get(query["individualId"], {})
        return 200, {"answer": {"status": person.get("alive") is query["alive"]}}

    def _updateOrCreate(self, operation: str, body: dict[str, Any]) -> tuple[int, Any]:
        written = body["write"]["content"]
        register = operation.split("/")[3]
        if register == "beneficiaries":
            self.beneficiaries[written["individualId"]] = written
        elif written not in self.registers.setdefault(register, []):
            self.registers[register].append(written)
        if register == "births":
            written = {"birthNumber": f"BR{self.registers[register].index(written) + 1}", **written}
        return 200, {"content": written}

    def _credentials(self, _: str, body: dict[str, Any]) -> tuple[int, Any]:
        if body not in self.credentials:
            self.credentials.append(body)
        return 201, {"id": f"urn:test:{body['requestId']}"}

    def _messages(self, operation: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.messages.append((operation.split("/")[3], body))
        return 201, {"id": "m1"}

    def _register_beneficiary(self, _: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.registered.append(body["RequestID"])
        for payee in body["Beneficiaries"]:
            if self.payees.setdefault(payee["PayeeFunctionalID"], payee) != payee:
                return 400, {"ResponseCode": "01", "ResponseDescription": "registered already"}
        return 200, {"ResponseCode": "00", "RequestID": body["RequestID"]}

    def _prepayment_validation(self, _: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.validated.append(body)
        return 200, {"ResponseCode": "00"}

    def _bulk_payment(self, _: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.paid.append(body)
        return 200, {"ResponseCode": "00"}


def answer_all(peers: PeersDouble) -> Neighbourhood:
    """Put a neighbourhood behind everything that registration calls."""
    around = Neighbourhood(answers=peers.answers)
    for path in (
        "/identity/verifications",
        "/identity/credentials",
        "/information-mediator/pub/v1/childRegistered",
        *(
            f"/digital-registries/data/{registry}/1.0/{operation}"
            for registry in REGISTRIES
            for operation in ("read", "exists", "updateOrCreate")
        ),
        *(f"/payments/{name}" for name in ("register-beneficiary", "prepayment-validation", "bulk-payment")),
    ):
        peers.answers[("POST", CENTRAL + path)] = around
    reports = "/digital-registries/data/collection-reports/1.0"
    peers.answers[("GET", CENTRAL + reports)] = around
    return around


@pytest.fixture
def neighbours(peers: PeersDouble) -> Neighbourhood:
    """Everybody registration talks to."""
    return answer_all(peers)


@pytest.fixture(scope="module")
def town(postgres: Server, loaded: Callable[..., str]) -> Iterator[Office]:
    """An office that the tests of a file share, each with people of its own: making one takes a while."""
    place, _, template = loaded(load).rpartition("/")
    name = f"town_{next(_towns)}"
    postgres.clone_database(name, template)
    peers = PeersDouble()
    around = answer_all(peers)
    with as_mediator(create_app(environment_for(f"{place}/{name}"), transport=peers.transport())) as client:
        yield Office(client, peers, around)
    postgres.drop_database(name)


@pytest.fixture
def database(make_database: Callable[..., str]) -> str:
    """The serving role's URL."""
    return make_database(load)


@pytest.fixture
def client(database: str, peers: PeersDouble, neighbours: Neighbourhood) -> Iterator[TestClient]:
    with as_mediator(create_app(environment_for(database), transport=peers.transport())) as client:
        yield client


@dataclass
class Office:
    """Acts as the people of the story: `citizen("ZZ1")`, `staff("enrolment-officer")`."""

    client: TestClient
    peers: PeersDouble
    neighbours: Neighbourhood

    def ask(self, token: str | None, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call an operation with somebody's token."""
        headers = {"Authorization": token} if token else {}
        return self.client.request(method, path, json=body, params=query, headers=headers)

    def citizen(self, person: str) -> str:
        """A citizen's own token."""
        return self.peers.token(person, "citizen")

    def staff(self, role: str, person: str | None = None) -> str:
        """An official's token."""
        return self.peers.token(person or f"STAFF-{role}", role)

    @property
    def officer(self) -> str:
        """The enrolment officer."""
        return self.staff("enrolment-officer")

    def form(self, person: str, **changed: Any) -> dict[str, Any]:
        """What a citizen fills in."""
        return {
            "givenName": "Ada",
            "familyName": "Ash",
            "birthDate": "1980-01-31",
            "payeeFunctionalId": f"{person:0>20}",
            "financialAddress": f"ZZBANK01/{person}",
            **changed,
        }

    def create(self, person: str, **changed: Any) -> Any:
        """Open a draft."""
        body = {"service": "cash-transfer", "individualId": person, "form": self.form(person, **changed)}
        return self.ask(self.citizen(person), "POST", "/applications", body)

    def open(self, service: str, person: str, form: Any, **documents: bytes) -> Any:
        """Open a draft of any service, with its documents."""
        self.neighbours.settle(person)
        token = self.citizen(person)
        body = {"service": service, "individualId": person, "form": form}
        application = self.ask(token, "POST", "/applications", body).json()["id"]
        for kind, content in documents.items():
            wanted = kind.replace("_", "-")
            url = self.upload(token, content, wanted).json()["url"]
            link = {"url": url, "kind": wanted}
            self.ask(token, "POST", f"/applications/{application}/documents", link)
        return application

    def upload(self, token: str | None, content: bytes, kind: str = "", name: str = "a.pdf") -> Any:
        """Upload a document."""
        return self.client.post(
            "/documents",
            params={"additionalMetadata": kind},
            files={"file": (name, content)},
            headers={"Authorization": token} if token else {},
        )

    def act(self, application: str, action: str, token: str | None = None, body: Any = None) -> Any:
        """Do something to an application, as the officer unless a token is given."""
        return self.ask(token or self.officer, "POST", f"/applications/{application}/{action}", body)

    def review(self, application: str, review: str, role: str, outcome: str = "passed") -> Any:
        """Note an opinion or an inspection, on a day that is agreed if one is needed."""
        path = f"/applications/{application}/reviews/{review}"
        self.ask(self.staff(role), "POST", f"{path}/visit", {})
        return self.ask(self.staff(role), "POST", path, {"outcome": outcome})

    def submitted(self, person: str, **facts: int) -> str:
        """Let a person live here and hand in an application."""
        self.neighbours.settle(person, **facts)
        application: str = self.create(person).json()["id"]
        assert self.act(application, "submit", self.citizen(person)).status_code == 200
        return application

    def verified(self, person: str, **facts: int) -> str:
        """Go on until the application is verified."""
        application = self.submitted(person, **facts)
        assert self.act(application, "verification").json()["state"] == "verified"
        return application

    def approved(self, person: str, **facts: int) -> str:
        """Go on until the application is approved."""
        application = self.verified(person, **facts)
        answer = self.act(application, "decision", body={"decision": "approve", "reason": ""})
        assert answer.json()["state"] == "approved", answer.text
        return application

    def prepare(self, batch: str = "BATCH0000001", period: str = "2026-01", token: str | None = None) -> Any:
        """Prepare a payroll, as the maker unless a token is given."""
        body = {"service": "cash-transfer", "period": period, "batchId": batch}
        return self.ask(token or self.staff("payroll-maker"), "POST", "/payrolls", body)

    def approve_payroll(self, batch: str = "BATCH0000001", token: str | None = None) -> Any:
        """Approve a payroll, as the checker unless a token is given."""
        return self.ask(token or self.staff("payroll-checker"), "POST", f"/payrolls/{batch}/approval")

    def release(self, batch: str = "BATCH0000001", token: str | None = None) -> Any:
        """Release a payroll, as the releaser unless a token is given."""
        return self.ask(token or self.staff("payroll-releaser"), "POST", f"/payrolls/{batch}/release")


@pytest.fixture
def office(client: TestClient, peers: PeersDouble, neighbours: Neighbourhood) -> Office:
    """The people of the story."""
    return Office(client, peers, neighbours)
