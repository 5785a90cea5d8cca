"""Accounts at made-up banks and mobile-money operators: a main one, and for some a second one.

Every head has a main account that is open, because that is where a household is paid.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Role
from sandbox.population.engine.identifiers import write_ids
from sandbox.population.engine.randomness import below, happens
from sandbox.population.engine.rows import Rows, add_days, day_array, days_between, encode, shift_years
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import to_arrow

ACCOUNTS_PER_PERSON = 2
"""Numbers set aside for one person: the main account and a second one."""

_CLOSED = 30
_FIRST_ACCOUNT_AT = 15
_STATUSES = pa.array(["open", "closed"])


def draw_accounts(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, people, source = rows.compiled, rows.people, rows.source
    institutions = compiled.profile.institutions
    main = rows.accounts
    closed = (people.role != Role.HEAD) & happens(source.per_person("account-closed"), _CLOSED)
    held = np.stack([main.held, main.second], axis=1)[: rows.kept]
    who, which = np.nonzero(held)
    account = (who + rows.shard.first_person) * ACCOUNTS_PER_PERSON + which
    where = np.where(which == 0, main.institution[who], main.second_institution[who])
    earliest = shift_years(people.birth_date, _FIRST_ACCOUNT_AT)
    span = np.minimum(days_between(earliest, rows.reference), 30 * 365)
    age_of_account = below(source.per_person("account-opened"), 2**16) * span >> 16
    # The second account is younger than the first.
    opened = add_days(np.full(source.persons, rows.reference), -age_of_account)[who]
    opened = np.where(which == 0, opened, add_days(opened, age_of_account[who] // 2))
    numbers = write_ids(
        compiled.profile.account_number,
        seed=source.seed,
        stream="account-number",
        persons=account,
        sex=people.sex[who],
        birth_date=people.birth_date[who],
    )
    return assemble(
        "accounts",
        account_id=account,
        person_no=who + rows.shard.first_person,
        institution=encode(where, pa.array([each.code for each in institutions])),
        account_number=to_arrow(numbers),
        kind=encode(where, pa.array([each.kind for each in institutions])),
        currency=encode(np.zeros(len(who), dtype=np.int64), pa.array([compiled.profile.currency])),
        status=encode(closed[who].astype(np.int64), _STATUSES),
        opened_on=day_array(opened),
    )
