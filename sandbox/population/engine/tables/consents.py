"""Who has agreed to what before any scenario begins, and who has taken it back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.days import add_days, day_array, days_between, shift_years
from sandbox.population.engine.people import ADULT
from sandbox.population.engine.randomness import below, happens, lower
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Pool

_GIVEN, _WITHDRAWN = 350, 80
_YEARS = 3
PURPOSES = ("social-registry-check", "health-record-sharing", "contact-by-message")
_PURPOSES = Pool.of(PURPOSES)


def draw_consents(rows: Rows) -> pa.RecordBatch:
    """Draw the table: one consent for a share of the adults."""
    people = rows.present
    drawn = rows.per_person("consent")
    agreed = happens(drawn, _GIVEN) & (people.age >= ADULT)
    withdrawal = rows.per_person("consent-withdrawn")
    taken_back = happens(withdrawal, _WITHDRAWN)
    agreed[: len(rows.personas)] = rows.personas.consented
    taken_back[: len(rows.personas)] = rows.personas.consent_withdrawn
    who = np.flatnonzero(agreed)
    # Only adults consent: whoever came of age since then did so on that day at the earliest.
    adult_for = days_between(shift_years(people.birth_date[who], ADULT), rows.reference)
    span = np.minimum(adult_for, _YEARS * 365)
    ago = below(rows.per_person("consent-given")[who], 2**16) * (span + 1) >> 16
    given = add_days(rows.reference, -ago)
    after = lower(withdrawal[who]) % (ago + 1)
    return assemble(
        "consents",
        consent_no=rows.number[who],
        person_no=rows.number[who],
        purpose=_PURPOSES.encode(lower(drawn[who]) % len(PURPOSES)),
        given_on=day_array(given),
        withdrawn_on=day_array(add_days(given, after), present=taken_back[who]),
    )
