"""Which services there are, and what a registrar decides about them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from blockkit.app import Kit
from blockkit.money import to_major, to_minor
from blocks.registration import services
from blocks.registration.applications import to_number
from blocks.registration.definitions import Fee
from blocks.registration.policy import Currency, Figure, Policy, Rule
from blocks.registration.published import write_form
from blocks.registration.routes.wire import Authorization, FormId, ServiceId, Wire
from blocks.registration.services import REGISTRAR, Service, find_service


class ConfigureBody(Wire):
    currency: Currency
    policy: Policy | None = None
    fee: Annotated[Figure, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _sets_one(self) -> Self:
        if (self.policy is None) == (self.fee is None):
            raise ValueError("say either policy or fee")
        return self


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/services")
    def list_services(name: Annotated[str | None, Query(max_length=200)] = None) -> list[dict[str, Any]]:
        with kit.records.transaction() as db:
            known = services.list_services(db)
        return [_summarise(each) for each in known if name in (None, each.definition.name)]

    @router.get("/services/{service}")
    def read_service(service: ServiceId) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return _describe(find_service(db, service))

    @router.get("/services/{service}/eForms")
    def list_service_forms(service: ServiceId) -> list[dict[str, Any]]:
        with kit.records.transaction() as db:
            return [write_form(find_service(db, service), with_schema=False)]

    @router.get("/eForms/{form}")
    def read_form(form: FormId) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return write_form(services.find_by_form(db, form), with_schema=True)

    @router.put("/services/{service}")
    def configure_service(
        service: ServiceId, body: ConfigureBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = kit.access.require(authorization, REGISTRAR)
        with kit.records.transaction() as db:
            found, by, today = find_service(db, service), caller.individual_id, kit.clock.today()
            if body.policy is not None:
                return _describe(services.configure(db, found, body.policy, body.currency, by, today))
            assert body.fee is not None
            return _describe(services.configure_fee(db, found, body.fee, body.currency, by, today))

    return router


def _summarise(service: Service) -> dict[str, Any]:
    definition = service.definition
    return {
        "id": service.slug,
        "name": definition.name,
        "version": definition.version,
        "type": "Public",
        "isExecutable": True,
        "isClosed": False,
        "description": definition.description,
        "serviceBody": [],
        **service.published,
    }


def _describe(service: Service) -> dict[str, Any]:
    definition, form = service.definition, service.definition.eForm
    return {
        **_summarise(service),
        "eForm": {"eFormId": form.id, "name": form.name, "schema": form.json_schema},
        "checks": [check.kind for check in definition.checks],
        "roles": service.roles.model_dump(exclude_none=True),
        "facts": list(definition.facts),
        "documents": [
            {
                "id": each.id,
                "name": each.name,
                "types": list(each.types),
                "largestKilobytes": each.largest_kilobytes,
                "conditional": each.when is not None,
            }
            for each in definition.documents
        ],
        "determinants": sorted(definition.determinants),
        "fee": _write_fee(service.fee),
        "policy": _write_policy(service.policy, service.currency) if service.policy else None,
        "currency": service.currency,
    }


def _write_fee(fee: Fee | None) -> dict[str, Any] | None:
    if fee is None:
        return None
    return {
        "amount": to_major(to_minor(fee.amount, fee.currency), fee.currency),
        "currency": fee.currency,
        "conditional": fee.when is not None,
    }


def _write_policy(policy: Policy, currency: str) -> dict[str, Any]:
    return {
        "proxy_means": [_write_rule(rule) for rule in policy.proxy_means],
        "threshold": to_number(policy.threshold),
        "packages": [
            {"size_from": each.size_from, "amount": to_major(to_minor(each.amount, currency), currency)}
            for each in policy.packages
        ],
        "currency": currency,
    }


def _write_rule(rule: Rule) -> dict[str, Any]:
    bounds = {"at_least": rule.at_least, "at_most": rule.at_most}
    written = {name: to_number(value) for name, value in bounds.items() if value is not None}
    return {"points": to_number(rule.points), "fact": rule.fact, **written}
