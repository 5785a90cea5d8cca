"""The services that are offered, and the policy that a registrar sets for those that have one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from psycopg.types.json import Jsonb

from blockkit.money import to_minor
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.definitions import Definition, Fee, Roles
from blocks.registration.policy import Policy

REGISTRAR = "registrar"
SELECT = "SELECT definition::text AS definition, policy, fee, currency, published FROM services"
FORMATS = FormatChecker(["date", "email"])


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is configured now."""

    definition: Definition
    policy: Policy | None
    currency: str
    published: Mapping[str, Any]
    fee: Fee | None = None

    @property
    def slug(self) -> str:
        """Its name in paths."""
        return self.definition.service

    @property
    def roles(self) -> Roles:
        """Who does what."""
        return self.definition.roles

    def fee_for(self, form: Mapping[str, Any], today: date) -> Fee | None:
        """Give the fee that this form calls for, as it is set now."""
        return self.fee if self.definition.fee_for(form, today) else None


def find_service(db: Connection, slug: str) -> Service:
    """Find a service. Raises Problem 404."""
    row = db.execute(f"{SELECT} WHERE slug = %s", [slug]).fetchone()
    if row is None:
        raise Problem(404, "no-such-service", "there is no service of this name")
    return _read(row)


def find_by_form(db: Connection, form_id: str) -> Service:
    """Find the service that an e-form belongs to. Raises Problem 404."""
    row = db.execute(
        f"{SELECT} WHERE definition #>> '{{eForm,id}}' = %s ORDER BY slug LIMIT 1", [form_id]
    ).fetchone()
    if row is None:
        raise Problem(404, "no-such-form", "there is no e-form of this id")
    return _read(row)


def list_services(db: Connection) -> list[Service]:
    """List all services."""
    return [_read(row) for row in db.execute(f"{SELECT} ORDER BY slug").fetchall()]


def configure(
    db: Connection, service: Service, policy: Policy, currency: str, by: str, today: date
) -> Service:
    """Set policy and currency for what is verified from now on; the same again changes nothing.

    Raises Problem 400 when they don't fit the service, 409 when it has none or grants in another currency.
    """
    if service.policy is None:
        raise Problem(409, "no-policy", "the checks of this service decide; it has no policy to set")
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


def configure_fee(
    db: Connection, service: Service, fee: Decimal, currency: str, by: str, today: date
) -> Service:
    """Set what an application costs that is handed in from now on. Raises Problem 400 or 409."""
    if service.policy is not None or service.definition.fee is None:
        raise Problem(409, "no-fee", "this service has no fee that could be set")
    try:
        to_minor(fee, currency)
    except ValueError as error:
        raise Problem(400, "fee-unfit", str(error)) from None
    db.execute(
        "UPDATE services SET fee = %s, currency = %s, configured_by = %s, configured_on = %s WHERE slug = %s",
        [fee, currency, by, today, service.slug],
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
        for fault in Draft202012Validator(
            service.definition.eForm.json_schema, format_checker=FORMATS
        ).iter_errors(form)
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
    definition = _define(row["definition"])
    return Service(
        definition,
        None if row["policy"] is None else Policy.model_validate(row["policy"]),
        row["currency"],
        row["published"],
        _fee(definition, row),
    )


def _fee(definition: Definition, row: Row) -> Fee | None:
    """Give the definition's fee, with what a registrar set in its place."""
    if definition.fee is None or row["fee"] is None:
        return definition.fee
    return definition.fee.model_copy(update={"amount": row["fee"], "currency": row["currency"]})


@lru_cache(maxsize=64)
def _define(text: str) -> Definition:
    """Read a definition; it never changes once it is loaded, and holding it against itself costs time."""
    return Definition.model_validate_json(text)
