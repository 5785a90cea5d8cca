"""A building block's descriptor: the shape of `blocks/<name>/block.yaml`.

The orchestrator knows a block by this file, by the `openapi.yaml` beside it and by its
HTTP API, never by its Python. A descriptor can't express binds, devices, privileges or
host namespaces: there is no key for them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30)]
Sentence = Annotated[str, StringConstraints(min_length=3, max_length=400)]


class Frozen(BaseModel):
    """Base of everything read from YAML: unknown keys are errors, values don't change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GovStackSpec(Frozen):
    """Which published GovStack definition a block answers to."""

    specification: str
    version: str


class Implementation(Frozen):
    """One group of operations and how far it meets the specification."""

    group: str
    operations: tuple[str, ...]
    level: Literal["required", "recommended", "optional"]
    requirements: tuple[str, ...] = ()


class RightNeeded(Frozen):
    """One service this block calls as a client, and why it may.

    `operations` are operationIds of the other block's `openapi.yaml`; `*` means all.
    """

    service: Slug
    operations: tuple[str, ...] = ("*",)
    purpose: Sentence
    legal_basis: Sentence
    retention: Sentence
    recipient: Sentence


class Loader(Frozen):
    """How a block's database is filled before it first starts.

    `loader` names a Python module with `load(connection, data, *, role)` (reference
    blocks); `calls` an Arazzo file played over the public API (candidates).
    """

    loader: str | None = None
    calls: str | None = None
    reads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Which columns of which of the population's tables: what the block will know about citizens."""

    @model_validator(mode="after")
    def _exactly_one_way(self) -> Loader:
        if (self.loader is None) == (self.calls is None):
            raise ValueError("name either 'loader' (a Python module) or 'calls' (an Arazzo file), not both")
        return self


class Content(Frozen):
    """Data files that a block is made of, and the JSON Schema (a file beside `block.yaml`) that they fit."""

    files: Annotated[str, StringConstraints(pattern=r"^[a-z_]+/\*\.yaml$")]
    schema_file: str = Field(alias="schema", pattern=r"^[a-z_./-]+\.json$")


class BlockDescriptor(Frozen):
    """What `block.yaml` says. Exactly one of `module` (reference) and `image` (candidate) is set."""

    name: str
    slug: Slug
    summary: Sentence
    govstack: GovStackSpec | None = None
    implements: tuple[Implementation, ...] = ()
    module: str | None = None
    image: str | None = None
    port: int = Field(default=8080, ge=1, le=65535)
    readiness: str = "/readyz"
    requires: tuple[Slug, ...] = ()
    environment: tuple[str, ...] = ()
    seed: Loader | None = None
    public: tuple[str, ...] = ()
    """Path prefixes a browser may open without a client header (login page, keys, discovery)."""
    clock: Literal["follows", "real", "faked"] = "follows"
    rights: tuple[RightNeeded, ...] = ()
    content: tuple[Content, ...] = ()
    tolerant: dict[str, Sentence] = Field(default_factory=dict)
    """Operations that on purpose take what the contract forbids or refuse what it allows, and why."""
    unsettling: dict[str, Sentence] = Field(default_factory=dict)
    """Operations after which earlier answers count no more, and why: conformance keeps them for the end."""
    out_of_reach: dict[str, Sentence] = Field(default_factory=dict)
    """Operations that can't be brought to succeed over the contract of a block that stands alone, and why."""

    @model_validator(mode="after")
    def _module_or_image(self) -> BlockDescriptor:
        if (self.module is None) == (self.image is None):
            raise ValueError("name either 'module' (a reference block) or 'image' (a candidate), not both")
        return self

    @property
    def is_reference(self) -> bool:
        """True for our own implementation, false for a product under evaluation."""
        return self.module is not None
