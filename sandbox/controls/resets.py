"""Put every block back to how it was seeded, in the order that loses nothing and mixes nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox.calls.gate import Gate
from sandbox.controls.timepiece import Timepiece
from sandbox.seeding.databases import DatabaseNames, administer, make_spare, put_spare_into_place
from sandbox.seeding.plan import DatabaseWish, SeedingPlan

_LOG = logging.getLogger("sandbox.controls")


@dataclass(slots=True)
class Resets:
    """One reset at a time. The next spare is cloned behind, and waited for if the next reset comes early."""

    plan: SeedingPlan
    timepiece: Timepiece
    open_gate: Callable[[], Gate]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    _spares: threading.Thread | None = None

    def reset(self) -> str:
        """Hold calls, rename spares into place, void keys and sessions by a new epoch, let calls go on."""
        with self._one_at_a_time, self.open_gate() as gate:
            self.finish()
            gate.hold()
            try:
                self._for_each(_replace)
                gate.forget()
                today = gate.set_clock(*self.timepiece.back_to_start())
            finally:
                gate.release()
            self._spares = threading.Thread(target=self._make_spares, name="spares")
            self._spares.start()
            return today

    def finish(self) -> None:
        """Wait until the spares are there."""
        if self._spares is not None:
            self._spares.join()

    def _make_spares(self) -> None:
        try:
            self._for_each(_prepare_next)
        except Exception:
            # The next reset makes what is missing; this one is done.
            _LOG.exception("a spare could not be made")

    def _for_each(self, work: Callable[[str, DatabaseWish], None]) -> None:
        wishes = [wish for wish in self.plan.databases if not wish.keeps_through_reset]
        with ThreadPoolExecutor(max_workers=4) as workers:
            for done in [workers.submit(work, self.plan.admin_url, wish) for wish in wishes]:
                done.result()


def _replace(admin_url: str, wish: DatabaseWish) -> None:
    names = DatabaseNames(live=wish.database)
    with administer(admin_url) as admin:
        make_spare(admin, names, wish.role)
        put_spare_into_place(admin, names)


def _prepare_next(admin_url: str, wish: DatabaseWish) -> None:
    with administer(admin_url) as admin:
        make_spare(admin, DatabaseNames(live=wish.database), wish.role)
