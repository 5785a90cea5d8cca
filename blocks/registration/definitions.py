"""What a file of `services/` may say: form, documents, determinants, checks, roles, fee, decision, result.

A service is data. Whatever it names elsewhere in itself (a field of the form, a determinant) is held
against that place here, so that a service that is read is a service that works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import Field, StringConstraints, model_validator

from blockkit.money import to_minor
from blocks.registration.allotment import Levy
from blocks.registration.checks import (
    AgeCheck,
    Check,
    IdentityCheck,
    Name,
    RecordCheck,
    RegistryCheck,
    UniqueCheck,
)
from blocks.registration.policy import Currency, Figure, Frozen, Policy
from blocks.registration.sources import RegistryName, Source, field_of

Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
MediaType = Literal["application/pdf", "image/png", "image/jpeg", "text/plain"]
LARGEST_KILOBYTES = 4096


class EForm(Frozen):
    """What an applicant fills in, as JSON Schema; `title` and `description` of a property label the field."""

    id: str
    name: str
    json_schema: Mapping[str, Any] = Field(alias="schema")

    @model_validator(mode="after")
    def _is_a_schema(self) -> Self:
        try:
            Draft202012Validator.check_schema(self.json_schema)
        except SchemaError as error:
            raise ValueError(f"the eForm's schema: {error.message}") from None
        return self

    @property
    def fields(self) -> Mapping[str, Any]:
        """The form's fields by name."""
        fields: Mapping[str, Any] = self.json_schema.get("properties", {})
        return fields


class Determinant(Frozen):
    """A statement about the form on which documents and the fee may depend. All that is given must hold."""

    field: str
    equals: bool | int | str | None = None
    at_least: Figure | None = None
    at_most: Figure | None = None
    older_than_days: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if (self.equals, self.at_least, self.at_most, self.older_than_days) == (None, None, None, None):
            raise ValueError("a determinant needs equals, at_least, at_most or older_than_days")
        return self

    def holds(self, form: Mapping[str, Any], today: date) -> bool:
        """Whether it holds; it doesn't for a field that is left out."""
        value = form.get(self.field)
        if value is None or (self.equals is not None and value != self.equals):
            return False
        if self.at_least is not None and not (_is_number(value) and value >= self.at_least):
            return False
        if self.at_most is not None and not (_is_number(value) and value <= self.at_most):
            return False
        if self.older_than_days is None:
            return True
        try:
            return today - date.fromisoformat(str(value)) > timedelta(days=self.older_than_days)
        except ValueError:
            return False


class DocumentWanted(Frozen):
    """A document that belongs to an application; with `when`, only where the determinant holds."""

    id: Name
    name: Label
    types: Annotated[tuple[MediaType, ...], Field(min_length=1)] = (
        "application/pdf",
        "image/png",
        "image/jpeg",
    )
    largest_kilobytes: Annotated[int, Field(ge=1, le=LARGEST_KILOBYTES)] = 2048
    when: Name | None = None
    wanted: Literal["hand-in", "checklist"] = "hand-in"
    """Without it nothing is handed in; or the checklist notices, and the applicant is asked for it."""


class Review(Frozen):
    """What somebody else than the officer finds: an opinion before the decision, an inspection after it.

    With `per_day` it is a visit: a day is agreed first, on which there are at most so many.
    """

    id: Name
    name: Label
    role: Name
    per_day: Annotated[int, Field(ge=1, le=10_000)] | None = None


class Roles(Frozen):
    """Who does what: a cashier where there is a fee; maker, checker and releaser where there are payments."""

    officer: Name
    cashier: Name | None = None
    maker: Name | None = None
    checker: Name | None = None
    releaser: Name | None = None


class Fee(Frozen):
    """What an application costs, in major units; with `when`, only where the determinant holds."""

    amount: Annotated[Figure, Field(gt=0)]
    currency: Currency
    when: Name | None = None


class Credential(Frozen):
    """What identity is asked to sign for the applicant when the application is approved."""

    type: Name
    claims: Mapping[str, Source]
    valid_days: Annotated[int, Field(ge=1, le=36_500)]


class Event(Frozen):
    """What is published on approval, for whoever subscribed at the information mediator."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]
    content: Mapping[str, Source]


class Result(Frozen):
    """Where an approval is written, what it says, what the applicant gets, and who else hears of it."""

    registry: RegistryName
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    content: Mapping[str, Source]
    credential: Credential | None = None
    event: Event | None = None
    message: Label | None = None
    valid_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """For how long; then the entry's status becomes `expired`, unless its `expiresOn` was put off."""
    valid_from: str | None = None
    """The date in the form from which the days count; else they do from the approval."""
    ended: Label | None = None
    """What the applicant is told when it expires."""

    def last_day(self, form: Mapping[str, Any], approved: date) -> date | None:
        """Give the last day of what is approved; None when it has none."""
        if self.valid_days is None:
            return None
        since = date.fromisoformat(form[self.valid_from]) if self.valid_from else approved
        return since + timedelta(days=self.valid_days)


class Payment(Frozen):
    """As whom payments are made, where it says who is alive, and which field names the account's owner."""

    sourceBB: Annotated[str, Field(min_length=12, max_length=12)]  # noqa: N815  the wire's name
    vitalStatus: RegistryName  # noqa: N815


class Definition(Frozen):
    """A file of `services/`; its policy and currency are what a service begins with."""

    service: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=64)]
    name: Label
    version: str
    description: str
    eForm: EForm  # noqa: N815
    applications: Literal["one", "many"] = "one"
    determinants: Mapping[Name, Determinant] = Field(default_factory=dict)
    documents: tuple[DocumentWanted, ...] = ()
    checks: tuple[Check, ...] = ()
    facts: tuple[str, ...] = ()
    roles: Roles
    reviews: tuple[Review, ...] = ()
    inspections: tuple[Review, ...] = ()
    fee: Fee | None = None
    levy: Levy | None = None
    decision: Literal["policy", "checks"]
    result: Result | None = None
    payment: Payment | None = None
    policy: Policy | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for complaint in self._complaints():
            raise ValueError(complaint)
        return self

    def documents_for(self, form: Mapping[str, Any], today: date) -> list[DocumentWanted]:
        """List the documents that this form calls for."""
        return [each for each in self.documents if self._applies(each.when, form, today)]

    def fee_for(self, form: Mapping[str, Any], today: date) -> Fee | None:
        """Give the fee that this form calls for."""
        return self.fee if self.fee and self._applies(self.fee.when, form, today) else None

    def _applies(self, when: str | None, form: Mapping[str, Any], today: date) -> bool:
        return when is None or self.determinants[when].holds(form, today)

    def _complaints(self) -> Iterator[str]:
        """Name what the file says of itself and doesn't hold."""
        conditions = [*(each.when for each in self.documents), self.fee.when if self.fee else None]
        for when in conditions:
            if when is not None and when not in self.determinants:
                yield f"'when' names the determinant {when!r}, wanted one of: {_list(self.determinants)}"
        for field in self._fields_named():
            if field not in self.eForm.fields:
                yield f"there is no field {field!r} in the eForm, which has: {_list(self.eForm.fields)}"
        if len({each.id for each in self.documents}) < len(self.documents):
            yield "two documents have the same id"
        if self.fee:
            try:
                to_minor(self.fee.amount, self.fee.currency)
            except ValueError as error:
                yield f"fee: {error}"
            if self.roles.cashier is None:
                yield "a service with a fee needs roles.cashier, who takes it"
        if self.levy and self.roles.cashier is None:
            yield "a service with a levy needs roles.cashier, who takes it"
        if (self.decision == "policy") != (self.policy is not None and self.currency is not None):
            yield "policy and currency go with decision: policy, and only with it"
        has_household = any(check.kind == "household" for check in self.checks)
        if self.policy and self.policy.facts and not has_household:
            yield "a policy decides on the facts of a household: there is no household check"
        if self.payment and (self.decision != "policy" or None in (*self._payers(), self.result)):
            yield "payment needs decision: policy, a result, and roles maker, checker and releaser"
        if len({each.id for each in (*self.reviews, *self.inspections)}) < len(
            (*self.reviews, *self.inspections)
        ):
            yield "two reviews or inspections have the same id"
        if any(each.wanted == "checklist" for each in self.documents) and not any(
            check.kind == "checklist" for check in self.checks
        ):
            yield "a document waits for the checklist: there is no checklist check"
        yield from self._complaints_of_the_result()

    def _complaints_of_the_result(self) -> Iterator[str]:
        said = set(self.result.content) if self.result else set()
        if self.result and not set(self.result.key) <= said:
            yield "result.key names what result.content does not say"
        if self.result and self.result.valid_days and not {"status", "expiresOn"} <= said:
            yield "result.valid_days needs status and expiresOn in result.content"
        if self.result and not self.result.valid_days and (self.result.valid_from or self.result.ended):
            yield "result.valid_from and result.ended say more of result.valid_days, which is not there"
        if self.result and (since := self.result.valid_from):
            dated = self.eForm.fields.get(since, {}).get("format") == "date"
            if not dated or since not in self.eForm.json_schema.get("required", ()):
                yield f"result.valid_from needs a date that every form has, not {since!r}"
        if self.inspections and "status" not in said:
            yield "inspections complete what was approved: result.content needs a status"

    def _payers(self) -> tuple[str | None, ...]:
        return (self.roles.maker, self.roles.checker, self.roles.releaser)

    def _fields_named(self) -> Iterator[str]:
        for determinant in self.determinants.values():
            yield determinant.field
        for source in self._sources():
            if field := field_of(source):
                yield field
        for check in self.checks:
            if isinstance(check, IdentityCheck):
                yield from check.claims.values()
            if isinstance(check, RegistryCheck):
                yield from check.compare
        if self.levy:
            yield from (self.levy.period, self.levy.quantity)
        if self.payment:
            yield from ("payeeFunctionalId", "financialAddress")

    def _sources(self) -> Iterator[Any]:
        for check in self.checks:
            if isinstance(check, IdentityCheck | RegistryCheck):
                yield check.person
            if isinstance(check, UniqueCheck):
                yield from check.by.values()
            if isinstance(check, AgeCheck):
                yield check.born
            if isinstance(check, RecordCheck):
                yield from (*check.find.values(), *(each.to for each in check.equal.values()))
        if self.result:
            yield from self.result.content.values()
            if self.result.credential:
                yield from self.result.credential.claims.values()
            if self.result.event:
                yield from self.result.event.content.values()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"
