"""Scenarios written in a few lines of Python, and a block that answers as a test tells it to.

`scenario_of` takes workflows in Arazzo's own words, reads nothing from disk and checks
nothing, so that tests reach the runner with constructs the catalogue would refuse.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from sandbox.calls.client import MediatorClient
from sandbox.calls.redaction import Redactor
from sandbox.calls.wire import Reply
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.population import PopulationRef
from sandbox.model.run import Event, RunFinished, StepFinished, StepResult
from sandbox.model.scenario import (
    Action,
    Criterion,
    Document,
    FigureSpec,
    Findings,
    OperationRef,
    Parameter,
    Place,
    Replacement,
    RequestBody,
    Scenario,
    Source,
    Step,
    Workflow,
    WorkflowRef,
)
from sandbox.model.wiring import Operation
from sandbox.runner.compile import compile_scenario
from sandbox.runner.play import RunFacts, play

ROOT = Path("/content/scenarios/trial")
MEDIATOR = "http://mediator.test"
TOKEN = "token-of-this-sandbox"
OPERATIONS = {
    "echo": ("POST", "/echo"),
    "read": ("GET", "/things/{thingId}"),
    "list": ("GET", "/things"),
    "next": ("POST", "/next"),
}

Data = Mapping[str, Any]
Answering = Callable[[httpx2.Request], httpx2.Response]


def interface_of(slug: str, secret: tuple[str, ...] = ()) -> Interface:
    """A block with four operations; `secret` are pointers of `echo`."""
    return Interface(
        slug=slug,
        path=Path(f"/content/blocks/{slug}/openapi.yaml"),
        title=slug,
        operations={
            name: Operation(operation_id=name, method=method, path=path, summary=name, secret=secret)
            for name, (method, path) in OPERATIONS.items()
        },
        docs={
            name: OperationDoc(operation_id=name, method=method, path=path, summary=name, source="own")
            for name, (method, path) in OPERATIONS.items()
        },
        openapi={},
    )


INTERFACES = {"things": interface_of("things")}


def _criteria(entries: Any, place: Place) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(condition=one, kind="simple", context=None, place=place)
        if isinstance(one, str)
        else Criterion(condition=one["condition"], kind=one["type"], context=one.get("context"), place=place)
        for one in entries
    )


def _actions(entries: Any, place: Place) -> tuple[Action, ...]:
    return tuple(
        Action(
            name=one.get("name", one["type"]),
            kind=one["type"],
            step_id=one.get("stepId"),
            retry_after=one.get("retryAfter", 0.0),
            retry_limit=one.get("retryLimit", 1),
            criteria=_criteria(one.get("criteria", ()), place),
            place=place,
        )
        for one in entries
    )


def _target(data: Data) -> OperationRef | WorkflowRef:
    if "workflowId" in data:
        source, _, workflow_id = data["workflowId"].rpartition(".")
        return WorkflowRef(source=source or None, workflow_id=workflow_id)
    source, _, operation_id = data["operationId"].rpartition(".")
    return OperationRef(source=source or "things", operation_id=operation_id)


def _step(data: Data, place: Place) -> Step:
    body = data.get("requestBody")
    return Step(
        step_id=data["stepId"],
        sentence=data.get("description", f"It does {data['stepId']}."),
        target=_target(data),
        parameters=tuple(
            Parameter(name=one["name"], location=one.get("in"), value=one["value"], place=place)
            for one in data.get("parameters", ())
        ),
        body=RequestBody(
            content_type=body.get("contentType", "application/json"),
            payload=body["payload"],
            replacements=tuple(
                Replacement(target=one["target"], value=one["value"], place=place)
                for one in body.get("replacements", ())
            ),
            place=place,
        )
        if body is not None
        else None,
        criteria=_criteria(data.get("successCriteria", ()), place),
        outputs=data.get("outputs", {}),
        on_success=_actions(data.get("onSuccess", ()), place),
        on_failure=_actions(data.get("onFailure", ()), place),
        place=place,
    )


def _workflow(data: Data, path: str) -> Workflow:
    steps = [_step(one, Place(path, 10 * (index + 1))) for index, one in enumerate(data["steps"])]
    return Workflow(
        workflow_id=data["workflowId"],
        summary=data.get("summary", data["workflowId"]),
        inputs=data.get("inputs", {"type": "object", "properties": {}}),
        steps=tuple(steps),
        outputs=data.get("outputs", {}),
        place=Place(path, 1),
    )


def _document(name: str, workflows: list[Data], others: Mapping[str, Any]) -> Document:
    path = f"scenarios/trial/{name}.arazzo.yaml"
    things = Source(
        name="things",
        kind="openapi",
        path=Path("/content/blocks/things/openapi.yaml"),
        block="things",
        place=Place(path, 1),
    )
    sources = {
        other: Source(
            name=other, kind="arazzo", path=ROOT / f"{other}.arazzo.yaml", block=None, place=Place(path, 1)
        )
        for other in others
        if other != name
    }
    return Document(
        path=ROOT / f"{name}.arazzo.yaml",
        title="A trial",
        summary="Something is tried.",
        sources={"things": things, **sources},
        workflows={one["workflowId"]: _workflow(one, path) for one in workflows},
    )


def scenario_of(
    story: Data,
    *,
    others: Mapping[str, list[Data]] | None = None,
    policy: Data | None = None,
    passed: str = "It went well.",
    figures: tuple[FigureSpec, ...] = (),
) -> Scenario:
    """A scenario of one story and, by source name, further documents."""
    others = others or {}
    documents = [_document("scenario", [story], others)]
    documents += [_document(name, workflows, others) for name, workflows in others.items()]
    return Scenario(
        slug="trial",
        folder=ROOT,
        story=documents[0],
        documents={one.path: one for one in documents},
        blocks=("information-mediator", "things"),
        policy=policy or {},
        findings=Findings(passed=passed, figures=figures),
    )


def story_of(*steps: Data, **more: Any) -> Data:
    """A story's workflow of these steps."""
    return {"workflowId": "story", "steps": list(steps), **more}


def echo(step_id: str, payload: Any = None, **more: Any) -> Data:
    """A step that sends `payload` and gets it back."""
    return {"stepId": step_id, "operationId": "echo", "requestBody": {"payload": payload}, **more}


def answer_echo(request: httpx2.Request) -> httpx2.Response:
    """Answer with the body that came, or with an empty object."""
    return httpx2.Response(200, json=json.loads(request.content) if request.content else {})


class Stage:
    """Plays a scenario against a scripted block; keeps requests, events and naps."""

    def __init__(self, answering: Answering = answer_echo) -> None:
        self.answering = answering
        self.requests: list[httpx2.Request] = []
        self.events: list[Event] = []
        self.naps: list[float] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, timeout: float
    ) -> Reply:
        sent = httpx2.Request(method, MEDIATOR + target, headers=headers, content=content)
        self.requests.append(sent)
        answer = self.answering(sent)
        answer.headers.setdefault("X-Exchange-Id", f"x{len(self.requests)}")
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status_code, found, answer.content)

    def close(self) -> None:
        pass

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def play(self, scenario: Scenario, inputs: Data | None = None, **more: Any) -> RunFinished:
        client = MediatorClient(MEDIATOR, TOKEN, wire=self)
        interfaces = more.pop("interfaces", INTERFACES)
        listeners = more.pop("listeners", [])
        with client:
            return play(
                compile_scenario(scenario, interfaces),
                facts=RunFacts(
                    run="r1",
                    sandbox="s1",
                    runtime="local",
                    population=PopulationRef(),
                    population_digest="d",
                ),
                caller=more.pop("caller", client),
                listeners=[self.events.append, *listeners],
                inputs=inputs or {},
                redactor=more.pop("redactor", None) or Redactor([TOKEN]),
                clock=self.clock,
                sleep=self.naps.append,
                timer=lambda: 0.0,
                mediator_url=MEDIATOR,
                **more,
            )

    @property
    def bodies(self) -> list[Any]:
        """Bodies that reached the block, in order."""
        return [json.loads(one.content) if one.content else None for one in self.requests]

    @property
    def results(self) -> list[StepResult]:
        """Results of all steps, in the order in which they finished."""
        return [one.result for one in self.events if isinstance(one, StepFinished)]

    @property
    def order(self) -> list[str]:
        """Ids of the steps, in the order in which they finished."""
        return [one.step_id for one in self.results]
