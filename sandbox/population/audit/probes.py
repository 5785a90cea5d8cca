"""The probes: each looks at every batch of every table once and says at the end what it counted.

Memory stays flat: a probe keeps counts and a bounded sample, never a column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.audit.columns import count_unlike, take_emails, take_phones
from sandbox.population.audit.report import Check
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.recipes import BirthDays
from sandbox.population.proof import banks, phones
from sandbox.population.proof.forms import (
    PROVISIONAL,
    RESERVED_DOMAIN,
    RESERVED_MAIL,
    any_of,
    iban_country,
    strength_of,
    write_functional_pattern,
    write_id_pattern,
    write_phone_pattern,
)
from sandbox.population.proof.schemes import schemes_of

FULLY_CHECKED = 100_000
"""Up to so many values are given one by one to the validator itself, not only to its patterns."""

_RESERVED_ADDRESS = rf"(?i)(?:@|://|www\.){RESERVED_DOMAIN}(?:[/:?#].*)?$"

_DAY_ZERO = date(1899, 12, 31)


class Probe(Protocol):
    """Looks at batches, then gives its checks."""

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Look at one batch of one table."""
        ...

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        ...


@dataclass(slots=True)
class _OneByOne:
    """Gives the first FULLY_CHECKED values to a validator one by one."""

    is_real: Callable[[str], bool]
    checked: int = 0
    real: int = 0

    def look(self, values: pa.StringArray) -> None:
        taken = values.slice(0, FULLY_CHECKED - self.checked)
        self.checked += len(taken)
        self.real += sum(map(self.is_real, taken.to_pylist()))

    def say(self, total: int) -> str:
        return "all" if self.checked == total else f"the first {self.checked:,}"


class Phones:
    """No phone is a number that libphonenumber accepts."""

    def __init__(self, pack: Pack) -> None:
        self._form = any_of([write_phone_pattern(pack.profile.phone)])
        self._code = pack.profile.phone.country_code
        self._valid = phones.write_valid_pattern(int(self._code))
        self._fully = _OneByOne(phones.is_valid)
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


class Accounts:
    """Account numbers have right check digits where they are IBANs, and no bank's code."""

    def __init__(self, pack: Pack) -> None:
        self._form = any_of([write_id_pattern(pack.profile.account_number)])
        self._country = iban_country(pack.profile)
        self._place = banks.find_bank_code(self._country) if self._country else None
        self._codes: set[str] = set()
        self._seen = self._odd = self._wrong = self._known = 0

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Look at the accounts."""
        del table
        if "account_number" not in batch.schema.names:
            return
        values = batch.column("account_number").drop_null()
        self._seen += len(values)
        self._odd += count_unlike(values, self._form)
        if self._country is None:
            # Domestic numbers must not read as an IBAN of a country that has them.
            like = values.filter(pc.match_substring_regex(values, "^[A-Z]{2}[0-9]{2}"))
            starts = pc.unique(pc.utf8_slice_codeunits(like, 0, 2)).to_pylist()
            self._known += sum(banks.find_bank_code(start) is not None for start in starts)
            return
        whole = values.filter(pc.match_substring_regex(values, "^[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}$"))
        self._wrong += len(values) - int(banks.have_right_digits(whole).sum())
        if self._place is not None:
            codes = pc.utf8_slice_codeunits(values, *self._place)
            for code, count in ((each["values"], each["counts"]) for each in pc.value_counts(codes)):
                self._codes.add(code.as_py())
                self._known += count.as_py() if banks.is_known(self._country, code.as_py()) else 0

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        form = Check(
            name="accounts of the pack's form",
            holds=not self._odd,
            counted=self._seen,
            found=self._odd,
            how="every account number against the pack's recipe",
        )
        if self._country is None:
            how = (
                "domestic numbers: none begins as an IBAN of any country; how far that goes, "
                "the pack's class says"
            )
            return (
                form,
                Check(
                    name="known banks", holds=not self._known, counted=self._seen, found=self._known, how=how
                ),
            )
        listed = banks.has_banks(self._country) and self._place is not None
        return (
            form,
            Check(
                name="right IBAN check digits",
                holds=not self._wrong,
                counted=self._seen,
                found=self._wrong,
                how="mod 97-10 computed for every account",
            ),
            Check(
                name="known banks",
                holds=listed and not self._known,
                counted=self._seen,
                found=self._known,
                how=f"bank codes of all accounts ({len(self._codes)} different) looked up in schwifty "
                f"{banks.VERSION}"
                if listed
                else f"schwifty {banks.VERSION} lists no banks of {self._country}: nothing is proven",
            ),
        )


class Identifiers:
    """National ids bear the pack's mark, and no validator takes them for a living person's."""

    def __init__(self, pack: Pack) -> None:
        profile = pack.profile
        self._own_form = any_of([write_id_pattern(profile.individual_id)])
        self._form = any_of([write_id_pattern(profile.individual_id), PROVISIONAL])
        self._functional = any_of([write_functional_pattern(profile.functional_id_prefix)])
        self._schemes = schemes_of(pack.code)
        self._strength = strength_of(profile, "persons.individual_id")
        self._fully = _OneByOne(
            lambda value: any(scheme.is_living(value, profile.reference_date) for scheme in self._schemes)
        )
        self._dated = isinstance(profile.individual_id.parts[0], BirthDays)
        self._today = (profile.reference_date - _DAY_ZERO).days
        self._seen = self._odd = self._past = self._own = self._foreign = 0

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Look at the persons' numbers."""
        del table
        if "individual_id" in batch.schema.names:
            values = batch.column("individual_id").drop_null()
            self._seen += len(values)
            odd = count_unlike(values, self._form)
            self._odd += odd
            if self._schemes:
                self._fully.look(values)
            if self._dated and not odd:
                dated = values.filter(pc.match_substring_regex(values, self._own_form))
                days = pc.utf8_slice_codeunits(dated, 0, 5).cast(pa.int64())
                self._past += pc.sum(pc.less_equal(days, self._today)).as_py() or 0
        if "functional_id" in batch.schema.names:
            own = batch.column("functional_id").drop_null()
            self._own += len(own)
            self._foreign += count_unlike(own, self._functional)

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        names = ", ".join(scheme.name for scheme in self._schemes)
        how = (
            f"{self._fully.say(self._seen)} one by one by python-stdnum ({names}): refused, or born after "
            "the reference date" + ("; the date in every id is in the future" if self._dated else "")
            if self._schemes
            else f"python-stdnum has no such scheme; the pack's class is {self._strength!r}, no more"
        )
        return (
            Check(
                name="ids with the pack's mark",
                holds=not self._odd,
                counted=self._seen,
                found=self._odd,
                how="every id against the pack's recipe, or the provisional form of a persona without id",
            ),
            Check(
                name="ids of living persons",
                holds=not (self._fully.real or self._past),
                counted=self._seen,
                found=max(self._fully.real, self._past),
                how=how,
            ),
            Check(
                name="functional ids of this sandbox",
                holds=not self._foreign,
                counted=self._own,
                found=self._foreign,
                how="every functional id against the sandbox's own form",
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
