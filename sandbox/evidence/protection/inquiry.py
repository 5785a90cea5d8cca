"""The whole inquiry: exchanges pass by once, every part counts, and a report comes out.

Made for logs of any length: nothing is kept of an exchange but what is counted, and the numbers of
exchanges that a figure names can be limited. The sandbox's own controls and log-ins for fictitious
people are no part of the service and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from sandbox.evidence.protection.agreeing import Agreeing
from sandbox.evidence.protection.asking import Asking
from sandbox.evidence.protection.deciding import Deciding
from sandbox.evidence.protection.findings import ProtectionReport
from sandbox.evidence.protection.following import Following
from sandbox.evidence.protection.lists import read_lists
from sandbox.evidence.protection.looking import Looker
from sandbox.evidence.protection.readings import Readings, list_sensitive
from sandbox.evidence.protection.unused import OURS, Rights
from sandbox.evidence.wording import Names
from sandbox.model.block import BlockDescriptor
from sandbox.model.run import Event, Exchange, StepFinished
from sandbox.model.wiring import Wiring


class Inquiry:
    """Hears of exchanges, one after another."""

    def __init__(
        self,
        wiring: Wiring,
        blocks: Mapping[str, BlockDescriptor],
        *,
        logged_in: Set[str] = frozenset(),
        most_numbers: int | None = None,
    ) -> None:
        """Inquire into a run of this wiring.

        Args:
            wiring: Names, rights, and which fields contracts call personal.
            blocks: Descriptors, for the columns that each block was loaded with.
            logged_in: Ids of exchanges whose caller had logged a person in.
            most_numbers: How many exchanges a figure names; all when None.
        """
        lists, names = read_lists(), Names(wiring)
        self._lists = lists
        self._most = most_numbers
        self._looker = Looker(wiring, names, lists)
        self._following = Following()
        self._readings = Readings(lists, self._following, most_numbers)
        self._asking = Asking(blocks, names, lists, most_numbers)
        self._deciding = Deciding(lists, logged_in, most_numbers)
        self._agreeing = Agreeing(lists, most_numbers)
        self._rights = Rights(wiring, names, lists)
        self._people: set[str] = set()
        self._count = 0

    def pass_by(self, exchange: Exchange) -> None:
        """Look at one."""
        if exchange.kind == "control" or {exchange.client, exchange.service} & OURS:
            return
        self._count += 1
        self._rights.pass_by(exchange)
        look = self._looker.look(exchange)
        self._people |= look.people if look.sightings and look.went_through else set()
        compared = self._following.pass_by(look)
        self._readings.pass_by(look)
        if compared:
            self._asking.pass_by(look)
        self._deciding.pass_by(look)
        self._agreeing.pass_by(look)

    def report(self) -> ProtectionReport:
        """Sum up."""
        rows = self._readings.rows()
        return ProtectionReport(
            exchanges=self._count,
            followed=self._following.looked_at,
            people=len(self._people),
            readings=rows,
            asked_twice=self._asking.findings(),
            sensitive=list_sensitive(rows, self._lists, self._most),
            decisions=self._deciding.findings(),
            proposals=self._deciding.proposals(),
            consents=self._agreeing.consents(),
            after_withdrawal=self._agreeing.after_withdrawal(),
            unused_rights=self._rights.unused(),
            rights=self._rights.count,
        )


def inquire(
    exchanges: Iterable[Exchange],
    wiring: Wiring,
    blocks: Mapping[str, BlockDescriptor],
    events: Sequence[Event] = (),
) -> ProtectionReport:
    """Inquire into a log that is at hand."""
    inquiry = Inquiry(wiring, blocks, logged_in=find_logged_in(events))
    for exchange in exchanges:
        inquiry.pass_by(exchange)
    return inquiry.report()


def find_logged_in(events: Iterable[Event]) -> frozenset[str]:
    """Collect the exchanges whose caller proved a person: their requests carried an authorization."""
    return frozenset(
        event.result.call.exchange_id
        for event in events
        if isinstance(event, StepFinished)
        and event.result.call is not None
        and any(name.lower() == "authorization" for name in event.result.call.request.headers)
    )
