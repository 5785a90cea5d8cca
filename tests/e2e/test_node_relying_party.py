"""A certified relying party that we did not write logs somebody in through the mediator, as everywhere."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from sandbox.calls.gate import Gate
from sandbox.controls.browser import Form, first_form
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER, application_of
from tests.e2e.conftest import Stage
from tests.nodes import Packages, install

SCRIPT = Path(__file__).parents[1] / "node" / "openid-client" / "log-in.cjs"
CLIENT = "written-for-node"
REDIRECT = "http://service.invalid/back"


class RelyingParty:
    """The conversation with the script, a document a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._said: IO[str] = process.stdin
        self._heard: IO[str] = process.stdout

    def tell(self, **what: str) -> None:
        self._said.write(json.dumps(what) + "\n")
        self._said.flush()

    def hear(self) -> dict[str, Any]:
        line = self._heard.readline()
        if not line:
            pytest.fail(f"the relying party gave up: {self._process.communicate()[1]}")
        told: dict[str, Any] = json.loads(line)
        return told


@pytest.fixture(scope="session")
def openid_client() -> Packages:
    """Asked for before the stage: without it there is nothing to bring a sandbox up for."""
    return install("openid-client")


@contextmanager
def talking(packages: Packages) -> Iterator[RelyingParty]:
    with subprocess.Popen(
        [packages.node, str(SCRIPT)],
        env=packages.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield RelyingParty(process)
        finally:
            process.kill()


@pytest.fixture
def gate(stage: Stage) -> Iterator[Gate]:
    """What the sandbox itself may do: register a client, and read a person's inbox."""
    running = stage.running
    with Gate(running.site.public_url, running.secrets.outbound("controls")) as gate:
        yield gate


def register(gate: Gate, key: Mapping[str, str]) -> None:
    request = {
        "clientId": CLIENT,
        "clientName": "A service written for Node",
        "relyingPartyId": CLIENT,
        "logoUri": "http://service.invalid/logo.svg",
        "redirectUris": [REDIRECT],
        "authContextRefs": ["idbb:acr:generated-code"],
        "publicKey": key,
        "userClaims": ["name", "birthdate"],
        "grantTypes": ["authorization_code"],
        "clientAuthMethods": ["private_key_jwt"],
    }
    answer = gate.call(
        application_of("identity"),
        "POST",
        "/client-mgmt/oidc-client",
        client=CONTROLS_SERVICE,
        json={"requestTime": "2026-01-01T00:00:00Z", "request": request},
    )
    assert answer.json()["errors"] == [], answer.text


def read_code(gate: Gate, person: str) -> str:
    answer = gate.call(application_of("messaging"), "GET", f"/inbox/{person}", client=CONTROLS_SERVICE)
    found = re.search(r"\b\d{6}\b", answer.json()["messages"][-1]["text"])
    assert found is not None
    return found.group()


def log_in(gate: Gate, url: str, person: str) -> str:
    """Fill in the pages as a person would, and give where the browser is sent back to."""
    with httpx2.Client(trust_env=False) as browser:
        page = submit(browser, browser.get(url), individual_id=person)
        return submit(browser, page, otp=read_code(gate, person)).headers["location"]


def submit(browser: httpx2.Client, page: httpx2.Response, **fields: str) -> httpx2.Response:
    form = first_form(page.text, str(page.url))
    assert isinstance(form, Form), page.text
    return browser.post(form.action, data={**form.fields, **fields})


def pick(stage: Stage) -> str:
    with stage.running.gate() as gate:
        picked = gate.call(CONTROLS_SERVICE, "POST", "/picks", client=EXPLORER, json={"count": 1})
    return str(picked.json()["citizens"][0]["individualId"])


def test_openid_client_logs_somebody_in(openid_client: Packages, stage: Stage, gate: Gate) -> None:
    person = pick(stage)
    issuer = f"{stage.running.site.public_url}/public/identity"
    with talking(openid_client) as party:
        register(gate, party.hear()["publicKey"])
        party.tell(issuer=issuer, clientId=CLIENT, redirectUri=REDIRECT)
        party.tell(location=log_in(gate, party.hear()["url"], person))
        learnt = party.hear()
    claims, userinfo = learnt["claims"], learnt["userinfo"]
    assert (claims["iss"], claims["aud"]) == (issuer, CLIENT)
    assert claims["sub"] == userinfo["sub"] != person
    assert userinfo["name"]
    assert learnt["replayed"] == "invalid_grant"
