"""Links the identity register with the digital registries as an office would, and counts against the truth.

Every rule is simple and stated. Whoever is found by it is entitled or not by what the second
register says; whoever is not found gets nothing. Reads Parquet with DuckDB and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.errors import ContentError
from sandbox.model.dirt import REGISTERS, TRUTH
from sandbox.model.matches import GroupCount, Linking, MatchReport
from sandbox.population.dirt.eligibility import Eligibility, OldAge
from sandbox.population.files.cache import read_manifest

FIRST, SECOND = "identity", "digital-registries"

_SAME_DETAILS = "a.name = b.name AND a.birth_date = b.birth_date"
RULES: Mapping[str, tuple[str, str]] = {
    "id": ("the number is the same", "a.individual_id = b.individual_id"),
    "id-and-details": (
        "the number, the whole name and the date of birth are the same",
        f"a.individual_id = b.individual_id AND {_SAME_DETAILS}",
    ),
    "details": ("the whole name and the date of birth are the same", _SAME_DETAILS),
}
"""Rules by name: in words, and as SQL. Names are compared without regard to capitals."""

CHOSEN = "id-and-details"
"""What the reference registration block does: it looks up by number, then compares."""

_AGES = "CASE WHEN age < 18 THEN '0-17' WHEN age < 35 THEN '18-34' WHEN age < 65 THEN '35-64' ELSE '65+' END"
_GROUPS: Mapping[str, str] = {
    "sex": "sex",
    "age": _AGES,
    "district": "district",
    "disability": "if(disability, 'with a disability', 'without')",
    "phone": "if(phone IS NULL, 'has none', 'has one')",
    "literacy": "if(literate, 'reads and writes', 'does not')",
    "place": "if(urban, 'urban', 'rural')",
}

_EVERYBODY = """
CREATE TABLE everybody AS
SELECT p.person_no, p.sex, p.disability, p.phone, p.literate, h.district, h.urban,
       date_diff('year', p.birth_date, getvariable('today'))
         - if(strftime(p.birth_date, '%m%d') > strftime(getvariable('today'), '%m%d'), 1, 0) AS age,
       {entitled} AS entitled
FROM persons p JOIN households h USING (household_no)
"""
_HELD = """
CREATE TABLE {alias} AS
SELECT p.person_no AS number, coalesce(t.of, p.person_no) AS person_no, p.individual_id, p.birth_date,
       lower(p.given_name || ' ' || coalesce(p.family_name, '')) AS name, {entitled} AS entitled
FROM {persons} p LEFT JOIN {households} h USING (household_no) LEFT JOIN {twice} t ON t.row = p.person_no
"""
_FOUND = """
CREATE OR REPLACE TABLE found AS
SELECT a.person_no AS person_no, b.person_no AS other_no, b.entitled AS entitled, b.number AS number
FROM a JOIN b ON {rule}
"""
_COURSE = """
CREATE OR REPLACE TABLE course AS
WITH by_person AS (
    SELECT person_no, count_if(other_no <> person_no) AS false_, bool_or(other_no = person_no) AS found,
           bool_or(entitled) AS granted, count(DISTINCT number) FILTER (entitled) AS grants
    FROM found GROUP BY person_no)
SELECT e.*, coalesce(f.false_, 0) AS false_, coalesce(f.granted, false) AS granted,
       coalesce(f.grants, 0) AS grants, NOT (ia.person_no IS NOT NULL AND ib.person_no IS NOT NULL) AS absent,
       ia.person_no IS NOT NULL AND ib.person_no IS NOT NULL AND NOT coalesce(f.found, false) AS missed
FROM everybody e
LEFT JOIN by_person f USING (person_no)
LEFT JOIN (SELECT DISTINCT person_no FROM a) ia ON ia.person_no = e.person_no
LEFT JOIN (SELECT DISTINCT person_no FROM b) ib ON ib.person_no = e.person_no
"""
_DEAD = """
SELECT count(DISTINCT person_no) FROM found
WHERE entitled AND person_no NOT IN (SELECT person_no FROM everybody)
"""
_COUNTS = """
count(*), sum(false_)::BIGINT, count_if(missed), count_if(absent), count_if(entitled),
count_if(entitled AND NOT granted), count_if(granted AND NOT entitled), count_if(entitled AND grants > 1)
"""


def count_matches(folder: Path, *, eligibility: Eligibility | None = None, rule: str = CHOSEN) -> MatchReport:
    """Link the two registers of a population by every rule, and count by group for one of them.

    Raises ContentError when the folder is no population or can't be read.
    """
    import duckdb  # its loading would be part of every start

    manifest = read_manifest(folder)
    asked = eligibility or OldAge()
    try:
        with duckdb.connect(config={"threads": 2}) as database:
            _open_tables(database, folder, asked, manifest.reference_date)
            linkings: list[Linking] = []
            groups: tuple[GroupCount, ...] = ()
            for name in RULES:
                linkings.append(_link(database, name))
                if name == rule:
                    groups = tuple(_count_groups(database))
    except duckdb.Error as error:
        raise ContentError(
            f"the population can't be read: {str(error).splitlines()[0]}",
            path=str(folder),
            hint="generate it again",
        ) from error
    return MatchReport(
        first=FIRST,
        second=SECOND,
        people=sum(group.people for group in groups if group.group == "sex"),
        entitled=sum(group.entitled for group in groups if group.group == "sex"),
        eligibility=asked.sentence,
        linkings=tuple(linkings),
        rule=rule,
        groups=groups,
    )


def _open_tables(database: Any, folder: Path, eligibility: Eligibility, today: str) -> None:
    """Make `everybody` by the truth, `a` and `b` by the registers; a row of `b` knows what it entitles to."""
    for table in ("persons", "households"):
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM {_parquet(folder / f'{table}.parquet')}")  # noqa: S608
    entitled = eligibility.condition
    database.execute(f"SET VARIABLE today = DATE '{date.fromisoformat(today)}'")
    database.execute(_EVERYBODY.format(entitled=entitled))
    for alias, block in (("a", FIRST), ("b", SECOND)):
        held = {table: _held(folder, block, table) for table in ("persons", "households")}
        database.execute(_HELD.format(alias=alias, entitled=entitled, twice=_twice(folder, block), **held))


def _link(database: Any, rule: str) -> Linking:
    sentence, condition = RULES[rule]
    database.execute(_FOUND.format(rule=condition))
    database.execute(_COURSE)
    right = database.execute("SELECT count_if(person_no = other_no) FROM found").fetchone()[0]
    dead = database.execute(_DEAD).fetchone()[0]
    _, false, missed, absent, _, excluded, included, twice = database.execute(
        f"SELECT {_COUNTS} FROM course"  # noqa: S608
    ).fetchone()
    return Linking(
        rule=rule,
        sentence=sentence,
        right=right,
        false=false,
        missed=missed,
        absent=absent,
        excluded=excluded,
        included=included,
        twice=twice,
        dead=dead,
    )


def _count_groups(database: Any) -> list[GroupCount]:
    found = []
    for group, value in _GROUPS.items():
        rows = database.execute(
            f"SELECT {value} AS value, {_COUNTS} FROM course GROUP BY ALL ORDER BY 1"  # noqa: S608
        ).fetchall()
        found += [
            GroupCount(
                group=group,
                value=str(row[0]),
                people=row[1],
                false=row[2],
                missed=row[3],
                absent=row[4],
                entitled=row[5],
                excluded=row[6],
                included=row[7],
            )
            for row in rows
        ]
    return found


def _held(folder: Path, block: str, table: str) -> str:
    own = folder / REGISTERS / block / f"{table}.parquet"
    return _parquet(own if own.is_file() else folder / f"{table}.parquet")


def _twice(folder: Path, block: str) -> str:
    path = folder / TRUTH / f"{block}.parquet"
    if not path.is_file():
        return "(SELECT 0::BIGINT AS row, 0::BIGINT AS of WHERE false)"
    return f"(SELECT row, of FROM {_parquet(path)} WHERE \"table\" = 'persons' AND kind = 'duplicate')"  # noqa: S608


def _parquet(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return f"read_parquet('{quoted}')"
