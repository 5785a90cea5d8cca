"""Births, marriages, divorces and deaths, consistent with ages and kinship.

Everybody has a birth. Couples have a marriage. Heads and grandmothers without a spouse may be
divorced or widowed: then they have a marriage and a divorce, or a marriage and the death of
somebody who is not in the population. Nothing happens after the reference date, nobody marries
before 18, and nobody dies more than nine months before their youngest child is born.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.archetypes import NOBODY, Role, Sex
from sandbox.population.engine.days import Days, add_days, day_array, days_between, shift_years
from sandbox.population.engine.people import ADULT
from sandbox.population.engine.randomness import Flags, Integers, below, happens, lower, remainder
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Pool

EVENTS_PER_PERSON = 4
KINDS = ("birth", "marriage", "divorce", "death")

_KINDS = Pool.of(KINDS)
_SPACE = pa.scalar(" ")
_BIRTH, _MARRIAGE, _DIVORCE, _DEATH = range(4)
_UNREPORTED_BIRTHS, _UNREPORTED_DEATHS = 30, 60
_LATEST_REPORT = 90
_MARRIES_WITHIN = 15 * 365
_MARRIED_FOR_DAYS = 30
"""At the least, before a divorce or a death."""
_PREGNANCY = 270
_DIVORCED = 250


@dataclass(frozen=True, slots=True)
class Events:
    """One kind of events: whose they are, when, and who else took part. Positions in the shard."""

    kind: int
    owner: Integers
    day: Days
    registered: Days
    reported: Flags
    person: Integers
    partner: Integers
    mother: Integers
    father: Integers
    name_of: Integers
    """Whose name is the subject's, at birth."""
    born: Days
    unit_no: Integers


def draw_events(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    parted = _part(rows)
    events = [_births(rows), _marriages(rows, parted), *_endings(rows, parted), _persona_deaths(rows)]

    def together(name: str) -> Any:
        return np.concatenate([getattr(each, name) for each in events])

    owner = together("owner")
    kind = np.repeat(np.arange(len(events)), [len(each.owner) for each in events])
    kind = np.array([each.kind for each in events])[kind]
    number = owner * EVENTS_PER_PERSON + kind
    # Every number is one event's at most, so they are put in order without sorting.
    event = np.full(rows.source.persons * EVENTS_PER_PERSON, -1, dtype=np.int64)
    event[number] = np.arange(len(number))
    event = event[: rows.kept * EVENTS_PER_PERSON]
    order = event[event >= 0]
    reported = together("reported")[order]
    return assemble(
        "civil_events",
        event_no=number[order] + rows.shard.first_person * EVENTS_PER_PERSON,
        kind=_KINDS.encode(kind[order]),
        event_date=day_array(together("day")[order]),
        registered_on=day_array(together("registered")[order], present=reported),
        person_no=rows.refer(together("person")[order]),
        partner_no=rows.refer(together("partner")[order]),
        mother_no=rows.refer(together("mother")[order]),
        father_no=rows.refer(together("father")[order]),
        subject_name=_full_names(rows, together("name_of")[order]),
        subject_birth_date=day_array(together("born")[order]),
        unit_no=together("unit_no")[order],
    )


def _full_names(rows: Rows, who: Integers) -> pa.Array:
    """Join the names at birth that each of these persons has."""
    names, chosen = rows.names, pa.array(who)
    parts = [
        part.dictionary_decode() if pa.types.is_dictionary(part.type) else part
        for part in (
            each.take(chosen)
            for each in (names.given_name, names.other_names, names.birth_name)
            if each.null_count < len(each)
        )
    ]
    return pc.binary_join_element_wise(*parts, _SPACE, null_handling="skip")


def _births(rows: Rows) -> Events:
    people, household = rows.present, rows.people.household
    everybody = np.arange(rows.kept, dtype=np.int64)
    drawn = rows.per_person("birth-registered")
    registered = add_days(people.birth_date, below(drawn, _LATEST_REPORT))
    reported = ~happens(drawn << np.uint64(32), _UNREPORTED_BIRTHS) & (registered <= rows.reference)
    # Whoever lives with a parent was born where the household is; others anywhere.
    elsewhere = rows.compiled.unit_no.take(rows.compiled.place.draw(rows.per_person("birth-place")))
    parent = np.where(people.kin.mother != NOBODY, people.kin.mother, people.kin.father)
    at_home = (parent != NOBODY) & (household[parent] == people.household)
    return Events(
        kind=_BIRTH,
        owner=everybody,
        day=people.birth_date,
        registered=registered,
        reported=reported,
        person=everybody,
        partner=np.full(rows.kept, NOBODY),
        mother=people.kin.mother,
        father=people.kin.father,
        name_of=everybody,
        born=people.birth_date,
        unit_no=np.where(at_home, rows.unit_no[people.household], elsewhere),
    )


@dataclass(frozen=True, slots=True)
class _Parted:
    """People who lost a spouse, by divorce or by death, and that spouse, who is not in the population."""

    who: Integers
    widowed: Flags
    wed: Days
    ended: Days
    spouse_born: Days
    name_of: Integers


def _part(rows: Rows) -> _Parted:
    """Decide who is divorced or widowed, and choose days that agree with their ages and children."""
    people, source = rows.people, rows.source
    chance = source.per_person("parted")
    alone = (people.kin.spouse == NOBODY) & (people.age >= ADULT + 3)
    alone &= (people.role == Role.HEAD) | (people.role == Role.PARENT)
    widowed = alone & (
        below(chance, 1000) < np.where(people.role == Role.PARENT, 850, (people.age - 35) * 12)
    )
    divorced = alone & ~widowed & (people.role == Role.HEAD) & (remainder(lower(chance), 1000) < _DIVORCED)
    who = np.flatnonzero(widowed | divorced)
    who = who[who >= len(rows.personas)]
    born, sex = people.birth_date[who], people.sex[who]
    apart = source.per_person("late-spouse")[who]
    # A late husband was up to ten years older, a late wife up to five years younger or older.
    gap = np.where(sex == Sex.FEMALE, below(apart, 11 * 365), below(apart, 10 * 365) - 5 * 365)
    spouse_born = add_days(born, -gap)
    of_age = np.maximum(shift_years(born, ADULT), shift_years(spouse_born, ADULT))
    days = source.per_person("parted-days")[who]
    latest = days_between(of_age, rows.reference) - _MARRIED_FOR_DAYS
    possible = latest >= 0
    span = np.minimum(np.maximum(latest, 0), _MARRIES_WITHIN)
    wed = add_days(of_age, below(days, 2**16) * (span + 1) >> 16)
    earliest = np.maximum(wed + np.timedelta64(_MARRIED_FOR_DAYS, "D"), _last_conception(rows, who))
    span = days_between(earliest, rows.reference)
    ended = add_days(earliest, (lower(days) * (np.maximum(span, 0) + 1)) >> 32)
    return _Parted(
        who=who[possible],
        widowed=widowed[who[possible]],
        wed=wed[possible],
        ended=ended[possible],
        spouse_born=spouse_born[possible],
        name_of=_namesakes(rows, who, apart)[possible],
    )


def _last_conception(rows: Rows, who: Integers) -> Days:
    """Give for each the day nine months before their youngest child was born; else long ago."""
    people = rows.people
    asked = np.zeros(rows.source.persons, dtype=np.bool_)
    asked[who] = True
    youngest = np.full(rows.source.persons, np.datetime64("1800-01-01", "D"))
    for parent in (people.kin.mother, people.kin.father):
        child = np.flatnonzero((parent != NOBODY) & asked[parent])
        np.maximum.at(youngest, parent[child], people.birth_date[child])
    return youngest[who] - np.timedelta64(_PREGNANCY, "D")


def _namesakes(rows: Rows, who: Integers, drawn: np.ndarray) -> Integers:
    """Choose for each a person of the other sex whose name the late or former spouse bore."""
    chosen = np.zeros(len(who), dtype=np.int64)
    for sex in Sex:
        bearers = np.flatnonzero(rows.people.sex == sex)
        wants = rows.people.sex[who] != sex
        chosen[wants] = bearers[lower(drawn[wants]) % max(1, len(bearers))] if len(bearers) else who[wants]
    return chosen


def _marriages(rows: Rows, parted: _Parted) -> Events:
    """Couples of the population, then marriages that ended."""
    people, source = rows.people, rows.source
    head = np.flatnonzero((people.kin.spouse != NOBODY) & (people.role == Role.HEAD))
    spouse = people.kin.spouse[head]
    of_age = shift_years(np.maximum(people.birth_date[head], people.birth_date[spouse]), ADULT)
    span = np.minimum(days_between(of_age, rows.reference), _MARRIES_WITHIN)
    day = add_days(of_age, below(source.per_person("married")[head], 2**16) * (span + 1) >> 16)
    owner = np.concatenate([head, parted.who])
    day = np.concatenate([day, parted.wed])
    nobody = np.full(len(owner), NOBODY)
    return Events(
        kind=_MARRIAGE,
        owner=owner,
        day=day,
        registered=day,
        reported=np.ones(len(owner), dtype=np.bool_),
        person=owner,
        partner=np.concatenate([spouse, np.full(len(parted.who), NOBODY)]),
        mother=nobody,
        father=nobody,
        name_of=owner,
        born=people.birth_date[owner],
        unit_no=rows.unit_no[people.household[owner]],
    )


def _persona_deaths(rows: Rows) -> Events:
    """Deaths of persons who are in the population still."""
    known = rows.personas
    who = np.flatnonzero(~np.isnat(known.death_date))
    nobody, day = np.full(len(who), NOBODY), known.death_date[who]
    return Events(
        kind=_DEATH,
        owner=who,
        day=day,
        registered=day + np.timedelta64(7, "D"),
        reported=np.ones(len(who), dtype=np.bool_),
        person=who,
        partner=rows.people.kin.spouse[who],
        mother=nobody,
        father=nobody,
        name_of=who,
        born=rows.people.birth_date[who],
        unit_no=rows.unit_no[rows.people.household[who]],
    )


def _endings(rows: Rows, parted: _Parted) -> tuple[Events, Events]:
    """Divorces, and deaths of husbands and wives who are not in the population."""
    unit_no = rows.unit_no[rows.people.household[parted.who]]
    nobody = np.full(len(parted.who), NOBODY)
    late = rows.source.per_person("death-registered")[parted.who]
    registered = add_days(parted.ended, below(late, _LATEST_REPORT))
    reported = ~happens(late << np.uint64(32), _UNREPORTED_DEATHS) & (registered <= rows.reference)

    def choose(kind: int, chosen: Flags, *, is_death: bool) -> Events:
        who = parted.who[chosen]
        return Events(
            kind=kind,
            owner=who,
            day=parted.ended[chosen],
            registered=registered[chosen] if is_death else parted.ended[chosen],
            reported=reported[chosen] if is_death else np.ones(len(who), dtype=np.bool_),
            person=nobody[chosen] if is_death else who,
            partner=who if is_death else nobody[chosen],
            mother=nobody[chosen],
            father=nobody[chosen],
            name_of=parted.name_of[chosen] if is_death else who,
            born=parted.spouse_born[chosen] if is_death else rows.people.birth_date[who],
            unit_no=unit_no[chosen],
        )

    return (
        choose(_DIVORCE, ~parted.widowed, is_death=False),
        choose(_DEATH, parted.widowed, is_death=True),
    )
