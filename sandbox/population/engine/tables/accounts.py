"""Accounts at made-up banks and mobile-money operators: a main one, and for some a second one.

Every head has a main account that is open, because that is where a household is paid.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Role
from sandbox.population.engine.days import add_days, day_array, days_between, shift_years
from sandbox.population.engine.identifiers import write_ids
from sandbox.population.engine.randomness import below, happens
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Pool, to_arrow
from sandbox.population.packs.profile import ACCOUNTS_PER_PERSON

_CLOSED = 30
_FIRST_ACCOUNT_AT = 15
_STATUSES = Pool.of(["open", "closed"])


def draw_accounts(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, people, known, main = rows.compiled, rows.present, rows.personas, rows.accounts
    who, which = np.nonzero(np.stack([main.held, main.second], axis=1))
    first = which == 0
    account = (who + rows.shard.first_person) * ACCOUNTS_PER_PERSON + which
    where = np.where(first, main.institution[who], main.second_institution[who])
    closed = (people.role != Role.HEAD) & happens(rows.per_person("account-closed"), _CLOSED)
    closed[: len(known)] = known.account_closed
    born = people.birth_date[who]
    span = np.minimum(days_between(shift_years(born, _FIRST_ACCOUNT_AT), rows.reference), 30 * 365)
    age_of_account = below(rows.per_person("account-opened")[who], 2**16) * span >> 16
    # The second account is younger than the first.
    age_of_account -= np.where(first, 0, age_of_account // 2)
    numbers = write_ids(
        compiled.profile.account_number,
        seed=rows.source.seed,
        stream="account-number",
        persons=account,
        sex=people.sex[who],
        birth_date=born,
        reserved=ACCOUNTS_PER_PERSON * len(compiled.personas),
    )
    return assemble(
        "accounts",
        account_id=account,
        person_no=who + rows.shard.first_person,
        institution=compiled.institutions.encode(where),
        account_number=to_arrow(numbers),
        kind=compiled.institution_kinds.encode(where),
        currency=compiled.currency.encode(np.zeros(len(who), dtype=np.int64)),
        status=_STATUSES.encode(closed[who].astype(np.int64)),
        opened_on=day_array(add_days(rows.reference, -age_of_account)),
    )
