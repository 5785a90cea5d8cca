"""Requests that Schemathesis makes of a contract, sent by our own conversation, judged by its checks.

Server error, status, content type, headers and schema of every answer; whether wrong data is refused and
right data taken, unless the descriptor says that an operation is tolerant. Cases are made before the
first is sent, from the seed alone, so that they can be sent in any order among other traffic.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis.errors import HypothesisException, Unsatisfiable
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Err
from schemathesis.errors import SchemathesisError

from sandbox.calls.direct import DirectClient, RawAnswer
from sandbox.calls.redaction import Redactor
from sandbox.calls.requests import CannotSend
from sandbox.errors import BlockUnreachable, ContentError
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.run import Call, Message

ON_ALL = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
ON_DATA = ("negative_data_rejection", "positive_data_acceptance")
NEIGHBOUR_IS_AWAY = (502, 503, 504)
"""What a block answers when another does not; no fault where its contract says so."""
MOST_ROUNDS = 4
_TELLTALE = ("User-Agent", "X-Schemathesis-TestCaseId", "Accept-Encoding", "Connection")


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request, made and not yet sent."""

    operation: OperationDoc
    case: Case[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How one case went. `faults` are pairs of check and sentence; `answered` is false when nothing came."""

    operation: OperationDoc
    faults: tuple[tuple[str, str], ...]
    call: Call | None
    answered: bool = True
    accepted: bool = False


def make_cases(
    interface: Interface,
    wanted: Sequence[str],
    count: int,
    seed: int,
    *,
    shown: str,
    report: Callable[[str, int, int], None],
) -> list[Prepared]:
    """Make `count` cases over the wanted operations, as evenly as their contracts allow, half of them wrong.

    Fewer than there are operations leave some out, drawn from the seed. Raises ContentError when the
    contract is no valid OpenAPI; `shown` names it.
    """
    operations = _load(interface, wanted, shown)
    if not operations or count <= 0:
        return []
    rng = random.Random(seed)  # noqa: S311
    rng.shuffle(operations)
    made: list[Prepared] = []
    barren: set[tuple[str, GenerationMode]] = set()
    for _ in range(MOST_ROUNDS):
        # An operation without parameters has one case only; the next round gives its share to the others.
        for doc, operation, mode, number in _share(operations, count - len(made), barren):
            report("making requests", len(made), count)
            cases = list(_generate(operation, mode, number, rng.getrandbits(60), doc, shown))
            made += [Prepared(doc, case) for case in cases]
            if len(cases) < number:
                barren.add((doc.operation_id, mode))
    rng.shuffle(made)
    return made[:count]


def send(
    prepared: Prepared,
    client: DirectClient,
    redactor: Redactor,
    interface: Interface,
    *,
    tolerant: bool,
) -> Judged | None:
    """Send one case and judge the answer; None when HTTP can't carry it at all."""
    doc = prepared.operation
    kwargs = prepared.case.as_transport_kwargs(base_url=client.address, headers=client.headers or None)
    try:
        request = requests.Request(**_of_a_request(kwargs)).prepare()
        content = request.body.encode() if isinstance(request.body, str) else request.body
        # What would tell the product that this request was made by a generator is left out.
        for name in _TELLTALE:
            request.headers.pop(name, None)
        if request.headers.get("Accept") == "*/*":
            del request.headers["Accept"]
        headers = [(_text(name), _text(value)) for name, value in request.headers.items()]
        raw = client.send(str(request.method), str(request.url), headers, content)
    except (CannotSend, ValueError, requests.RequestException):
        return None
    except BlockUnreachable as error:
        silent = _describe(doc, interface, request, content, None, redactor)
        return Judged(operation=doc, faults=(("answer", str(error)),), call=silent, answered=False)
    faults = tuple(_judge(prepared, request, raw, tolerant=tolerant))
    call = _describe(doc, interface, request, content, raw, redactor) if faults else None
    return Judged(operation=doc, faults=faults, call=call, accepted=not faults and 200 <= raw.status < 300)


def check_contract(interface: Interface, shown: str) -> None:
    """Raise ContentError when a schema of the contract is none, by its place; `shown` names the file.

    Only of OpenAPI 3.1, whose schemas are JSON Schema as it stands.
    """
    if str(interface.openapi.get("openapi", "")).startswith("3.0"):
        return
    for place, schema in _schemas(interface):
        try:
            Draft202012Validator.check_schema(dict(schema))
        except SchemaError as error:
            where = "/".join(str(key) for key in error.absolute_path)
            raise ContentError(
                f"not a valid OpenAPI document: {place} is no schema: {error.message} ({where or 'top'})",
                path=shown,
            ) from error


def _schemas(interface: Interface) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, schema in interface.openapi.get("components", {}).get("schemas", {}).items():
        yield f"components/schemas/{name}", schema
    for doc in interface.docs.values():
        for parameter in doc.parameters:
            yield f"{doc.operation_id}'s parameter {parameter.name}", parameter.schema
        for kind, schema in doc.bodies.items():
            yield f"{doc.operation_id}'s {kind}", schema
        for status, bodies in doc.answers.items():
            for kind, schema in bodies.items():
                yield f"{doc.operation_id}'s {kind} of {status}", schema


def _load(interface: Interface, wanted: Sequence[str], shown: str) -> list[tuple[OperationDoc, Any]]:
    load_all_checks()
    document = json.loads(json.dumps(interface.openapi))
    try:
        schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
        found = {}
        for result in schema.get_all_operations():
            if isinstance(result, Err):
                raise result.err()
            operation = result.ok()
            found[operation.definition.raw.get("operationId")] = operation
    except (SchemathesisError, HypothesisException) as error:
        raise ContentError(f"not a valid OpenAPI document: {_one_line(error)}", path=shown) from error
    return [(interface.docs[name], found[name]) for name in wanted if name in found]


def _share(
    operations: Sequence[tuple[OperationDoc, Any]], count: int, barren: Collection[tuple[str, GenerationMode]]
) -> Iterator[tuple[OperationDoc, Any, GenerationMode, int]]:
    """Share what is still to be made among the operations, right and wrong requests in turn."""
    open_ = [
        (doc, operation, mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for doc, operation in operations
        if (doc.operation_id, mode) not in barren and (mode is GenerationMode.POSITIVE or _can_be_wrong(doc))
    ]
    for place, (doc, operation, mode) in enumerate(open_):
        number = count // len(open_) + (place < count % len(open_))
        if number > 0:
            yield doc, operation, mode, number


def _can_be_wrong(doc: OperationDoc) -> bool:
    """Whether a request can break the contract: not when it takes nothing but texts that may be any."""
    return bool(doc.bodies) or any(
        one.schema.get("type") != "string"
        or not one.schema.keys() <= {"type", "description", "title", "example", "examples", "default"}
        or (one.required and one.location != "path")
        for one in doc.parameters
    )


def _generate(
    operation: Any, mode: GenerationMode, number: int, seed: int, doc: OperationDoc, shown: str
) -> Iterator[Case[Any]]:
    cases: list[Case[Any]] = []
    if number < 1:
        return iter(cases)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Case[Any]) -> None:
        cases.append(case)

    try:
        with warnings.catch_warnings():
            # Of patterns that mean something else to a later Python; they are the contract's, not the user's.
            warnings.simplefilter("ignore", FutureWarning)
            collect()
    except Unsatisfiable:
        return iter(cases)  # nothing wrong can be said to an operation that takes nothing
    except (SchemathesisError, HypothesisException) as error:
        raise ContentError(
            f"no request can be made for {doc.operation_id}: {_one_line(error)}", path=shown
        ) from error
    return iter(cases)


def _judge(
    prepared: Prepared, request: requests.PreparedRequest, raw: RawAnswer, *, tolerant: bool
) -> Iterator[tuple[str, str]]:
    if raw.problem:
        yield "answer", raw.problem
        return
    headers: dict[str, list[str]] = {}
    for name, value in raw.headers:
        headers.setdefault(name.lower(), []).append(value)
    response = Response(
        status_code=raw.status,
        headers=headers,
        content=raw.content,
        request=request,
        elapsed=raw.milliseconds / 1000,
        verify=True,
        http_version=raw.version.removeprefix("HTTP/"),
    )
    names = ON_ALL if tolerant else (*ON_ALL, *ON_DATA)
    try:
        prepared.case.validate_response(response, checks=[_check(name) for name in names])
    except FailureGroup as group:
        failures: Sequence[Failure] = group.exceptions
    except Failure as alone:
        failures = [alone]
    else:
        return
    for failure in failures:
        name = failure.checks[0] if failure.checks else "check"
        if name == "not_a_server_error" and _says_that_a_neighbour_is_away(prepared.operation, raw.status):
            continue
        # Some contracts refuse with codes of their own, such as 460 for a voucher's unknown building block.
        if name == "negative_data_rejection" and 400 <= raw.status < 500:
            continue
        yield name, f"answered {raw.status}; {_sentence(failure)}"


def _check(name: str) -> Any:
    return CHECKS.get_one(name)


def _says_that_a_neighbour_is_away(doc: OperationDoc, status: int) -> bool:
    return status in NEIGHBOUR_IS_AWAY and str(status) in doc.statuses


def _sentence(failure: Failure) -> str:
    detail = " ".join(failure.message.split())
    return f"{failure.title}: {detail}"[:600] if detail else failure.title


def _of_a_request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    known = ("method", "url", "headers", "params", "data", "json", "files", "cookies", "auth")
    return {name: kwargs[name] for name in known if kwargs.get(name) is not None}


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _describe(
    doc: OperationDoc,
    interface: Interface,
    request: requests.PreparedRequest,
    content: bytes | None,
    raw: RawAnswer | None,
    redactor: Redactor,
) -> Call:
    secret = interface.operations[doc.operation_id].secret
    sent, got = (
        tuple(one.removeprefix(side) for one in secret if one.startswith(side))
        for side in ("request/", "response/")
    )
    headers = {_text(name): _text(value) for name, value in request.headers.items()}
    return Call(
        method=str(request.method),
        url=redactor.text(str(request.url)),
        operation_id=doc.operation_id,
        block=interface.slug,
        request=Message(headers=redactor.headers(headers), body=redactor.body(_value(content), sent)),
        status=raw.status if raw else 0,
        response=Message(
            headers=redactor.headers(dict(raw.headers)) if raw else {},
            body=redactor.body(_value(raw.content), got) if raw else None,
        ),
        milliseconds=raw.milliseconds if raw else 0.0,
    )


def _value(content: bytes | None) -> Any:
    """A body as its value where it is JSON, else as text, so that pointers to secrets find them."""
    if not content:
        return None
    text = content.decode("utf-8", errors="backslashreplace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _one_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
