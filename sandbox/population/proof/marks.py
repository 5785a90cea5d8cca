"""What marks a record as some pack's own citizen, for every pack at once.

Two marks: the sandbox's functional id, which tells its pack by its prefix, and the pack's national
id where its form is proven to be nobody's. A form that is only plausible is recognised, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.population.packs.folder import Pack
from sandbox.population.proof.forms import (
    any_of,
    strength_of,
    write_functional_pattern,
    write_id_pattern,
    write_phone_pattern,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Patterns of several packs, anchored."""

    packs: tuple[str, ...]
    functional: Mapping[str, str]
    """By pack: its functional ids."""
    national: Mapping[str, str]
    """By pack: its national ids."""
    proven: frozenset[str]
    """Packs whose national ids are more than plausible."""
    any_functional: str
    any_phone: str
    any_account: str

    @classmethod
    def of(cls, packs: Sequence[Pack]) -> Marks:
        """Collect what the packs say."""
        profiles = {pack.code: pack.profile for pack in packs}
        return cls(
            packs=tuple(profiles),
            functional={
                code: any_of([write_functional_pattern(each.functional_id_prefix)])
                for code, each in profiles.items()
            },
            national={
                code: any_of([write_id_pattern(each.individual_id)]) for code, each in profiles.items()
            },
            proven=frozenset(
                code
                for code, each in profiles.items()
                if strength_of(each, "persons.individual_id") != "plausible"
            ),
            any_functional=any_of(
                [write_functional_pattern(each.functional_id_prefix) for each in profiles.values()]
            ),
            any_phone=any_of([write_phone_pattern(each.phone) for each in profiles.values()]),
            any_account=any_of([write_id_pattern(each.account_number) for each in profiles.values()]),
        )
