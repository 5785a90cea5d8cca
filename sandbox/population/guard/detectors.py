"""Finds in one text what could be somebody's: mail, phones, cards, accounts, personal numbers.

Each detector has a pattern for whole columns, which lets nothing through that the detector itself would
find, and a slow look at single texts. Used where a column isn't known to hold just that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import phonenumbers
import pyarrow as pa
from stdnum import luhn

from sandbox.population.proof import banks
from sandbox.population.proof.forms import RESERVED_MAIL
from sandbox.population.proof.schemes import load_scheme


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of value that is searched for in text."""

    rule: str
    why: str
    candidates: str
    """RE2, for whole columns."""
    finds: Callable[[str], bool]
    harmless: str = r"^$"
    """RE2: candidates that are cleared as a whole, because nothing of that form is found by `finds`."""


_RESERVED = re.compile(RESERVED_MAIL)
_MAIL = re.compile(r"[^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"']+")
_IBAN = re.compile(r"(?<![0-9A-Z])[A-Z]{2}[0-9]{2}(?:[ -]?[0-9A-Z]){10,30}")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_ISSUED = re.compile(
    r"4|5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)|3[47]|3(?:0|6|8|9)|6(?:011|4[4-9]|5|2)|35|50|5[6-8]|6[0-9]"
)
"""First digits of card numbers (ISO/IEC 7812) that the large networks issue."""
_TOKEN = re.compile(r"[^\s,;:()\[\]<>\"'|=]+")
_SPACED = re.compile(r"[0-9A-Z][0-9A-Z .\-/+]{5,24}[0-9A-Z]", re.IGNORECASE)

STRONG: Mapping[int, tuple[str, ...]] = {
    9: ("es.dni", "es.nie", "ie.pps"),
    8: ("ie.pps",),
    10: ("bg.egn", "ca.bc_phn", "cz.rc", "dk.cpr", "ec.ci", "in_.epic", "in_.pan", "is_.kennitala",
         "se.personnummer", "sk.rc"),
    11: ("ar.cuit", "be.bis", "be.nn", "br.cpf", "cu.ni", "de.idnr", "ee.ik", "fi.hetu", "gr.amka",
         "ke.pin", "lt.asmens", "no.fodselsnummer", "pl.pesel", "se.personnummer", "tr.tckimlik"),
    12: ("my.nric", "ru.inn", "se.personnummer"),
    13: ("ch.ssn", "fr.nif", "gb.upn", "kr.rrn", "mx.rfc", "ro.cnp", "si.emso", "za.idnr"),
    14: ("mu.nid", "sv.nit"),
    15: ("fr.nir",),
    16: ("id.nik", "it.codicefiscale"),
    18: ("cn.ric", "mx.curp"),
}  # fmt: skip
"""By length: schemes that take fewer than one in 25 numbers of that length that were drawn by chance."""

WRITTEN: Mapping[str, str] = {
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "pk.cnic": r"\d{5}-\d{7}-\d",
    "in_.aadhaar": r"\d{4} \d{4} \d{4}",
    "gb.nhs": r"\d{3} \d{3} \d{4}",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d{2}",
    "cl.rut": r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]",
    "ca.sin": r"\d{3}[ -]\d{3}[ -]\d{3}",
    "do.cedula": r"\d{3}-\d{7}-\d",
    "th.pin": r"\d-\d{4}-\d{5}-\d{2}-\d",
    "kr.rrn": r"\d{6}-\d{7}",
}
"""Schemes whose check is weak, known by how their numbers are written."""

_WRITTEN = {name: re.compile(rf"(?<![\d.-]){form}(?![\d.-])") for name, form in WRITTEN.items()}

WEAK = ("at.vnr", "au.tfn", "bg.pnf", "ca.sin", "cl.rut", "co.nit", "do.cedula", "gb.nhs", "hr.oib",
        "il.idnr", "in_.aadhaar", "in_.vid", "jp.in_", "lv.pvn", "nl.bsn", "nz.ird", "pk.cnic", "pt.cc",
        "th.pin", "ua.rntrc")  # fmt: skip
"""Schemes that take a tenth of all numbers: a whole column of them is no chance, a single one may be."""

_LONGEST_MARK = max(STRONG)


def holds_mail(text: str) -> bool:
    """Say whether a mail address at a domain that can be registered is in the text."""
    return any(not _RESERVED.search(found.rstrip(".")) for found in _MAIL.findall(text))


def holds_phone(text: str) -> bool:
    """Say whether a valid phone with its country code is in the text."""
    spelled = re.sub(r"(?<!\d)00(?=[1-9])", "+", text)
    return any(
        phonenumbers.is_valid_number(each.number) for each in phonenumbers.PhoneNumberMatcher(spelled, None)
    )


def holds_iban(text: str) -> bool:
    """Say whether an account of an IBAN country, with right check digits, is in the text."""
    for found in _IBAN.findall(text.upper()):
        compact = re.sub(r"[ -]", "", found)
        length = banks.iban_length(compact[:2])
        if length is not None and len(compact) >= length:
            whole = compact[:length]
            if banks.have_right_digits(pa.array([whole]))[0]:
                return True
    return False


def holds_card(text: str) -> bool:
    """Say whether a number of a payment card is in the text."""
    for found in _CARD.findall(text):
        digits = re.sub(r"[ -]", "", found)
        if _ISSUED.match(digits) and luhn.is_valid(digits):
            return True
    return False


def holds_personal_number(text: str) -> bool:
    """Say whether a number that a scheme of personal numbers accepts is in the text."""
    if any(
        load_scheme(name).is_valid(found) for name, form in _WRITTEN.items() for found in form.findall(text)
    ):
        return True
    tokens = {token.strip(".") for token in _TOKEN.findall(text)}
    tokens |= set(_SPACED.findall(text)) if len(text) <= 40 else set()
    return any(map(_is_strong, tokens))


def _is_strong(token: str) -> bool:
    compact = re.sub(r"[\s.\-/+]", "", token)
    if not 8 <= len(compact) <= _LONGEST_MARK or not any(sign.isdigit() for sign in compact):
        return False
    # A sign within (hetu, personnummer) is part of the number for some, so lengths with it count too.
    lengths = {len(compact), len(token)} if len(token) <= _LONGEST_MARK else {len(compact)}
    return any(load_scheme(name).is_valid(token) for length in lengths for name in STRONG.get(length, ()))


DETECTORS = (
    Detector("mail", "a mail address at a domain that somebody can register", r"[^\s@]@[^\s@]", holds_mail),
    Detector(
        "phone",
        "a phone number that libphonenumber accepts",
        r"(?:[+＋]|\b00)[ (.-]*[1-9](?:[ ().\-/]*\d){5,}",
        holds_phone,
    ),
    Detector(
        "account",
        "an account number with right IBAN check digits",
        r"(?i)[A-Z]{2}[0-9]{2}(?:[ -]?[0-9A-Z]){10,}",
        holds_iban,
    ),
    Detector("card", "a number of a payment card (right check digit)", r"\d(?:[ -]?\d){12,}", holds_card),
    Detector(
        "personal-number",
        "a number that a scheme of personal numbers accepts",
        r"\d(?:[ .\-/+A-Za-z]?\d){4,}|(?i)[A-Z]{5}\d{4}[A-Z]|(?i)[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]"
        r"|(?i)[A-Z]{4}\d{6}",
        holds_personal_number,
        # Days and times, and numbers too short for any scheme whose check is strong.
        r"^[12]\d{3}-[01]\d-[0-3]\d(?:[T ][0-9:.+Z]*)?$|^(?:[A-Za-z]{2,8}-)?-?\d{1,9}(?:\.\d{1,2})?$",
    ),
)
