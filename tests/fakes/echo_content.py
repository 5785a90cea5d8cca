"""A content root whose one block echoes, documents for it in Arazzo's own words, and the echo itself.

The documents are read, compiled and played as anybody's are; what reached the wire is kept.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.calls.client import MediatorClient
from sandbox.calls.redaction import Redactor
from sandbox.catalog.catalog import Catalog, open_catalog
from sandbox.errors import ContentError
from sandbox.model.population import PopulationRef
from sandbox.model.run import Event, RunFinished, StepFinished, StepResult
from sandbox.model.scenario import Scenario
from sandbox.runner.compile import check_scenario, compile_scenario
from sandbox.runner.play import RunFacts, play

ANY = {"content": {"application/json": {"schema": {}}}, "description": "It."}
NOTHING = {"description": "Nothing."}
ANY_BODY = {"content": {kind: {} for kind in ("application/json", "application/x-www-form-urlencoded")}}


def _operation(name: str, responses: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": name, "summary": name, "x-source": "own", "responses": responses, **more}


def _path_parameter(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {}}]


_COUNTED = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"$ref": "#/components/schemas/Count"}},
}
THINGS = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "components": {"schemas": {"Count": {"type": "integer"}}},
    "paths": {
        "/echo": {
            "post": _operation("echo", {"200": ANY}, requestBody=ANY_BODY),
            "get": _operation("look", {"200": ANY}),
        },
        "/status/{code}": {
            "parameters": _path_parameter("code"),
            "get": _operation("answer", {"200": ANY, "404": NOTHING, "5XX": NOTHING}),
        },
        "/counted": {
            "post": _operation(
                "counted",
                {"200": {"description": "It.", "content": {"application/json": {"schema": _COUNTED}}}},
                requestBody=ANY_BODY,
            )
        },
        "/flaky": {"post": _operation("flaky", {"200": ANY, "503": NOTHING}, requestBody=ANY_BODY)},
        "/slow": {"get": _operation("slow", {"200": ANY})},
    },
}
OTHERS = {
    "openapi": "3.1.0",
    "info": {"title": "Others", "version": "1"},
    "paths": {"/ping": {"get": _operation("ping", {"200": ANY})}},
}
EMPTY = {"openapi": "3.1.0", "info": {"title": "None", "version": "1"}, "paths": {}}
OK = [{"condition": "$statusCode == 200"}]
SOURCES = [{"name": "things", "type": "openapi", "url": "../../blocks/things/openapi.yaml"}]
OTHER_SOURCE = {"name": "others", "type": "openapi", "url": "../../blocks/others/openapi.yaml"}
Document = dict[str, Any]


def operation(step_id: str, name: str, **more: Any) -> dict[str, Any]:
    """A step that calls an operation of the echo."""
    return {
        "stepId": step_id,
        "operationId": f"$sourceDescriptions.things.{name}",
        "successCriteria": OK,
        **more,
    }


def send(step_id: str, payload: Any, **more: Any) -> dict[str, Any]:
    """A step that sends `payload` and gets it back as the answer's body."""
    body = {"contentType": "application/json", "payload": payload}
    return operation(step_id, "echo", requestBody=body, **more)


def story(
    steps: Sequence[Mapping[str, Any]],
    *,
    version: str = "1.0.1",
    sources: Sequence[Mapping[str, Any]] = (),
    workflows: Sequence[Mapping[str, Any]] = (),
    components: Mapping[str, Any] | None = None,
    **more: Any,
) -> Document:
    """A document whose first workflow has these steps."""
    document: Document = {
        "arazzo": version,
        "info": {"title": "A trial", "version": "1"},
        "sourceDescriptions": [*SOURCES, *sources],
        "workflows": [{"workflowId": "story", "steps": list(steps), **more}, *workflows],
    }
    return document if components is None else {**document, "components": components}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One request as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any


class Echo(ThreadingHTTPServer):
    """Answers with the body that came; keeps every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.heard: list[Heard] = []
        self.rounds = itertools.count(1)
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answering(BaseHTTPRequestHandler):
    server: Echo
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        media = self.headers.get("Content-Type", "")
        body: Any = content.decode()
        if media == "application/json" and content:
            body = json.loads(content)
        path = address.path.removeprefix("/r1/SBX/GOV/CENTRAL")
        heard = Heard(
            method=self.command,
            path=path,
            query=parse_qs(address.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        self.server.heard.append(heard)
        self._answer(path, body)

    do_POST = do_GET  # noqa: N815  (the name is http.server's)

    def _answer(self, path: str, body: Any) -> None:
        if path.startswith("/things/status/"):
            self._send(int(path.rpartition("/")[2]), {"ok": True})
        elif path == "/things/flaky" and next(self.server.rounds) <= body["fails"]:
            self._send(503, {"n": 0}, {"Retry-After": body["after"]} if "after" in body else {})
        elif path == "/things/slow":
            self.server.released.wait(10)
            self._send(200, {})
        else:
            self._send(200, body)

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Echo", "forty-two")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextmanager
def serving_echo() -> Iterator[Echo]:
    """Serve on the loopback until the end of the block."""
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()


@dataclass(slots=True)
class EchoPlay:
    """How a document went, and what reached the wire."""

    finished: RunFinished
    events: list[Event]
    heard: list[Heard]
    naps: list[float]

    @property
    def results(self) -> list[StepResult]:
        return [one.result for one in self.events if isinstance(one, StepFinished)]

    @property
    def order(self) -> list[str]:
        return [one.step_id for one in self.results]

    @property
    def bodies(self) -> list[Any]:
        return [one.body for one in self.heard]

    @property
    def passed(self) -> bool:
        return self.finished.verdict.outcome.value == "passed"


@dataclass(slots=True)
class EchoContent:
    """The content root; each document that is read becomes a scenario of its own."""

    root: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        for slug, contract in (("things", THINGS), ("others", OTHERS), ("information_mediator", EMPTY)):
            name = slug.replace("_", "-")
            self._write(
                f"blocks/{slug}/block.yaml",
                {"name": name, "slug": name, "summary": name, "module": f"blocks.{slug}"},
            )
            self._write(f"blocks/{slug}/openapi.yaml", contract)
        self._write("sandbox/controls/openapi.yaml", EMPTY)

    def _write(self, name: str, content: Any) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    def write(self, document: Any, others: Mapping[str, Any] | None = None) -> tuple[Catalog, str]:
        """Write a story and further documents by file name; gives the catalogue and the new slug."""
        slug = f"trial-{next(self.numbers)}"
        for name, content in {"scenario.arazzo.yaml": document, **(others or {})}.items():
            self._write(f"scenarios/{slug}/{name}", content)
        return open_catalog(self.root), slug

    def read(self, document: Any, others: Mapping[str, Any] | None = None) -> Scenario:
        """Read a story; ContentError when it is refused."""
        catalog, slug = self.write(document, others)
        return catalog.scenario(slug)

    def refusal(self, document: Any, others: Mapping[str, Any] | None = None) -> ContentError | None:
        """Give the first thing that `sandbox check` says of a story."""
        catalog, slug = self.write(document, others)
        try:
            scenario = catalog.scenario(slug)
        except ContentError as error:
            return error
        return next(iter(check_scenario(scenario, catalog.interfaces(scenario))), None)

    def play(
        self,
        echo: Echo,
        document: Any,
        others: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> EchoPlay:
        """Play a story against the echo."""
        catalog, slug = self.write(document, others)
        scenario = catalog.scenario(slug)
        echo.heard.clear()
        echo.rounds = itertools.count(1)
        events: list[Event] = []
        naps: list[float] = []
        with MediatorClient(echo.url, "token-of-the-echo") as caller:
            finished = play(
                compile_scenario(scenario, catalog.interfaces(scenario)),
                facts=RunFacts(
                    run="r", sandbox="s", runtime="local", population=PopulationRef(), population_digest="d"
                ),
                caller=caller,
                listeners=[events.append],
                inputs=inputs or {},
                redactor=Redactor(["token-of-the-echo"]),
                clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
                sleep=naps.append,
                mediator_url=echo.url,
                **more,
            )
        return EchoPlay(finished=finished, events=events, heard=list(echo.heard), naps=naps)
