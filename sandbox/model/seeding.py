"""Calls by which a candidate learns what a reference block's loader knows: one per row of a table."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from sandbox.model.block import Frozen

Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class SeedCall(Frozen):
    """One operation, called once for each row; `{column}` in a value stands for the row's.

    A value that is nothing but `{column}` keeps its kind; what is missing in the row is left out of
    the object around it.
    """

    each: Column
    """A table of the population."""
    lookup: dict[Column, Column] = {}
    """Other tables by the column that finds their row: `{households.household_id}` is one of theirs then."""
    operation: str
    """An operationId of the block's contract."""
    path: dict[str, str] = {}
    body: Any = None
    accept: tuple[Annotated[int, Field(ge=200, le=499)], ...] = (200, 201, 202, 204)
    """Statuses that mean that it knows the row now; 409 where it says so for one that it knew."""


class SeedPlan(Frozen):
    """A candidate's `seed.calls` file."""

    calls: tuple[SeedCall, ...]

    @field_validator("calls")
    @classmethod
    def _some(cls, calls: tuple[SeedCall, ...]) -> tuple[SeedCall, ...]:
        if not 1 <= len(calls) <= 20:
            raise ValueError("1 to 20 calls are wanted")
        return calls
