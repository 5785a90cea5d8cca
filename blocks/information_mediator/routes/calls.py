"""`/r1/{instance}/{class}/{member}/{application}/{path}`: one application calls another. The hot path.

In this order: who calls, what they want, whether they may, whether the person has agreed; then
the call goes through, and its line is stored before its answer is given.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.types import Receive, Scope, Send

from blocks.information_mediator.callers import prove
from blocks.information_mediator.core import Answering, Core, carry
from blocks.information_mediator.directory import Found
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming, decoded_path, printable
from blocks.information_mediator.redaction import Captured, clean_query, split_pointer, values_at
from blocks.information_mediator.settings import CONTROLS, Peer
from blocks.information_mediator.strikes import passed_on, spoilt, strike_before
from blocks.information_mediator.upstream import Headers
from blocks.information_mediator.wiring import Right, Service


class Calls:
    """The ASGI application of `/r1`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        await carry(self._core, "call", self._serve, scope, receive, send)

    async def _serve(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        core = self._core
        directory = core.directory
        client = prove(directory, core.settings, incoming)
        service, raw_path = self._address(incoming, exchange)
        found = self._operation(incoming, exchange, service, raw_path)
        right = directory.right(client.application, service.application, found.operation.operation_id)
        if right is None and core.settings.token is not None:
            raise Refusal(
                403, "not-allowed", f"no right lets {client.application} call {found.operation.operation_id}"
            )
        await incoming.read_ahead()
        captured = incoming.captured()
        document = captured.document()
        people = _people(incoming, found, document)
        exchange.individual = _only(people)
        exchange.correlation = incoming.correlation(document)
        exchange.request, personal = captured.keep("request", document, found.pointers)
        exchange.fields = (*_personal_parameters(incoming, found), *personal)
        if right is not None:
            exchange.allow(right)
            await self._check_consent(right, people)
        peer = core.settings.peers.get(service.block)
        if peer is None:
            raise Refusal(502, "service-unreachable", f"nothing answers for {service.block} in this sandbox")
        cause = incoming.headers.get("x-cause-exchange-id", "")
        async with core.hold.passing(exchange.id, cause, awaited=service.block != CONTROLS):
            await self._forward(incoming, exchange, answering, peer, raw_path, found)

    def _address(self, incoming: Incoming, exchange: Exchange) -> tuple[Service, str]:
        """Split the path into the service and the path behind it."""
        parts = incoming.raw_path.split("/", 6)  # "", r1, instance, class, member, application, rest
        service = None
        if len(parts) >= 6:
            service = self._core.directory.service(decoded_path("/".join(parts[2:6])))
        if service is None:
            raise Refusal(404, "no-such-service", "no application has this address")
        exchange.service = service.application
        exchange.block = service.block
        if service.block == CONTROLS:
            exchange.kind = "control"
        return service, "/" + (parts[6] if len(parts) > 6 else "")

    def _operation(self, incoming: Incoming, exchange: Exchange, service: Service, raw_path: str) -> Found:
        directory = self._core.directory
        path = decoded_path(raw_path)
        exchange.path = path[:2000]
        found = directory.find(service, incoming.method, path)
        if found is None:
            if methods := directory.methods(service, path):
                allowed = ", ".join(methods)
                raise Refusal(405, "method-not-allowed", f"this path has {allowed}", {"Allow": allowed})
            raise Refusal(404, "no-such-service", f"{service.application} has no operation at this path")
        exchange.path = _path_for_the_log(path, incoming.query, found)
        exchange.operation_id = found.operation.operation_id
        exchange.summary = found.operation.summary
        return found

    async def _check_consent(self, right: Right, people: list[str]) -> None:
        if right.consent is None:
            return
        if not people:
            raise Refusal(403, "consent-missing", "the call needs a person's consent and names no person")
        for person in people:
            if not await self._core.consent.is_signed(self._core.directory, person, right.consent):
                raise Refusal(
                    403,
                    "consent-missing",
                    f"there is no signed consent to the data agreement {right.consent}",
                )

    async def _forward(
        self,
        incoming: Incoming,
        exchange: Exchange,
        answering: Answering,
        peer: Peer,
        raw_path: str,
        found: Found,
    ) -> None:
        core = self._core
        fault = await core.faults.meet_on_call(exchange.client, exchange.block, exchange.operation_id)
        if fault is not None:
            exchange.fault = fault.fault
        await strike_before(fault)
        proven = [
            (b"information-mediator-client", exchange.client.encode("latin-1", "replace")),
            (b"x-exchange-id", exchange.id.encode()),
        ]
        send = partial(
            core.upstream.send,
            *(peer, incoming.method, incoming.target(raw_path), incoming.raw_headers, proven, incoming.body),
        )
        async with passed_on(fault, send, repeatable=incoming.body.complete) as (status, answered, body):
            response = _captured_answer(answered, body.beginning, body.complete)
            document = response.document()
            exchange.response, personal = response.keep("response", document, found.pointers)
            exchange.individual = exchange.individual or _only(_named_in("response", document, found))
            exchange.fields = (*exchange.fields, *personal)
            if fault is not None and fault.fault == "drop":
                await answering.break_off()
            else:
                await answering.answer(status, *spoilt(fault, answered, body))


def _people(incoming: Incoming, found: Found, document: Any) -> list[str]:
    """Give everybody the request says it is about, by the operation's `subject`."""
    where, _, pointer = (found.operation.subject or "").partition("/")
    if where == "path":
        values = [found.values.get(pointer, "")]
    elif where == "query":
        values = incoming.parameter(pointer)
    else:
        return _named_in("request", document, found)
    return sorted({value for value in values if value})


def _named_in(side: str, document: Any, found: Found) -> list[str]:
    """Give everybody a body names where the operation's `subject` points; an answer may name them too.

    Too late to ask for consent, in time for the log. What is no text is nobody: it may be half a record.
    """
    where, *pointer = split_pointer(found.operation.subject or "")
    if where != side:
        return []
    named = values_at(document, tuple(pointer))
    return sorted({value for value in named if isinstance(value, str) and value})


def _only(people: list[str]) -> str:
    return printable(people[0]) if len(people) == 1 else ""


def _personal_parameters(incoming: Incoming, found: Found) -> list[str]:
    """List the personal fields that stand in the path or the query string."""
    present = {f"path/{name}" for name in found.values} | {f"query/{name}" for name in incoming.parameters()}
    declared = ("/".join(path) for path in found.pointers.personal)
    return [pointer for pointer in declared if pointer in present]


def _path_for_the_log(path: str, query: str, found: Found) -> str:
    for kind, *names in found.pointers.secret:
        if kind == "path" and names and (value := found.values.get(names[0])):
            path = path.replace(value, "[redacted]")
    cleaned = clean_query(query, found.pointers.secret)
    return (f"{path}?{cleaned}" if cleaned else path)[:2000]


def _captured_answer(headers: Headers, beginning: bytes, complete: bool) -> Captured:
    named = dict(headers)
    return Captured(
        content_type=named.get(b"content-type", b"").decode("latin-1"),
        beginning=beginning,
        complete=complete,
        encoded=named.get(b"content-encoding", b"identity") != b"identity",
    )
