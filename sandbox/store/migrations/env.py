"""How Alembic runs here: in the transaction and on the connection that `store.migrate` opened."""

from alembic import context

from sandbox.store.schema import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
