"""Records that other generators make, and numbers that schemes of personal numbers accept."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from faker import Faker
from mimesis import Generic
from mimesis.locales import Locale

from sandbox.population.proof.schemes import load_scheme

FAKER_LOCALES = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "et_EE", "uk_UA", "en_IN",
)  # fmt: skip
MIMESIS_LOCALES = (Locale.EN, Locale.DE, Locale.ES, Locale.ET, Locale.UK, Locale.PL)

HEADER = ("first_name", "last_name", "birth_date", "national_id", "phone", "email", "iban", "address")


def faker_rows(locale: str, count: int) -> Sequence[Sequence[Any]]:
    """Make whole records."""
    fake = Faker(locale)
    fake.seed_instance(1)
    return [
        (
            fake.first_name(),
            fake.last_name(),
            fake.date_of_birth(),
            fake.ssn(),
            fake.phone_number(),
            fake.free_email(),
            fake.iban(),
            fake.address().replace("\n", ", "),
        )
        for _ in range(count)
    ]


def mimesis_rows(locale: Locale, count: int) -> Sequence[Sequence[Any]]:
    """Make whole records; Mimesis has no ids or accounts for every locale."""
    made = Generic(locale, seed=1)
    return [
        (
            made.person.first_name(),
            made.person.last_name(),
            made.datetime.date(1940, 2015),
            made.person.identifier("###########"),
            made.person.phone_number(),
            made.person.email(),
            made.payment.credit_card_number(),
            made.address.address(),
        )
        for _ in range(count)
    ]


# 9 a digit, A a letter, Y year, M month, D day (two digits each); other signs stand for themselves.
SHAPES: Mapping[str, str] = {
    "ar.cuit": "20999999999", "at.vnr": "9999DDMMYY", "be.nn": "YYMMDD99999", "bg.egn": "YYMMDD9999",
    "br.cpf": "99999999999", "ca.sin": "199999999", "ch.ssn": "7569999999999", "cl.rut": "999999999",
    "cn.ric": "11010119YYMMDD9999", "cz.rc": "YYMMDD9999", "de.idnr": "19999999999", "dk.cpr": "DDMMYY-9999",
    "ec.ci": "0999999999", "ee.ik": "3YYMMDD9999", "es.dni": "99999999A", "es.nie": "X9999999A",
    "fi.hetu": "DDMMYY-999A", "fr.nir": "1YYMM7599999999", "gb.nhs": "9999999999", "gr.amka": "DDMMYY99999",
    "hr.oib": "99999999999", "ie.pps": "9999999AA", "il.idnr": "999999999", "in_.aadhaar": "299999999999",
    "in_.pan": "AAAPA9999A", "is_.kennitala": "DDMMYY9999", "it.codicefiscale": "AAAAAAYYADDA999A",
    "jp.in_": "999999999999", "kr.rrn": "YYMMDD-1999999", "lt.asmens": "3YYMMDD9999", "nl.bsn": "199999999",
    "no.fodselsnummer": "DDMMYY99999", "pl.pesel": "YYMMDD99999", "ro.cnp": "1YYMMDD099999",
    "se.personnummer": "YYMMDD-9999", "si.emso": "DDMM9YY509999", "sk.rc": "YYMMDD9999",
    "th.pin": "1999999999999", "tr.tckimlik": "19999999999", "ua.rntrc": "3999999999",
    "us.ssn": "199-99-9999", "za.idnr": "YYMMDD9999089", "pk.cnic": "35999-9999999-9", "cu.ni": "YYMMDD99999",
}  # fmt: skip
"""Roughly how numbers of a scheme look; whatever is drawn is kept only if python-stdnum accepts it."""


def valid_numbers(scheme: str, count: int) -> Sequence[str]:
    """Draw numbers until the scheme accepts so many."""
    draw, module = random.Random(scheme), load_scheme(scheme)
    found: list[str] = []
    for _ in range(200_000):
        if len(found) == count:
            break
        number = _fill(SHAPES[scheme], draw)
        if module.is_valid(number):
            found.append(number)
    assert found, f"no number of {scheme} was found"
    return found


def _fill(shape: str, draw: random.Random) -> str:
    limits = {"YY": (40, 99), "MM": (1, 12), "DD": (1, 28)}
    filled, place = "", 0
    while place < len(shape):
        pair = shape[place : place + 2]
        if pair in limits:
            filled += f"{draw.randint(*limits[pair]):02}"
            place += 2
            continue
        sign = shape[place]
        filled += {"9": draw.choice("0123456789"), "A": draw.choice("ABCDEFGHJKLMNPRSTVWXYZ")}.get(sign, sign)
        place += 1
    return filled
