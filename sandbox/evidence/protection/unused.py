"""Rights of the wiring that nobody made use of: what nobody needs, nobody should be allowed.

One run is one story: a right that another story needs is unused here. Rights of the sandbox's own
controls are no part of a service and are left out.
"""

from __future__ import annotations

from sandbox.evidence.protection.fields import everything_said
from sandbox.evidence.protection.findings import Unused
from sandbox.evidence.protection.lists import Lists
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER, Wiring

OURS = frozenset({CONTROLS_SERVICE, EXPLORER})
_UNTOLD = ""


class Rights:
    """Remembers which rights were used."""

    def __init__(self, wiring: Wiring, names: Names, lists: Lists) -> None:
        """Know the rights of a wiring."""
        self._names = names
        self._acts = lists.acts
        self._of_acts = frozenset(operation for each in lists.acts.values() for operation in each)
        self._rights = [right for right in wiring.rights if not {right.client, right.service} & OURS]
        self._topics = [topic for topic in wiring.topics if topic.client not in OURS]
        self._used: set[tuple[str, ...]] = set()

    @property
    def count(self) -> int:
        """How many rights there are."""
        return len(self._rights) + len(self._topics)

    def pass_by(self, exchange: Exchange) -> None:
        """Remember one exchange, whatever became of it."""
        self._used.add((exchange.client, exchange.service, exchange.operation_id))
        if exchange.operation_id in self._of_acts:
            said = {value for _, value in everything_said(exchange, given=True)}
            # What was said may not have been kept; then any of the types may have been meant.
            said |= {_UNTOLD} if exchange.request is None else set()
            self._used.update((exchange.client, "event", exchange.operation_id, value) for value in said)

    def unused(self) -> tuple[Unused, ...]:
        """List rights of which nothing was used, then those that were used in part."""
        found = [
            Unused(
                client=self._names.application(right.client),
                service=self._names.application(right.service),
                operations=tuple(idle),
                whole=len(idle) == len(right.operations),
                purpose=right.purpose,
                legal_basis=right.legal_basis,
            )
            for right in self._rights
            if (
                idle := [
                    each for each in right.operations if (right.client, right.service, each) not in self._used
                ]
            )
        ]
        for topic in self._topics:
            left = [
                f"{act} {event_type}"
                for event_type in topic.event_types
                for act in topic.acts
                if not self._did(topic.client, act, event_type)
            ]
            if left:
                found.append(
                    Unused(
                        client=self._names.application(topic.client),
                        service=self._names.application(topic.room),
                        operations=tuple(left),
                        whole=len(left) == len(topic.event_types) * len(topic.acts),
                        purpose=topic.purpose,
                        legal_basis=topic.legal_basis,
                    )
                )
        return tuple(sorted(found, key=lambda each: (not each.whole, each.client, each.service)))

    def _did(self, client: str, act: str, event_type: str) -> bool:
        return any(
            (client, "event", operation, meant) in self._used
            for operation in self._acts.get(act, ())
            for meant in ((event_type, _UNTOLD) if act == "manage" else (event_type,))
        )
