"""How each person can be reached: the telephone and the e-mail address that stand in persons."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.identifiers import write_emails, write_phones
from sandbox.population.engine.rows import Rows, encode
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import to_arrow

CONTACTS_PER_PERSON = 4
_KINDS = pa.array(["phone", "email"])


def draw_contacts(rows: Rows) -> pa.RecordBatch:
    """Draw the table; the telephone is preferred wherever there is one."""
    profile, source, kept = rows.compiled.profile, rows.source, rows.kept
    has = np.stack([rows.has_phone, rows.has_email], axis=1)[:kept]
    who, kind = np.nonzero(has)
    number = rows.number[who]
    phones = to_arrow(write_phones(profile.phone, seed=source.seed, persons=number))
    emails = to_arrow(write_emails(profile.email_domain, persons=number))
    return assemble(
        "contacts",
        contact_no=number * CONTACTS_PER_PERSON + kind,
        person_no=number,
        kind=encode(kind, _KINDS),
        value=pa.compute.if_else(pa.array(kind == 0), phones, emails),
        preferred=(kind == 0) | ~has[who, 0],
    )
