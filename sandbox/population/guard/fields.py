"""Which column means what: common headings of a few languages, and what somebody says with --map.

A heading that isn't known is not guessed at; its column is searched like any other text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from sandbox.errors import UsageError
from sandbox.population.guard.report import MappedColumn

Field = Literal[
    "given_name",
    "family_name",
    "full_name",
    "birth_date",
    "national_id",
    "functional_id",
    "phone",
    "email",
    "account",
    "address",
    "other",
]

FIELDS: tuple[str, ...] = get_args(Field)

NAMES = frozenset({"given_name", "family_name", "full_name"})

_HEADINGS: Mapping[str, str] = {
    "given_name": "given name, first name, forename, given names, first names, given, fname, middle name, "
    "other names, given name latin, other names latin, patronymic, vorname, prénom, nombre, nombres, nome, "
    "eesnimi, имя, імя, отчество, по батькові, izina, jina, jina la kwanza, الاسم الأول, पहला नाम",
    "family_name": "family name, last name, surname, lname, birth name, maiden name, family name latin, "
    "nachname, familienname, geburtsname, nom, nom de famille, apellido, apellidos, apelido, sobrenome, "
    "cognome, perekonnanimi, фамилия, прізвище, jina la ukoo, اسم العائلة, उपनाम",
    "full_name": "name, full name, fullname, person name, person, subject name, beneficiary, "
    "beneficiary name, applicant, applicant name, customer, customer name, citizen, contact name, client, "
    "client name, patient, patient name, employee, holder, account holder, ansprechpartner, nom complet, "
    "nombre completo, nome completo, nimi, фио, піб, повне імя, amazina, jina kamili, الاسم, नाम",
    "birth_date": "birth date, birthdate, date of birth, dob, born, birthday, birth day, subject birth date, "
    "geburtsdatum, geboren, date de naissance, né le, fecha de nacimiento, data de nascimento, "
    "data di nascita, sünniaeg, sünnikuupäev, дата рождения, дата народження, itariki y'amavuko, "
    "tarehe ya kuzaliwa, تاريخ الميلاد, जन्म तिथि, जन्मतिथि",
    "national_id": "national id, nationalid, national id number, national identification number, nid, nin, "
    "id number, identity number, identity card, id card, id no, individual id, personal id, personal code, "
    "personal number, person id, personal identification number, social security number, ssn, tax id, "
    "taxpayer id, tin, nif, nie, dni, cpf, cnp, egn, bsn, pesel, pin, aadhaar, aadhar, passport, "
    "passport number, emirates id, steuer-id, steuer id, steueridentifikationsnummer, idnr, "
    "personalausweis, ausweisnummer, sozialversicherungsnummer, numéro de sécurité sociale, nir, "
    "codice fiscale, curp, cédula, cedula, rut, isikukood, иин, инн, рнокпп, ідентифікаційний код, "
    "indangamuntu, nambari ya kitambulisho, رقم الهوية, आधार",
    "functional_id": "functional id",
    "phone": "phone, phone number, telephone, telephone number, tel, mobile, mobile number, mobile phone, "
    "msisdn, cell, cell phone, cellphone, contact number, whatsapp, telefon, telefonnummer, handy, "
    "mobilnummer, téléphone, portable, teléfono, móvil, celular, telefone, telefono, cellulare, mobiil, "
    "телефон, телефона, terefone, telefoni, simu, nambari ya simu, هاتف, फ़ोन, मोबाइल",
    "email": "email, e-mail, mail, email address, e-mail address, emailaddress, e-post, meil, correo, "
    "correo electrónico, courriel, adresse e-mail, e-mail-adresse, электронная почта, електронна пошта, "
    "imeyili, barua pepe, بريد إلكتروني, ईमेल",
    "account": "account, account number, account no, iban, bank account, bank account number, bban, "
    "mobile money, mobile money account, wallet, card, card number, credit card, credit card number, "
    "konto, kontonummer, compte, numéro de compte, cuenta, número de cuenta, conta, arvelduskonto, счёт, "
    "счет, рахунок, konti, akaunti, حساب, खाता",
    "address": "address, street, street address, home address, residence, postal address, anschrift, "
    "adresse, straße, strasse, dirección, domicilio, endereço, indirizzo, aadress, адрес, адреса, "
    "aderesi, anwani, عنوان, पता",
}


def plain(heading: str) -> str:
    """Bring headings together that mean the same: case, accents, underscores and CamelCase aside."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", heading)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(sign))
    return re.sub(r"[\s_\-.:/'’*#()]+", " ", bare.casefold()).strip()


_KNOWN: Mapping[str, str] = {
    plain(heading): field for field, headings in _HEADINGS.items() for heading in headings.split(", ")
}


def map_columns(columns: Sequence[str], asked: Mapping[str, str]) -> tuple[MappedColumn, ...]:
    """Say for each column which field it is. Raises UsageError for names that don't exist."""
    for column, field in asked.items():
        if column not in columns:
            raise UsageError(
                f"--map names the column {column!r}, and the file has none of that name",
                hint=f"its columns: {', '.join(columns[:20])}{', ...' if len(columns) > 20 else ''}",
            )
        if field not in FIELDS:
            raise UsageError(
                f"--map {column}={field}: there is no field {field!r}",
                hint=f"choose one of {', '.join(FIELDS)}",
            )
    return tuple(_map(column, asked) for column in columns)


def read_map(pairs: Sequence[str]) -> Mapping[str, str]:
    """Read COL=FIELD pairs; a column's name may hold '='. Raises UsageError."""
    asked: dict[str, str] = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column or not field:
            raise UsageError(f"--map {pair!r} is not COLUMN=FIELD", hint=f"fields: {', '.join(FIELDS)}")
        if column in asked:
            raise UsageError(f"--map names the column {column!r} twice")
        asked[column] = field
    return asked


def _map(column: str, asked: Mapping[str, str]) -> MappedColumn:
    if column in asked:
        return MappedColumn(column=column, field=asked[column], by="--map")
    field = _KNOWN.get(plain(column))
    return MappedColumn(column=column, field=field, by="its heading" if field else "not understood")
