"""What the seeding program is told, as one JSON document in its environment."""

from __future__ import annotations

from sandbox.model.block import Frozen

ENVIRONMENT_NAME = "SEEDING_PLAN"


class DatabaseWish(Frozen):
    """One block's database.

    Attributes:
        block: Slug, for messages.
        database: Its live name.
        role: The role that serves, with its password.
        loader: Python module with `load(connection, data, *, role)`; None leaves the database empty.
        keeps_through_reset: True for an audit log that a reset must not roll back.
    """

    block: str
    database: str
    role: str
    password: str
    loader: str | None
    keeps_through_reset: bool = False


class SeedingPlan(Frozen):
    """All databases of one sandbox. `admin_url` opens the administrator's own database."""

    admin_url: str
    data: str
    databases: tuple[DatabaseWish, ...]

    def owner_url(self, database: str) -> str:
        """Give the administrator's URL of another database."""
        return f"{self.admin_url.rpartition('/')[0]}/{database}"
