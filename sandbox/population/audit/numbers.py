"""Probes of numbers that belong to one person: accounts and ids bear the pack's mark and are nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.audit.columns import count_unlike
from sandbox.population.audit.probes import OneByOne
from sandbox.population.audit.report import Check
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.recipes import BirthDays
from sandbox.population.proof import banks
from sandbox.population.proof.forms import (
    PROVISIONAL,
    any_of,
    iban_country,
    strength_of,
    write_functional_pattern,
    write_id_pattern,
)
from sandbox.population.proof.schemes import schemes_of

_DAY_ZERO = date(1899, 12, 31)


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
        self._fully = OneByOne(
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
