"""Which faults the people of one run have: the truth looked up for a few ids. Changes nothing.

Of an old address only the line that a letter would go to is told, and of a name not its twin.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sandbox.model.dirt import DirtManifest
from sandbox.model.matches import Encounter

_LINES = """
SELECT p.individual_id, t.kind, coalesce(t."column", ''), coalesce(t.true_value, ''),
       coalesce(t.registered_value, '')
FROM read_parquet(?) t
LEFT JOIN (SELECT account_id, person_no FROM read_parquet(?)) a
  ON t."table" = 'accounts' AND a.account_id = t.of
JOIN (SELECT person_no, household_no, individual_id, role FROM read_parquet(?)
       WHERE individual_id IN (SELECT unnest(?))) p
  ON CASE t."table" WHEN 'persons' THEN t.of = p.person_no WHEN 'accounts' THEN a.person_no = p.person_no
                    ELSE t.of = p.household_no AND p.role = 'head' END
WHERE t."column" IS NULL OR (t."column" NOT LIKE '%_latin' AND t."column" NOT IN ('region', 'district',
      'settlement', 'urban', 'unit_no'))
ORDER BY p.person_no, t.kind, t."column"
"""


def find_encounters(
    folder: Path, dirt: DirtManifest, individual_ids: Collection[str]
) -> tuple[Encounter, ...]:
    """Find the faults, in every register, of the people with these ids; unknown ids are nobody's."""
    import duckdb  # its loading would be part of every start

    found: list[Encounter] = []
    with duckdb.connect(config={"threads": 2}) as database:
        for register in dirt.registers:
            files = (f"truth/{register.block}.parquet", "accounts.parquet", "persons.parquet")
            rows = database.execute(_LINES, [*(str(folder / file) for file in files), sorted(individual_ids)])
            found += [
                Encounter(
                    individual_id=individual,
                    block=register.block,
                    kind=kind,
                    column=column,
                    true_value=true,
                    registered_value=wrong,
                )
                for individual, kind, column, true, wrong in rows.fetchall()
            ]
    return tuple(sorted(found, key=lambda each: each.individual_id))
