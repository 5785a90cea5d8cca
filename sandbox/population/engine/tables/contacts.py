"""How each person can be reached: the telephone and the e-mail address that stand in persons."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.identifiers import write_emails, write_phones
from sandbox.population.engine.rows import Rows, encode
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import to_arrow

CONTACTS_PER_PERSON = 4
_PHONE, _EMAIL, _SECOND_PHONE = range(3)
_KINDS = pa.array(["phone", "email", "phone"])


def draw_contacts(rows: Rows) -> pa.RecordBatch:
    """Draw the table; the telephone is preferred wherever there is one."""
    profile, source, kept = rows.compiled.profile, rows.source, rows.kept
    second = np.zeros(source.persons, dtype=np.bool_)
    second[: len(rows.personas)] = rows.personas.second_phone
    has = np.stack([rows.has_phone, rows.has_email, second], axis=1)[:kept]
    who, kind = np.nonzero(has)
    number = rows.number[who]
    # A persona's second telephone comes after all first ones.
    phone_no = np.where(kind == _SECOND_PHONE, number + len(rows.compiled.personas), rows.phone_no[who])
    phones = to_arrow(
        write_phones(profile.phone, seed=source.seed, persons=phone_no, reserved=rows.reserved_phones)
    )
    emails = to_arrow(write_emails(profile.email_domain, persons=number))
    return assemble(
        "contacts",
        contact_no=number * CONTACTS_PER_PERSON + kind,
        person_no=number,
        kind=encode(kind, _KINDS),
        value=pc.if_else(pa.array(kind != _EMAIL), phones, emails),
        preferred=(kind == _PHONE) | ~has[who, _PHONE],
    )
