"""What in a bundle is real, among all that is made up: where it stands, why, and for how long.

The people of the population are not. Whoever started the run is, and so is what they typed. Nothing
is guessed about values: a file that somebody uploads may hold anything, so it is counted as real.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from sandbox.evidence.material import Material
from sandbox.evidence.protection.findings import Counted
from sandbox.evidence.speech import ENGLISH, Speech, noted

UNTIL_ERASED = noted(
    "As long as this bundle; `sandbox privacy erase` deletes it, and the register of runs keeps that it was."
)
_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """One kind of real data. `found` is what is there, in words; empty when there is none."""

    what: str
    found: str
    where: tuple[str, ...]
    purpose: str
    retention: str
    counted: Counted | None = None
    in_words: bool = False
    """Whether what was found is a sentence, and not what somebody typed."""


def list_real(material: Material, speech: Speech = ENGLISH) -> tuple[Real, ...]:
    """List every kind, those of which nothing is there too: an officer asks for them."""
    pilot = material.pilot
    uploads = tuple(
        each.number
        for each in material.exchanges
        if isinstance(each.request, dict) and each.request.keys() == {"omitted"}
    )
    addresses = sorted(set(_find_addresses(material)))
    kept = speech.look_up(UNTIL_ERASED)
    return (
        Real(
            what=speech.gettext("Account of whoever started the run"),
            found=material.who,
            where=("run.json", "index.html", "dpo.html", "inventory.json"),
            purpose=speech.gettext("To say who answers for the run."),
            retention=kept,
        ),
        Real(
            what=speech.gettext(
                "What was typed to start it: the command, names of files and of the sandbox, inputs"
            ),
            found=material.command,
            where=("run.json", "index.html", "events.jsonl"),
            purpose=speech.gettext("To repeat the run."),
            retention=kept,
        ),
        Real(
            what=speech.gettext("Whoever owns the question of the pilot"),
            found=pilot.owner if pilot else "",
            where=("pilot.yaml", "run.json", "index.html"),
            purpose=speech.gettext("To say whose question the run answers."),
            retention=kept,
        ),
        Real(
            what=speech.gettext("Files that were uploaded, or bodies that can't be taken apart"),
            found=speech.ngettext(
                "%(num)s, of which type and size are kept, and no content",
                "%(num)s, of which type and size are kept, and no content",
                len(uploads),
            )
            if uploads
            else "",
            in_words=True,
            where=("exchanges.jsonl",),
            purpose=speech.gettext("To show that something was handed over."),
            retention=kept,
            counted=Counted(len(uploads), uploads),
        ),
        Real(
            what=speech.gettext("Network addresses in the blocks' logs"),
            found=", ".join(addresses),
            where=("logs/",),
            purpose=speech.gettext("To find out why something failed."),
            retention=kept,
        ),
        Real(
            what=speech.gettext("Key of this installation (its public half), which names the installation"),
            found=speech.gettext("the fingerprint below"),
            in_words=True,
            where=("key.pub.pem", "run.json", "index.html"),
            purpose=speech.gettext("To prove that nothing was changed."),
            retention=kept,
        ),
    )


def _find_addresses(material: Material) -> Iterator[str]:
    """Find addresses of other machines; this one's own loop says nothing about anybody."""
    for text in material.logs.values():
        for found in _ADDRESS.findall(text):
            try:
                address = ip_address(found)
            except ValueError:
                continue
            if not address.is_loopback and not address.is_unspecified:
                yield found
