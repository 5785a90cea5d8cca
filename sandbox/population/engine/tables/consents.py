"""Who has agreed to what before any scenario begins, and who has taken it back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.people import ADULT
from sandbox.population.engine.randomness import below, happens, lower
from sandbox.population.engine.rows import Rows, add_days, day_array, days_between, encode, shift_years
from sandbox.population.engine.tables.schemas import assemble

_GIVEN, _WITHDRAWN = 350, 80
_YEARS = 3
PURPOSES = pa.array(["social-registry-check", "health-record-sharing", "contact-by-message"])


def draw_consents(rows: Rows) -> pa.RecordBatch:
    """Draw the table: one consent for a share of the adults."""
    people, source, kept = rows.people, rows.source, rows.kept
    drawn = source.per_person("consent")
    who = np.flatnonzero((happens(drawn, _GIVEN) & (people.age >= ADULT))[:kept])
    # Only adults consent: whoever came of age since then did so on that day at the earliest.
    adult_for = days_between(shift_years(people.birth_date[who], ADULT), rows.reference)
    span = np.minimum(adult_for, _YEARS * 365)
    ago = below(source.per_person("consent-given")[who], 2**16) * (span + 1) >> 16
    given = add_days(np.full(len(who), rows.reference), -ago)
    withdrawal = source.per_person("consent-withdrawn")[who]
    after = lower(withdrawal) % (ago + 1)
    return assemble(
        "consents",
        consent_no=rows.number[who],
        person_no=rows.number[who],
        purpose=encode(lower(drawn[who]) % len(PURPOSES), PURPOSES),
        given_on=day_array(given),
        withdrawn_on=day_array(add_days(given, after), present=happens(withdrawal, _WITHDRAWN)),
    )
