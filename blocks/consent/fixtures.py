"""Enters the state that GovStack's harness presupposes: a list of Django objects, `model`, `pk` and `fields`.

Everything goes through the block's own rules, under the ids that the harness expects (as strings).
Revisions are made anew. A record comes without its signature, an OpenPGP one that can't be verified here,
and so is unsigned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from blockkit.app import Kit, make_kit
from blockkit.fixtures import FixturesUnusable
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.consent import documents, individuals, records
from blocks.consent.records import Signer
from blocks.consent.revisions import Author
from blocks.consent.routes.wire import DataAgreement, Individual, Policy, plain

AUTHOR = Author(application="fixtures")
MADE_ANEW = ("app.revision", "app.signature")
LOOKED_UP = ("app.controller", "app.dataagreementlifecycle")


class Entry(BaseModel):
    """One object of the file."""

    model_config = ConfigDict(frozen=True)

    model: str
    pk: int | str
    fields: dict[str, Any]


def enter(db: Connection, document: Any) -> None:
    """Enter a whole file. Raises FixturesUnusable."""
    objects = _read(document)
    kit = make_kit("consent", {})
    try:
        for model, write in WRITERS.items():  # what others refer to comes first
            for entry in objects.get(model, {}).values():
                write(kit, db, entry, objects)
    except (ValidationError, Problem, KeyError) as error:
        raise FixturesUnusable(f"an object can't be entered: {error}") from None
    finally:
        kit.peers.close()


Objects = Mapping[str, Mapping[str, Entry]]


def _read(document: Any) -> Objects:
    if not isinstance(document, list):
        raise FixturesUnusable(
            f"found {type(document).__name__}, wanted a list of objects with model, pk, fields"
        )
    objects: dict[str, dict[str, Entry]] = {}
    known = (*WRITERS, *MADE_ANEW, *LOOKED_UP)
    for each in document:
        try:
            entry = Entry.model_validate(each)
        except ValidationError as error:
            raise FixturesUnusable(f"an object has not the form model, pk, fields: {error}") from None
        if entry.model not in known:
            raise FixturesUnusable(f"found the model {entry.model!r}, wanted one of {', '.join(known)}")
        objects.setdefault(entry.model, {})[str(entry.pk)] = entry
    return objects


def _enter_policy(kit: Kit, db: Connection, entry: Entry, _: Objects) -> None:
    text = Policy.model_validate({**dict(_stated(entry)), "id": str(entry.pk)})
    documents.create(db, kit.clock, "Policy", plain(text), AUTHOR)


def _enter_agreement(kit: Kit, db: Connection, entry: Entry, objects: Objects) -> None:
    stated = dict(_stated(entry))
    stated.pop("signature", None)
    for name, model in (("controller", "app.controller"), ("lifecycle", "app.dataagreementlifecycle")):
        if name in stated:
            referred = objects[model][str(stated[name])]
            stated[name] = {"id": str(referred.pk), **dict(_stated(referred))}
    for name in ("policy", "compatibleWithVersion"):
        if name in stated:
            stated[name] = {"id": str(stated[name])}
    text = DataAgreement.model_validate({**stated, "id": str(entry.pk)})
    documents.create(db, kit.clock, "DataAgreement", plain(text), AUTHOR)


def _enter_individual(_: Kit, db: Connection, entry: Entry, __: Objects) -> None:
    wish = Individual.model_validate(dict(_stated(entry)))
    individuals.create(
        db, wish.externalId, wish.externalIdType, wish.identityProviderId, identifier=str(entry.pk)
    )


def _enter_record(kit: Kit, db: Connection, entry: Entry, _: Objects) -> None:
    signer = Signer(str(entry.fields["individual"]), None)
    opt_in = entry.fields.get("optIn") is not False  # left open there: to have signed was to agree
    agreement = str(entry.fields["dataAgreement"])
    records.agree(kit, db, signer, agreement, None, opt_in=opt_in, record_id=str(entry.pk))


def _stated(entry: Entry) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in entry.fields.items() if value is not None)


WRITERS: Mapping[str, Callable[[Kit, Connection, Entry, Objects], None]] = {
    "app.policy": _enter_policy,
    "app.dataagreement": _enter_agreement,
    "app.individual": _enter_individual,
    "app.consentrecord": _enter_record,
}
