"""Create, load and clone every database of a plan, all blocks side by side."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from sandbox.errors import StartFailed
from sandbox.seeding.databases import (
    DatabaseNames,
    administer,
    close_template,
    create_database,
    create_role,
    exists,
    make_spare,
    put_template_into_place,
)
from sandbox.seeding.plan import DatabaseWish, SeedingPlan
from sandbox.seeding.registers import as_register

Progress = Callable[[str], None]


def seed_all(plan: SeedingPlan, progress: Progress) -> None:
    """Seed every block. Raises StartFailed naming the block whose loader broke."""
    with administer(plan.admin_url) as admin:
        for wish in plan.databases:
            if wish.loader is not None and not exists(admin, DatabaseNames(live=wish.database).template):
                importlib.import_module(wish.loader)  # imports share one lock; threads would only queue
    with ThreadPoolExecutor(max_workers=4) as workers:
        for done in [workers.submit(_seed_one, plan, wish, progress) for wish in plan.databases]:
            done.result()


def _seed_one(plan: SeedingPlan, wish: DatabaseWish, progress: Progress) -> None:
    names = DatabaseNames(live=wish.database)
    try:
        with administer(plan.admin_url) as admin:
            create_role(admin, wish.role, wish.password)
            seeded = exists(
                admin, names.live
            )  # by an earlier run of this program: it keeps what it holds now
            if not seeded and not exists(admin, names.template):  # else it was cloned from a kept one
                # Under a name that no block looks for: whoever finds the live one finds it filled.
                create_database(admin, names.template, wish.role)
                if wish.loader is not None:
                    load = importlib.import_module(wish.loader).load
                    with (
                        as_register(Path(plan.data), wish.block) as data,
                        psycopg.connect(plan.owner_url(names.template)) as owner,
                    ):
                        load(owner, data, role=wish.role)
                if wish.keeps_through_reset:
                    put_template_into_place(admin, names)
                else:
                    close_template(admin, names)
            if not wish.keeps_through_reset:
                if not seeded:
                    create_database(admin, names.live, wish.role, template=names.template)
                make_spare(admin, names, wish.role)
    except Exception as error:
        # A loader is a block's own code: whatever it raises, the block is what failed to start.
        raise StartFailed(f"the database of block {wish.block!r} could not be loaded: {error}") from error
    progress(wish.block)
