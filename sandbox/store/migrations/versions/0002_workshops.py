"""Workshops: who teaches what under which code, and the seats of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "workshops",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("trainer", sa.String(length=32), nullable=False),
        sa.Column("people", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["trainer"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("workshops_by_trainer", "workshops", ["trainer"], unique=False)
    op.create_table(
        "seats",
        sa.Column("workshop", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sandbox", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("account", sa.String(length=32), nullable=True),
        sa.Column("pin", sa.String(), server_default="", nullable=False),
        sa.Column("joined", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("helped", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workshop"], ["workshops.id"]),
        sa.ForeignKeyConstraint(["sandbox"], ["sandboxes.id"]),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("workshop", "number"),
        sa.UniqueConstraint("account"),
    )
    op.create_index("seats_by_sandbox", "seats", ["sandbox"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("seats_by_sandbox", table_name="seats")
    op.drop_table("seats")
    op.drop_index("workshops_by_trainer", table_name="workshops")
    op.drop_table("workshops")
