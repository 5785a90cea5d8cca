"""Who of a sandbox reaches whom: packets are counted at receivers, not where they are sent.

Confined senders come first, an ordinary one afterwards to the same receivers. The last must
arrive everywhere, or the receivers were deaf and the first prove nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox.candidates import programs
from sandbox.candidates.receivers import HostReceiver, host_addresses, host_receivers
from sandbox.candidates.target import AT_ONCE, CANDIDATE, POSTGRES, Target
from sandbox.lifecycle.instances import MEDIATOR
from sandbox.model.attack import Claim
from sandbox.prover import Neighbour

CONFINED = "from-"
"""How every packet from inside begins."""
ORDINARY = b"ordinary"
TO_EVERYBODY = b"ordinary to 255.255.255.255"
HTTP, SQL = 8080, 5432


def attack_networks(target: Target) -> list[Claim]:
    """Send from inside to the host, a neighbour, a name server and a metadata address; see what arrives."""
    with host_receivers() as host, target.prover.neighbours(target.name, programs.RECEIVING) as neighbours:
        # Taken now: the neighbours' networks are among the addresses of this host.
        addresses = sorted({*host_addresses(), *target.prover.gateways(target.name)})
        at_the_host = [(address, each.port) for address in addresses for each in host]
        beside = [(each.address, port) for each in neighbours for port in each.ports]
        said = _send_from_inside(target, [*at_the_host, *beside])
        gate = target.run_inside(
            MEDIATOR, programs.SENDING, TOKEN=f"{CONFINED}mediator", TARGETS=json.dumps(beside)
        )
        for each in neighbours:
            own = [(each.address, port) for port in each.ports]
            each.send(
                programs.SHOUTING + programs.SENDING,
                {"TOKEN": ORDINARY.decode(), "TARGETS": json.dumps([*at_the_host, *own])},
            )
        claims = [*_judge_receivers(host, neighbours), *_judge_packets(said, gate, host, neighbours)]
    return [*claims, *_try_ways_inside(target), *_try_the_sandbox_beside(target)]


def _send_from_inside(target: Target, targets: Sequence[tuple[str, int]]) -> Mapping[str, str]:
    program, asked = programs.SHOUTING + programs.SENDING, json.dumps(targets)
    confined = [name for name in target.insiders if name != MEDIATOR]

    def send(name: str) -> str:
        token = CONFINED + name
        told = {
            "TOKEN": token,
            "TARGETS": asked,
            "NAMES": json.dumps(["example.org", f"{token}.example.org"]),
        }
        if name == CANDIDATE:
            return target.run_as_candidate(program, **told).log_tail
        return target.run_inside(name, program, **told)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((*confined, CANDIDATE), pool.map(send, (*confined, CANDIDATE)), strict=True))


def _judge_receivers(host: Sequence[HostReceiver], neighbours: Sequence[Neighbour]) -> list[Claim]:
    deaf = [
        f"host port {each.port}" for each in host if not each.wait_for({"datagram", "connection"}, ORDINARY)
    ]
    deaf += [each.name for each in neighbours if not each.wait_for(b"connection b'ordinary'")]
    if not host[0].wait_for({"datagram"}, TO_EVERYBODY):
        deaf.append("host, as one of everybody")
    return [
        Claim(
            area="counterproof",
            claim="An ordinary container's packets arrive at every receiver.",
            held=not deaf,
            found=f"deaf: {', '.join(deaf)}" if deaf else f"{len(host) + len(neighbours)} receivers heard it",
        )
    ]


def _judge_packets(
    said: Mapping[str, str], gate: str, host: Sequence[HostReceiver], neighbours: Sequence[Neighbour]
) -> list[Claim]:
    silent = sorted(name for name, text in said.items() if text.count("all sent") != 2)
    at_the_host = [content for each in host for _, content in each.arrived if CONFINED.encode() in content]
    name_server = [
        content
        for each in host
        if each.port == 53
        for _, content in each.arrived
        if CONFINED.encode() in content
    ]
    resolved = sorted(name for name, text in {**said, MEDIATOR: gate}.items() if "resolved (" in text)
    connected = sorted(name for name, text in {**said, MEDIATOR: gate}.items() if "connected" in text)
    senders = f"{len(said)} senders"
    return [
        Claim(
            area="counterproof",
            claim="Every instance and a candidate sent all they could.",
            held=not silent,
            found=f"did not: {', '.join(silent)}" if silent else senders,
        ),
        _none("Nothing arrives at this host.", at_the_host, senders),
        _none(
            "Nothing arrives at a name server on this host.",
            name_server,
            senders if any(each.port == 53 for each in host) else f"{senders}; port 53 here was taken",
        ),
        *(
            _none(
                f"Nothing arrives at a {each.name} address."
                if each.name == "metadata"
                else f"Nothing arrives at a {each.name} on another network.",
                [line for line in each.heard().splitlines() if CONFINED.encode() in line],
                f"{senders} and the mediator, at {each.address}",
            )
            for each in neighbours
        ),
        Claim(
            area="networks",
            claim="No connection comes about, and no outside name is resolved.",
            held=not (resolved or connected),
            found=", ".join({*resolved, *connected}) or "none",
        ),
    ]


def _none(sentence: str, arrived: Sequence[bytes], tried: str) -> Claim:
    first = f", such as {arrived[0][:60]!r}" if arrived else ""
    return Claim(
        area="networks",
        claim=sentence,
        held=not arrived,
        found=f"{len(arrived)} packets of {tried}{first}",
    )


def _try_ways_inside(target: Target) -> list[Claim]:
    """A candidate has a way to the mediator, by name, and to nobody else, by name or by address."""
    found = target.prover.addresses(target.name)
    ours = [name for name in target.insiders if name != MEDIATOR]
    hosts = [*ours, *(address for name in ours for address in found.get(name, ()))]
    asked = [(MEDIATOR, HTTP), *((host, SQL if host == POSTGRES else HTTP) for host in hosts)]
    asked += [(address, SQL) for address in found.get(POSTGRES, ())]
    lines = target.run_as_candidate(programs.ASKING_AROUND, TARGETS=json.dumps(asked)).log_tail.splitlines()
    reached = [line.removeprefix("reached ") for line in lines if line.startswith("reached ")]
    others = [host for host in reached if host != MEDIATOR]
    return [
        Claim(
            area="counterproof",
            claim="A candidate reaches the mediator.",
            held=MEDIATOR in reached and len(lines) == len(asked),
            found=f"{len(lines)} of {len(asked)} ways tried",
        ),
        Claim(
            area="networks",
            claim="A candidate reaches nobody but the mediator.",
            held=not others,
            found=f"reached: {', '.join(others)}" if others else f"{len(asked) - 1} other ways tried",
        ),
    ]


def _try_the_sandbox_beside(target: Target) -> list[Claim]:
    if target.beside is None:
        return []
    addresses = target.prover.addresses(target.beside).get(POSTGRES, ())
    asked = json.dumps([(address, SQL) for address in addresses])
    there = target.prover.run_inside(target.beside, POSTGRES, programs.ASKING_AROUND, {"TARGETS": asked})
    said = target.run_in_all(target.insiders, programs.ASKING_AROUND, TARGETS=asked)
    said = {**said, CANDIDATE: target.run_as_candidate(programs.ASKING_AROUND, TARGETS=asked).log_tail}
    reached = sorted(name for name, text in said.items() if "reached" in text)
    return [
        Claim(
            area="counterproof",
            claim="The sandbox beside listens.",
            held="reached" in there,
            found=", ".join(addresses) or "it has no address",
        ),
        Claim(
            area="networks",
            claim="Nobody reaches the sandbox beside.",
            held=not reached,
            found=f"reached by: {', '.join(reached)}" if reached else f"{len(said)} tried",
        ),
    ]
