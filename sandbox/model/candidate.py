"""A product under evaluation: the shape of its `block.yaml`, and what became of it on a runtime.

There is no key for a bind, a device, a privilege, a host's namespace or a capability, and none for
rights: a candidate has those of the reference block whose place it takes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.model.block import Frozen, GovStackSpec, Implementation, Sentence, Slug

Digest = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9._/:-]*@)?sha256:[0-9a-f]{64}$", max_length=400)
]
"""An image that can't change: `registry/name@sha256:...`, or the Engine's own `sha256:...`."""

Folder = Annotated[str, StringConstraints(pattern=r"^(/\.?[A-Za-z0-9_][A-Za-z0-9._-]*)+$", max_length=200)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,19}$")]
Mebibytes = Annotated[int, Field(ge=32, le=8192)]

USUAL_MEMORY_MIB = 256
"""What a reference block has."""
LEAST_DATABASE_MIB = 512
TOLD = (
    "PORT",
    "MEDIATOR_URL",
    "ISSUER_URL",
    "SANDBOX_ID",
    "SANDBOX_SECRET",
    "OUTBOUND_SECRET",
    "DATABASE_URL",
)
"""What the sandbox itself tells a candidate; its own settings can't replace these."""


STARTED_ONLY = ("port", "environment", "services", "memory", "writable", "start_timeout")
"""What can be said of a product that is started here alone."""


class Part(Frozen):
    """A program that a candidate brings along: a database, a cache. On the candidate's network only."""

    image: Digest | None = None
    provided: Literal["postgresql"] | None = None
    """One of ours in place of an image; `DATABASE_URL` says where it is."""
    environment: dict[Variable, str] = {}
    """`{password}` stands for a secret of this sandbox, the same for the candidate and all its parts."""
    memory: Mebibytes = USUAL_MEMORY_MIB
    writable: tuple[Folder, ...] = ()

    @property
    def memory_mib(self) -> int:
        """What it may take: a database of ours lies in memory, and has room for that."""
        return self.memory if self.provided is None else max(self.memory, LEAST_DATABASE_MIB)

    @model_validator(mode="after")
    def _one_origin(self) -> Part:
        if (self.image is None) == (self.provided is None):
            raise ValueError("name either 'image' (by digest) or 'provided' (postgresql), not both")
        return self


class Seeding(Frozen):
    """How a candidate learns what a reference block's loader knows: by calls of its public API."""

    calls: str
    """File beside `block.yaml`."""
    per_second: float = Field(default=20.0, gt=0, le=10_000)


class CandidateDescriptor(Frozen):
    """What a candidate's `block.yaml` says."""

    name: str
    slug: Slug
    summary: Sentence
    govstack: GovStackSpec | None = None
    implements: tuple[Implementation, ...] = ()
    image: Digest | None = None
    build: Literal["."] | None = None
    """Build the image from the `Dockerfile` in this folder, without a network."""
    url: str | None = Field(default=None, max_length=400)
    """Where it runs, when it runs somewhere else."""
    ca: str | None = None
    """File beside `block.yaml`: who vouches for it there. `cert` and `key` are what the mediator shows it."""
    cert: str | None = None
    key: str | None = None
    command: tuple[str, ...] = Field(default=(), max_length=50)
    """What starts it on this machine, from its folder, for who trusts its code: a measurement alone does."""
    port: int = Field(default=8080, ge=1024, le=65535)
    readiness: str = Field(default="/readyz", pattern=r"^/[\x21-\x7e]*$", max_length=200)
    clock: Literal["follows", "real", "faked"] = "follows"
    settles: Literal["outward", "nowhere"] = "outward"
    """Whether payments reach the payee institutions; `nowhere` makes its reports self-reported."""
    environment: dict[Variable, str] = {}
    services: dict[Name, Part] = {}
    memory: Mebibytes = USUAL_MEMORY_MIB
    writable: tuple[Folder, ...] = ()
    start_timeout: int = Field(default=60, ge=1, le=900)
    """Seconds."""
    seed: Seeding | None = None

    @model_validator(mode="after")
    def _whole(self) -> CandidateDescriptor:
        if self.image is not None and self.build is not None:
            raise ValueError(
                "name either 'image' (by digest) or 'build: .' (a Dockerfile beside it), not both"
            )
        if not (self.image or self.build or self.command or self.url):
            raise ValueError(
                "name either 'image' (by digest) or 'build: .' (a Dockerfile beside it), not both; "
                "or 'url', where it runs already; or 'command', for a measurement without Docker"
            )
        self._check_where_it_runs()
        taken = sorted(set(TOLD) & set(self.environment))
        if taken:
            raise ValueError(f"environment sets {taken[0]}, which the sandbox itself tells")
        if sum(part.provided is not None for part in self.services.values()) > 1:
            raise ValueError("services asks for more than one provided database")
        return self

    def _check_where_it_runs(self) -> None:
        if self.url is None:
            if self.ca or self.cert or self.key:
                raise ValueError("'ca', 'cert' and 'key' are about a 'url', and there is none")
            return
        if self.image or self.build or self.command:
            raise ValueError("'url' is about a product that runs already; nothing of it is started here")
        said = [name for name in STARTED_ONLY if name in self.model_fields_set]
        if said:
            raise ValueError(f"{said[0]!r} is about a product that is started here, not about one at a 'url'")
        if "clock" in self.model_fields_set and self.clock == "follows":
            raise ValueError("the clock of a product at a 'url' can't be moved: it is real or faked")
        if "settles" in self.model_fields_set and self.settles == "outward":
            raise ValueError("a product at a 'url' can't call the payees' institutions: it settles nowhere")


WAY = "way"
"""The part that leads the mediator to a product elsewhere."""


class PartRunning(Frozen):
    """A part with its image found; without one it is ours."""

    part: Part
    image: str = ""


class Outside(Frozen):
    """A product that runs somewhere else, and by what papers it and the mediator know each other (PEM)."""

    url: str
    host: str
    port: int
    authority: str = ""
    """Who vouches for it; empty leaves it to the usual authorities."""
    authority_digest: str = ""
    certificate: str = ""
    certificate_digest: str = ""
    key: str = Field(default="", repr=False)
    relayed: bool = False
    """Whether the mediator has no way there but a relay to exactly this host."""


class Candidate(Frozen):
    """A candidate with everything found: it can be started in place of a block."""

    block: Slug
    ref: str
    """As it was asked for."""
    descriptor: CandidateDescriptor
    image: str
    """The Engine's own `sha256:...`."""
    built: bool = False
    parts: dict[str, PartRunning] = {}
    outside: Outside | None = None
    """Set when it runs somewhere else, and nothing is started for it but a way there."""
    alone: bool = False
    """It is measured, and has no neighbours: it is told no secret and no issuer, and takes everybody."""

    @property
    def clock(self) -> str:
        """Whose clock it goes by; one that runs elsewhere can't go by ours."""
        clock = self.descriptor.clock
        return "real" if self.outside is not None and clock == "follows" else clock

    @property
    def programs(self) -> tuple[str, ...]:
        """Names of the instances that its parts are, and the way to one that runs elsewhere."""
        if self.outside is not None:
            return (program_name(self.block, WAY),) if self.outside.relayed else ()
        return tuple(program_name(self.block, name) for name in sorted(self.parts))


def program_name(block: str, part: str) -> str:
    """Name the instance of a candidate's part; no block's slug has an underscore."""
    return f"{block}_{part}"
