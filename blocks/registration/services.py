"""Services as data: form, checks, roles, result and payment, and the policy that a registrar sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from jsonschema import Draft202012Validator
from psycopg.types.json import Jsonb
from pydantic import Field

from blockkit.money import to_minor
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.policy import Currency, Frozen, Policy

REGISTRAR = "registrar"


class RegistryName(Frozen):
    """A registry of the digital registries."""

    code: str
    version: str


class IdentityCheck(Frozen):
    """Compares claims (identity's name -> field of the form) with the register of identities."""

    kind: Literal["identity"]
    claims: Mapping[str, str]


class RegistryCheck(Frozen):
    """Reads the person's record and compares fields; each says the reason when it differs."""

    kind: Literal["registry"]
    registry: RegistryName
    compare: Mapping[str, str]


class HouseholdCheck(Frozen):
    """Reads the household that the person heads; its facts decide."""

    kind: Literal["household"]
    registry: RegistryName


Check = Annotated[IdentityCheck | RegistryCheck | HouseholdCheck, Field(discriminator="kind")]


class EForm(Frozen):
    """What an applicant fills in."""

    id: str
    name: str
    json_schema: Mapping[str, Any] = Field(alias="schema")


class Roles(Frozen):
    """Who does what."""

    officer: str
    maker: str
    checker: str
    releaser: str


class Result(Frozen):
    """Where an approval is written."""

    registry: RegistryName


class Payment(Frozen):
    """As whom payments are made, and where it says who is alive."""

    sourceBB: Annotated[str, Field(min_length=12, max_length=12)]  # noqa: N815  the wire's name
    vitalStatus: RegistryName  # noqa: N815


class Definition(Frozen):
    """A file of `services/`; its policy and currency are what a service begins with."""

    service: str
    name: str
    version: str
    description: str
    eForm: EForm  # noqa: N815
    checks: tuple[Check, ...]
    facts: tuple[str, ...]
    roles: Roles
    result: Result
    payment: Payment
    policy: Policy
    currency: Currency


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is configured now."""

    definition: Definition
    policy: Policy
    currency: str

    @property
    def slug(self) -> str:
        """Its name in paths."""
        return self.definition.service

    @property
    def roles(self) -> Roles:
        """Who does what."""
        return self.definition.roles


def find_service(db: Connection, slug: str) -> Service:
    """Find a service. Raises Problem 404."""
    row = db.execute("SELECT * FROM services WHERE slug = %s", [slug]).fetchone()
    if row is None:
        raise Problem(404, "no-such-service", "there is no service of this name")
    return _read(row)


def list_services(db: Connection) -> list[Service]:
    """List all services."""
    return [_read(row) for row in db.execute("SELECT * FROM services ORDER BY slug").fetchall()]


def configure(
    db: Connection, service: Service, policy: Policy, currency: str, by: str, today: date
) -> Service:
    """Set policy and currency for what is verified from now on; the same again changes nothing.

    Raises Problem 400 when they don't fit the service, 409 when amounts in another currency are granted.
    """
    check_policy(policy, currency, service.definition.facts)
    db.execute("SELECT FROM services WHERE slug = %s FOR UPDATE", [service.slug])
    granted = db.execute(
        "SELECT FROM applications WHERE service = %s AND currency NOT IN ('', %s) LIMIT 1",
        [service.slug, currency],
    )
    if granted.rowcount:
        raise Problem(409, "currency-in-use", "there are applications with amounts in another currency")
    db.execute(
        "UPDATE services SET policy = %s, currency = %s, configured_by = %s, configured_on = %s"
        " WHERE slug = %s",
        [Jsonb(policy.model_dump(mode="json")), currency, by, today, service.slug],
    )
    return find_service(db, service.slug)


def check_policy(policy: Policy, currency: str, facts: tuple[str, ...]) -> None:
    """Hold a policy against what a service knows. Raises Problem 400."""
    if policy.currency not in (None, currency):
        raise Problem(400, "policy-unfit", "the policy's currency is not the service's")
    if unknown := sorted(policy.facts - set(facts)):
        raise Problem(400, "policy-unfit", f"the service does not know the facts: {', '.join(unknown)}")
    for package in policy.packages:
        try:
            to_minor(package.amount, currency)
        except ValueError as error:
            raise Problem(400, "policy-unfit", str(error)) from None


def check_form(service: Service, form: Mapping[str, Any]) -> None:
    """Hold a form against its schema. Raises Problem 400 naming places and rules, never values."""
    if not _can_be_stored(form):
        raise Problem(400, "form-unfit", "the form holds what can't be stored")
    faults = [
        {"at": fault.json_path, "wanted": f"{fault.validator}: {fault.validator_value}"[:200]}
        for fault in Draft202012Validator(service.definition.eForm.json_schema).iter_errors(form)
    ]
    if faults:
        raise Problem(400, "form-unfit", "the form is not filled in as it should be", faults=faults[:20])


def _can_be_stored(form: Mapping[str, Any]) -> bool:
    """Whether PostgreSQL can hold it as jsonb: no NUL, no half characters, no infinite numbers."""
    try:
        text = json.dumps(form, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text


def _read(row: Row) -> Service:
    return Service(
        Definition.model_validate(row["definition"]),
        Policy.model_validate(row["policy"]),
        row["currency"],
    )
