"""Asks the consent block whether a person has signed a data agreement; what isn't certain counts as no.

Nothing is remembered: consent that was withdrawn a moment ago is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from blockkit.settings import INSTANCE
from blocks.information_mediator.directory import Directory
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.settings import SLUG, MediatorSettings
from blocks.information_mediator.upstream import Upstream

OPERATION = "serviceVerificationConsentRecordList"
PUBLISHED_PATH = "/service/verification/consent-records/"


class Consent:
    """The question to the consent block."""

    def __init__(self, settings: MediatorSettings, upstream: Upstream) -> None:
        self._settings = settings
        self._upstream = upstream

    async def is_signed(self, directory: Directory, individual: str, agreement: str) -> bool:
        """Whether a signed record opts in now. Raises Refusal 502 when the consent block can't be asked."""
        peer = self._settings.peers.get("consent")
        if peer is None:
            raise Refusal(502, "service-unreachable", "consent is needed, and there is no consent block")
        query = urlencode({"individualId": individual, "dataAgreementId": agreement})
        answer = await self._upstream.ask(
            peer,
            "GET",
            f"{_path(directory)}?{query}",
            headers={"Information-Mediator-Client": f"{INSTANCE}/{SLUG}"},
        )
        if answer.status_code == 404:
            return False
        if answer.status_code != 200:
            raise Refusal(502, "service-unreachable", f"the consent block answered {answer.status_code}")
        try:
            records = answer.json()["consentRecords"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(502, "service-unreachable", "the consent block's answer can't be read") from None
        return any(_opts_in(record, individual, agreement) for record in records)


def _path(directory: Directory) -> str:
    service = directory.service_of("consent")
    operations = service.operations if service else ()
    paths = (each.path for each in operations if each.operation_id == OPERATION)
    return next(paths, PUBLISHED_PATH)


def _opts_in(record: Mapping[str, Any], individual: str, agreement: str) -> bool:
    # The published list has no filter, so a product that ignores ours answers with everybody's records.
    return (
        record.get("optIn") is True
        and record.get("state") == "signed"
        and individual in _names(record.get("individual", record.get("individualId")))
        and agreement in _names(record.get("dataAgreement", record.get("dataAgreementId")))
    )


def _names(reference: Any) -> set[str]:
    """Give every id of a referenced object, which comes as an id or as the object itself."""
    if isinstance(reference, dict):
        return {str(reference[key]) for key in ("id", "externalId", "slug") if reference.get(key)}
    return {str(reference)}
