"""Schemes of personal numbers, as python-stdnum validates them.

A scheme says whether a number is well formed for somebody; whether it was ever issued, nobody here
knows. Schemes whose check is no more than a length are left out: they would accept every number.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import Any

VERSION = version("python-stdnum")

PERSONAL = (
    "ar.cuit", "at.vnr", "au.tfn", "be.bis", "be.nn", "bg.egn", "bg.pnf", "br.cpf", "ca.bc_phn", "ca.sin",
    "ch.ssn", "cl.rut", "cn.ric", "co.nit", "cr.cr", "cu.ni", "cz.rc", "de.idnr", "dk.cpr", "do.cedula",
    "ec.ci", "ee.ik", "es.dni", "es.nie", "fi.hetu", "fr.nif", "fr.nir", "gb.nhs", "gb.upn", "gr.amka",
    "gt.nit", "hr.oib", "id.nik", "ie.pps", "il.idnr", "in_.aadhaar", "in_.epic", "in_.pan", "in_.vid",
    "is_.kennitala", "it.codicefiscale", "jp.in_", "ke.pin", "kr.rrn", "lt.asmens", "lv.pvn", "mu.nid",
    "mx.curp", "mx.rfc", "my.nric", "nl.bsn", "nl.onderwijsnummer", "no.fodselsnummer", "nz.ird", "pe.cui",
    "pk.cnic", "pl.pesel", "pt.cc", "ro.cnp", "ru.inn", "se.personnummer", "si.emso", "sk.rc", "sv.nit",
    "th.pin", "tr.tckimlik", "ua.rntrc", "us.itin", "us.ssn", "za.idnr",
)  # fmt: skip
"""Modules of python-stdnum whose numbers are given to persons."""

_OF_PACKS: Mapping[str, tuple[str, ...]] = {
    "de": ("de.idnr",),
    "ee": ("ee.ik",),
    "in": ("in_.aadhaar",),
    "ua": ("ua.rntrc",),
}

_DAY_ZERO = date(1899, 12, 31)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One scheme of personal numbers."""

    name: str
    module: Any

    def is_valid(self, number: str) -> bool:
        """Ask python-stdnum."""
        return bool(self.module.is_valid(number))

    def is_living(self, number: str, today: date) -> bool:
        """Ask whether the number is well formed for somebody born by `today`."""
        if not self.is_valid(number):
            return False
        born = self._read_birth(number)
        return born is None or born <= today

    def _read_birth(self, number: str) -> date | None:
        if self.name == "ua.rntrc":
            return date.fromordinal(_DAY_ZERO.toordinal() + int(number[:5]))
        read: Callable[[str], date] | None = getattr(self.module, "get_birth_date", None)
        return None if read is None else read(number)


@cache
def load_scheme(name: str) -> Scheme:
    """Load one scheme by the name of its module."""
    return Scheme(name, importlib.import_module(f"stdnum.{name}"))


def schemes_of(pack: str) -> Sequence[Scheme]:
    """Give the schemes that a pack's national ids are written after; none where python-stdnum has none."""
    return [load_scheme(name) for name in _OF_PACKS.get(pack, ())]
