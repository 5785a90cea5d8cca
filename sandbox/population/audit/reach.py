"""Probes of how people are reached: no phone is anybody's, and mail and web lie at reserved domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.audit.columns import count_unlike, take_emails, take_phones
from sandbox.population.audit.probes import OneByOne
from sandbox.population.audit.report import Check
from sandbox.population.packs.folder import Pack
from sandbox.population.proof import phones
from sandbox.population.proof.forms import RESERVED_DOMAIN, RESERVED_MAIL, any_of, write_phone_pattern

_RESERVED_ADDRESS = rf"(?i)(?:@|://|www\.){RESERVED_DOMAIN}(?:[/:?#].*)?$"


class Phones:
    """No phone is a number that libphonenumber accepts."""

    def __init__(self, pack: Pack) -> None:
        self._form = any_of([write_phone_pattern(pack.profile.phone)])
        self._code = pack.profile.phone.country_code
        self._valid = phones.write_valid_pattern(int(self._code))
        self._fully = OneByOne(phones.is_valid)
        self._seen = self._odd = self._accepted = 0

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Compare every phone with the pack's form, and with libphonenumber's patterns."""
        for values in take_phones(table, batch):
            self._seen += len(values)
            self._odd += count_unlike(values, self._form)
            self._fully.look(values)
            if self._valid is not None:
                for number in values.filter(pc.match_substring_regex(values, self._valid)).to_pylist():
                    self._accepted += phones.is_valid(number)

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        known = (
            f"every phone against libphonenumber {phones.VERSION}'s patterns of {self._code}"
            if self._valid is not None
            else f"no country has the code {self._code} (libphonenumber {phones.VERSION})"
        )
        return (
            Check(
                name="phones of the pack's form",
                holds=not self._odd,
                counted=self._seen,
                found=self._odd,
                how="every phone against the pack's country code, prefixes and length",
            ),
            Check(
                name="valid phones",
                holds=not (self._accepted or self._fully.real),
                counted=self._seen,
                found=max(self._accepted, self._fully.real),
                how=f"{known}; {self._fully.say(self._seen)} one by one by the library itself",
            ),
        )


@dataclass(slots=True)
class Domains:
    """Mail and web addresses lie at domains that nobody can register, in whatever column they stand."""

    _mails: int = field(default=0)
    _foreign: int = field(default=0)
    _elsewhere: int = field(default=0)
    _texts: int = field(default=0)

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Look at mail columns by their rule, and at all other text for addresses."""
        for values in take_emails(table, batch):
            self._mails += len(values)
            self._foreign += count_unlike(values, RESERVED_MAIL)
        for name in batch.schema.names:
            column = batch.column(name)
            if not pa.types.is_string(column.type) or name in ("email", "phone"):
                continue
            self._texts += len(column)
            like = column.filter(pc.match_substring_regex(column, r"(?i)[a-z0-9]@[a-z0-9]|://|www\."))
            if len(like):
                kept = count_unlike(like, _RESERVED_ADDRESS)
                self._elsewhere += kept

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        return (
            Check(
                name="mail at domains that can be registered",
                holds=not self._foreign,
                counted=self._mails,
                found=self._foreign,
                how="the domain of every mail address against RFC 2606 and RFC 6761",
            ),
            Check(
                name="mail and web addresses in other text",
                holds=not self._elsewhere,
                counted=self._texts,
                found=self._elsewhere,
                how="every text of every table searched for addresses at other domains",
            ),
        )
