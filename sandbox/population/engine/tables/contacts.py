"""How each person can be reached: the telephone and the e-mail address that stand in persons."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Pool, to_arrow

CONTACTS_PER_PERSON = 4
_PHONE, _EMAIL, _SECOND_PHONE = range(3)
_KINDS = Pool.of(["phone", "email", "phone"])


def draw_contacts(rows: Rows) -> pa.RecordBatch:
    """Draw the table; the telephone is preferred wherever there is one."""
    known = rows.personas
    second = np.zeros(rows.kept, dtype=np.bool_)
    second[: len(known)] = known.second_phone
    has = np.stack([rows.has_phone, rows.has_email, second], axis=1)
    who, kind = np.nonzero(has)
    number = rows.number[who]
    phones, emails = to_arrow(rows.phones), to_arrow(rows.emails)
    # A persona's second telephone comes after all first ones.
    seconds = to_arrow(rows.write_phones(number[kind == _SECOND_PHONE] + len(rows.compiled.personas)))
    values = pa.concat_arrays([phones, emails, seconds])
    place = np.empty(len(who), dtype=np.int64)
    begin = 0
    for each, written in ((_PHONE, phones), (_EMAIL, emails), (_SECOND_PHONE, seconds)):
        place[kind == each] = np.arange(begin, begin + len(written))
        begin += len(written)
    return assemble(
        "contacts",
        contact_no=number * CONTACTS_PER_PERSON + kind,
        person_no=number,
        kind=_KINDS.encode(kind),
        value=values.take(pa.array(place)),
        preferred=(kind == _PHONE) | ~rows.has_phone[who],
    )
