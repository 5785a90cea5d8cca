"""Fills the institutions' books from a population: accounts and holders. Balances begin at zero."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from blockkit.seed import copy_batches, read_batches, run_sql

FOLDER = Path(__file__).parent
ACCOUNT_COLUMNS = ["account_id", "person_no", "institution", "account_number", "kind", "currency", "status"]
HOLDER_COLUMNS = ["person_no", "individual_id", "functional_id"]


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema and load accounts and holders; the caller commits."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    accounts = data / "accounts.parquet"
    copy_batches(connection, "accounts", read_batches(accounts, ACCOUNT_COLUMNS))
    copy_batches(connection, "holders", _holders(data / "persons.parquet", accounts))
    run_sql(connection, FOLDER / "keys.sql", role=role)


def _holders(persons: Path, accounts: Path) -> Iterator[pa.RecordBatch]:
    """Yield persons who hold an account: an institution knows nobody else."""
    owners = [batch.column(0) for batch in read_batches(accounts, ["person_no"])]
    if not owners:
        return
    holding = pa.chunked_array(owners).combine_chunks()
    for batch in read_batches(persons, HOLDER_COLUMNS):
        chosen = batch.filter(pc.is_in(batch.column("person_no"), value_set=holding))
        if chosen.num_rows:
            yield chosen
