"""The databases of one sandbox as a whole: closed, cloned, exchanged and dropped together.

Knows names and SQL. When calls are held and what blocks are told is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sandbox.controls.notes import Unfinished, begin
from sandbox.seeding.databases import (
    Connection,
    DatabaseNames,
    administer,
    close,
    drop,
    make_clone,
    make_spare,
    open_again,
    put_into_place,
)
from sandbox.seeding.plan import DatabaseWish, SeedingPlan

Work = Callable[[Connection, DatabaseNames, str], None]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything but what outlives a reset: the mediator's log."""

    plan: SeedingPlan

    def close(self) -> None:
        """Let nobody into a live database any more."""
        self._for_each(lambda admin, names, _: close(admin, names.live))

    def open_again(self) -> None:
        """Let those in again who may."""
        self._for_each(lambda admin, names, _: open_again(admin, names.live))

    def keep(self, checkpoint: str) -> None:
        """Clone the live databases, which must be closed."""
        self._for_each(lambda admin, names, role: _keep(admin, names, checkpoint, role))

    def prepare(self, checkpoint: str) -> None:
        """Clone what a checkpoint keeps, to be put into place; what was cloned before is there."""
        self._for_each(
            lambda admin, names, role: make_clone(
                admin, names, role, source=names.checkpoint(checkpoint), clone=names.restored(checkpoint)
            )
        )

    def prepare_spares(self) -> None:
        """Clone the spares that are missing, and drop what was retired."""
        self._for_each(make_spare)

    def exchange(self, unfinished: Unfinished) -> None:
        """Put spares (or what was prepared of a checkpoint) into place: all of them or none."""
        incoming = {
            names: names.restored(unfinished.checkpoint) if unfinished.checkpoint else names.spare
            for names in map(_names, self._wishes())
        }
        with administer(self.plan.admin_url) as admin:
            put_into_place(admin, incoming, lambda connection: begin(connection, unfinished))
            for names in incoming:
                open_again(admin, names.live)

    def drop_all_but(self, checkpoints: Collection[str], ready: str) -> None:
        """Drop what is kept of other checkpoints, and clones of any but the one that is to be `ready`."""

        def sweep(admin: Connection, names: DatabaseNames, _: str) -> None:
            found = admin.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s) OR starts_with(datname, %s)",
                [names.checkpoint(""), names.restored("")],
            ).fetchall()
            wanted = {names.restored(ready), *map(names.checkpoint, checkpoints)}
            for (name,) in found:
                if name not in wanted:
                    drop(admin, name)

        self._for_each(sweep)

    def _for_each(self, work: Work) -> None:
        def do(wish: DatabaseWish) -> None:
            with administer(self.plan.admin_url) as admin:
                work(admin, _names(wish), wish.role)

        with ThreadPoolExecutor(max_workers=4) as workers:
            for done in [workers.submit(do, wish) for wish in self._wishes()]:
                done.result()

    def _wishes(self) -> list[DatabaseWish]:
        return [wish for wish in self.plan.databases if not wish.keeps_through_reset]


def _names(wish: DatabaseWish) -> DatabaseNames:
    return DatabaseNames(live=wish.database)


def _keep(admin: Connection, names: DatabaseNames, checkpoint: str, role: str) -> None:
    kept = names.checkpoint(checkpoint)
    make_clone(admin, names, role, source=names.live, clone=kept)
    close(admin, kept)
