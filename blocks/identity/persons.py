"""The register of persons: reading, enrolling, comparing what somebody states with what is known.

It tells whether stated facts agree, and which do not; it never hands out the right value instead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from blockkit.app import Plant
from blockkit.problems import Problem
from blockkit.records import Connection, Row

COLUMNS = ("given_name", "family_name", "sex", "birth_date", "phone", "email", "functional_id")
COMPARED = ("given_name", "family_name", "birth_date", "functional_id")
"""`functional_id` names a person towards payments; who claims it for themselves has to be that person."""
PLANTED = ("given_name", "family_name", "birth_date")


@dataclass(frozen=True, slots=True)
class Person:
    """One entry of the register."""

    individual_id: str
    given_name: str
    family_name: str | None
    sex: str | None
    birth_date: date | None
    phone: str | None
    email: str | None
    functional_id: str | None
    roles: tuple[str, ...]
    deceased: bool

    @property
    def name(self) -> str:
        """The name in one line."""
        return " ".join(part for part in (self.given_name, self.family_name) if part)


@dataclass(frozen=True, slots=True)
class Verification:
    """How stated claims compare with the register."""

    known: bool
    mismatches: tuple[str, ...] = ()


def find_person(db: Connection, individual_id: str) -> Person | None:
    """Find one person by id."""
    row = db.execute("SELECT * FROM persons WHERE individual_id = %s", [individual_id]).fetchone()
    return _person(row) if row else None


def enrol(db: Connection, individual_id: str, fields: Mapping[str, Any]) -> bool:
    """Enter a person, or bring an entry up to date; tells whether the person is new."""
    row = db.execute(
        "INSERT INTO persons (individual_id, given_name, family_name, sex, birth_date, phone, email, "
        "functional_id) VALUES (%(individual_id)s, %(given_name)s, %(family_name)s, %(sex)s, "
        "%(birth_date)s, %(phone)s, %(email)s, %(functional_id)s) "
        "ON CONFLICT (individual_id) DO NOTHING RETURNING individual_id",
        {**dict.fromkeys(COLUMNS), **fields, "individual_id": individual_id},
    ).fetchone()
    if row is None:
        for column in COLUMNS:
            if fields.get(column) is not None:
                _set(db, individual_id, column, fields[column])
    return row is not None


def enrol_child(db: Connection, individual_id: str, fields: Mapping[str, Any]) -> bool:
    """Enter a child that was registered; somebody who is here already stays as they are.

    An event may come twice, and what was corrected since is not undone by the second one.
    """
    return find_person(db, individual_id) is None and enrol(db, individual_id, fields)


def verify(db: Connection, individual_id: str, claims: Mapping[str, Any]) -> Verification:
    """Compare claims with the register; case, accents' encoding and spaces around do not count."""
    person = find_person(db, individual_id)
    if person is None:
        return Verification(known=False)
    return Verification(
        known=True,
        mismatches=tuple(
            name
            for name in COMPARED
            if name in claims and _plain(claims[name]) != _plain(getattr(person, name))
        ),
    )


def plant(db: Connection, wish: Plant) -> None:
    """Change this block's copy of a person, take it out, or record a death, for an exercise."""
    if find_person(db, wish.individualId) is None:
        raise Problem(404, "individual-unknown", f"nobody here has the id {wish.individualId}")
    if wish.event is not None:
        if wish.event.get("kind") != "death":
            raise Problem(422, "nothing-to-plant", "the events this block knows: death")
        db.execute("UPDATE persons SET deceased = true WHERE individual_id = %s", [wish.individualId])
        return
    changes = wish.change or {}
    if changes == {"missing": True}:
        db.execute("DELETE FROM persons WHERE individual_id = %s", [wish.individualId])
        return
    if not changes or set(changes) - set(PLANTED):
        raise Problem(
            422,
            "nothing-to-plant",
            f"this block can change {', '.join(PLANTED)}, or take a person out by missing: true",
        )
    for column, value in changes.items():
        _set(db, wish.individualId, column, _fit(column, value))


def _fit(column: str, value: Any) -> Any:
    if column == "birth_date":
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise Problem(422, "nothing-to-plant", "birth_date is not a date like 1980-12-31") from None
    if not isinstance(value, str) or not value.strip():
        raise Problem(422, "nothing-to-plant", f"{column} is not a name")
    return value


def _set(db: Connection, individual_id: str, column: str, value: Any) -> None:
    assert column in COLUMNS
    db.execute(
        f"UPDATE persons SET {column} = %s WHERE individual_id = %s",  # noqa: S608  one of COLUMNS
        [value, individual_id],
    )


def _person(row: Row) -> Person:
    return Person(**{**row, "roles": tuple(row["roles"])})


def _plain(value: Any) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value or "")).casefold().split())
