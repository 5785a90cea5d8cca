"""Products that only look right are rejected, with the step named; one that is right is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from sandbox.calls.direct import DirectClient
from sandbox.calls.redaction import Redactor
from sandbox.catalog.behaviours import read_behaviours
from sandbox.catalog.blocks import Block
from sandbox.catalog.catalog import open_catalog
from sandbox.conformance.measure import Wish, measure
from sandbox.conformance.report import render_page, write_junit
from sandbox.conformance.values import Part, Report
from sandbox.model.run import Outcome
from sandbox.runner.compile import compile_scenario
from sandbox.runner.compiled import CompiledScenario
from sandbox.settings import CONTENT_ROOT
from tests.fakes.serving import serving
from tests.fakes.standing_block import make_app

BEHAVIOURS_ALONE = Wish(cases=0)
KNOWN = ("agreement-000000000001", "ZZ0000000017", "policy-000000000001", "nobody-000000000001")


@pytest.fixture(scope="module")
def consent() -> Block:
    return open_catalog(CONTENT_ROOT).block("consent")


@pytest.fixture(scope="module")
def behaviours(consent: Block) -> list[CompiledScenario]:
    catalog = open_catalog(CONTENT_ROOT)
    return [
        compile_scenario(one, {"consent": consent.interface}, check_answers=False)
        for one in read_behaviours(catalog, consent)
    ]


@pytest.fixture
def honest(make_database: Callable[..., str]) -> Iterator[httpx2.BaseTransport]:
    """What the reference block answers."""
    with serving(make_app("consent", make_database)) as address, httpx2.Client(base_url=address) as client:
        yield Forward(client)


class Forward(httpx2.BaseTransport):
    """Hands every request to a running block."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._client.request(
            request.method, request.url.raw_path.decode(), content=request.read(), headers=request.headers
        )
        return streamed(answer.status_code, answer.content)


def streamed(status: int, content: bytes) -> httpx2.Response:
    """An answer as the network gives it: not read yet."""
    headers = {"content-type": "application/json"}
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content))


@dataclass
class LookUp(httpx2.BaseTransport):
    """Records what the honest block answers; asked later, gives what it recorded for the nearest request."""

    honest: httpx2.BaseTransport
    recording: bool = True
    answers: dict[tuple[str, str, bytes], tuple[int, bytes]] = field(default_factory=dict)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        key = (request.method, request.url.raw_path.decode(), request.read())
        if self.recording:
            answer = self.honest.handle_request(request)
            self.answers[key] = (answer.status_code, answer.read())
            return streamed(*self.answers[key])
        if key in self.answers:
            return streamed(*self.answers[key])

        def likeness(other: tuple[str, str, bytes]) -> tuple[bool, bool, int]:
            shape = key[1].count("/") == other[1].count("/")
            return key[0] == other[0], shape, len(set(key[1].split("/")) & set(other[1].split("/")))

        return streamed(*self.answers[max(self.answers, key=likeness)])


@dataclass
class HonestOnFixtures(httpx2.BaseTransport):
    """Does what is asked when it is about what everybody knows; else says yes to everything."""

    honest: httpx2.BaseTransport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        said = request.url.raw_path + request.read()
        known = any(value.encode() in said for value in KNOWN) or b"/consent-record" in request.url.raw_path
        if known and b"agreement-" not in said.replace(KNOWN[0].encode(), b""):
            return self.honest.handle_request(request)
        sent = json.loads(request.content) if request.content else {}
        return streamed(200, json.dumps({**sent, "revision": {"id": "r1"}, "consentRecords": []}).encode())


def judge(
    block: Block, behaviours: list[CompiledScenario], product: httpx2.BaseTransport, wish: Wish
) -> Report:
    with DirectClient("http://product.test", transport=product) as client:
        return measure(
            block,
            behaviours,
            client,
            wish,
            product="http://product.test",
            redactor=Redactor(),
            sleep=no_sleep,
        )


def no_sleep(_: float) -> None:
    raise AssertionError("no behaviour waits")


def test_the_reference_block_shows_every_behaviour(
    consent: Block, behaviours: list[CompiledScenario], honest: httpx2.BaseTransport
) -> None:
    report = judge(consent, behaviours, honest, BEHAVIOURS_ALONE)
    assert [one.reason for one in report.findings] == []
    assert {one.values for one in report.plays} == {"known", "drawn 1", "drawn 2", "drawn 3"}
    assert all(one.outcome is Outcome.PASSED for one in report.plays)


def test_a_mock_that_looks_answers_up_is_rejected_with_the_step_named(
    consent: Block, behaviours: list[CompiledScenario], honest: httpx2.BaseTransport
) -> None:
    product = LookUp(honest)
    judge(consent, behaviours, product, BEHAVIOURS_ALONE)
    assert len(product.answers) > 30
    product.recording = False
    report = judge(consent, behaviours, product, BEHAVIOURS_ALONE)
    assert report.outcome is Outcome.FAILED
    counted = {one.check for one in report.findings if not one.on_known_values}
    assert {"withdrawal/enter-the-agreement", "replays/enter-the-policy"} <= counted
    assert all(one.outcome is Outcome.FAILED for one in report.plays if one.drawn)


def test_a_product_that_is_honest_on_fixtures_alone_is_rejected_with_the_step_named(
    consent: Block, behaviours: list[CompiledScenario], honest: httpx2.BaseTransport
) -> None:
    report = judge(consent, behaviours, HonestOnFixtures(honest), BEHAVIOURS_ALONE)
    assert report.outcome is Outcome.FAILED
    assert "replays" in report.honest_on_known_values_only
    assert "what it was prepared for" in report.sentence
    (finding,) = [one for one in report.findings if one.check.startswith("replays/")]
    assert (finding.part, finding.check) == (Part.BEHAVIOUR, "replays/enter-other-content")
    assert finding.place.startswith("blocks/consent/conformance/replays.arazzo.yaml:")
    assert finding.call is not None
    assert [
        one.values for one in report.plays if one.behaviour == "replays" and one.outcome is Outcome.PASSED
    ] == ["known"]


def test_results_with_known_values_never_make_a_requirement_met(
    consent: Block, behaviours: list[CompiledScenario], honest: httpx2.BaseTransport
) -> None:
    report = judge(consent, behaviours, HonestOnFixtures(honest), BEHAVIOURS_ALONE)
    assert [one.verdict.value for one in report.requirements].count("met") == 0


def test_a_product_that_treats_some_people_differently_is_rejected(
    consent: Block, behaviours: list[CompiledScenario], honest: httpx2.BaseTransport
) -> None:
    """It holds every criterion, but shows an office's note about people whose id ends in an even digit."""

    def partial(request: httpx2.Request) -> httpx2.Response:
        answer = honest.handle_request(request)
        body: Any = json.loads(answer.read())
        person = request.url.params.get("individualId", "")
        if person and person[-1] in "02468":
            body["watched"] = True
        return streamed(answer.status_code, json.dumps(body).encode())

    wish = Wish(cases=0, seed=SEED_WITH_ODD_AND_EVEN)
    report = judge(consent, behaviours, httpx2.MockTransport(partial), wish)
    assert {finding.part for finding in report.findings} == {Part.AGREEMENT}
    assert "withdrawal/agree" in {finding.check for finding in report.findings}
    assert all("/watched" in finding.reason for finding in report.findings)


SEED_WITH_ODD_AND_EVEN = 7


def test_a_product_whose_log_holds_a_secret_is_rejected_with_the_step_named(consent: Block) -> None:
    with DirectClient(
        "http://product.test", transport=httpx2.MockTransport(lambda _: streamed(404, b"{}"))
    ) as client:
        report = measure(
            consent,
            [],
            client,
            BEHAVIOURS_ALONE,
            product="http://product.test",
            redactor=Redactor(),
            find_leak=lambda: "the log of Acme (consent) holds a secret that it was told",
        )
    assert report.outcome is Outcome.FAILED
    assert [(one.part, one.check) for one in report.findings] == [(Part.SECRETS, "log/keep-secrets")]
    assert (
        "step “The product keeps the sandbox's secrets to itself” failed, the log of Acme" in report.sentence
    )
    assert b'name="secrets" tests="1" failures="1"' in write_junit(report)
    assert "What it logged was searched" in render_page(report.model_copy(update={"evaluated": "Acme"}), {})
