"""From a candidate to the programs that run in its block's place: itself, and what it brought along.

A candidate is told its port, where the mediator is, and what it must prove and check; no database
of ours, no citizens, no secret of anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.lifecycle.secrets import Secrets
from sandbox.model.candidate import Candidate, Outside, PartRunning, program_name
from sandbox.runtime import InstanceSpec, Limits

TELLS_OF_A_SANDBOX = frozenset({"SANDBOX_SECRET", "ISSUER_URL"})
"""What a program that is not told them takes everybody without: it stands alone, as our own blocks can."""
WAY_MIB = 64
DATABASE_PORT = 5432
DATABASE_ROLE = "candidate"
PASSWORD = "{password}"  # noqa: S105  the word that stands for it


def candidate_specs(
    candidate: Candidate, told: Mapping[str, str], secrets: Secrets
) -> dict[str, InstanceSpec]:
    """Specify a candidate and its parts, by instance name."""
    block, descriptor = candidate.block, candidate.descriptor
    if candidate.outside is not None:
        return _way_spec(candidate, candidate.outside, told["SANDBOX_ID"])
    password = secrets.database(block)
    specs = {
        program_name(block, name): _part_spec(candidate, name, running, told["SANDBOX_ID"], password)
        for name, running in candidate.parts.items()
    }
    environment = {
        **_filled(descriptor.environment, password),
        **told,
        "PORT": str(descriptor.port),
        "OUTBOUND_SECRET": secrets.outbound(block),
    }
    for name, running in candidate.parts.items():
        if running.part.provided is not None:
            environment["DATABASE_URL"] = (
                f"postgresql://{DATABASE_ROLE}:{password}@{name}:{DATABASE_PORT}/{DATABASE_ROLE}"
            )
    if candidate.alone:
        environment = {name: value for name, value in environment.items() if name not in TELLS_OF_A_SANDBOX}
    specs[block] = InstanceSpec(
        sandbox=told["SANDBOX_ID"],
        name=block,
        image=candidate.image,
        environment=environment,
        limits=Limits(memory_mib=descriptor.memory),
        writable=descriptor.writable,
    )
    return specs


def peer_of(candidate: Candidate, address: str, ways: str = "") -> dict[str, Any]:
    """Say what the mediator must know of a candidate that it assumes of our own blocks.

    `ways` is the folder in which it finds ways out, where it has no other.
    """
    descriptor, outside = candidate.descriptor, candidate.outside
    if outside is not None:
        papers = {name: getattr(outside, name) for name in ("authority", "certificate", "key")}
        socket = f"{ways}/{candidate.block}" if outside.relayed else ""
        return {
            "url": outside.url,
            "readiness": descriptor.readiness,
            "clock": candidate.clock,
            "outside": {**papers, "socket": socket},
        }
    place = urlsplit(address)
    return {
        "url": f"{place.scheme}://{place.hostname}:{descriptor.port}",
        "readiness": descriptor.readiness,
        # Whoever stands alone goes by the machine's clock, as our own blocks do then.
        "clock": "real" if candidate.alone else descriptor.clock,
        **({"measured": "yes"} if candidate.alone else {}),
    }


def _way_spec(candidate: Candidate, outside: Outside, sandbox: str) -> dict[str, InstanceSpec]:
    """Specify what leads the mediator to a product elsewhere; nothing where it needs no help."""
    return {
        program: InstanceSpec(
            sandbox=sandbox,
            name=program,
            alias=candidate.block,
            leads_to=(outside.host, outside.port),
            limits=Limits(memory_mib=WAY_MIB, pids=32),
        )
        for program in candidate.programs
    }


def _part_spec(
    candidate: Candidate, name: str, running: PartRunning, sandbox: str, password: str
) -> InstanceSpec:
    part = running.part
    spec = InstanceSpec(
        sandbox=sandbox,
        name=program_name(candidate.block, name),
        beside=candidate.block,
        alias=name,
        environment=_filled(part.environment, password),
        limits=Limits(memory_mib=part.memory_mib),
        writable=part.writable,
    )
    if part.provided is None:
        return replace(spec, image=running.image)
    return replace(
        spec,
        module="sandbox.runtimes.own_database",
        arguments=(),
        environment={"PORT": str(DATABASE_PORT), "ROLE": DATABASE_ROLE, "PASSWORD": password},
        limits=Limits(memory_mib=part.memory_mib, tmp_mib=part.memory_mib // 2),
    )


def _filled(environment: Mapping[str, str], password: str) -> dict[str, str]:
    return {name: value.replace(PASSWORD, password) for name, value in environment.items()}
