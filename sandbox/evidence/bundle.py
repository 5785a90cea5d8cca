"""Writes a run's evidence into one folder, signed; or refuses, and then writes nothing.

A bundle that would hold a live secret is refused by naming the file, never the secret. Files are
put in place one by one and the signature last, so a folder with a signature is whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.evidence.chain import check_log
from sandbox.evidence.disk import say_what_the_disk_refused, write_whole
from sandbox.evidence.junit import write_junit
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.lines import to_document, to_lines
from sandbox.evidence.material import Material
from sandbox.evidence.page import judge, render_page
from sandbox.evidence.printing import TEMPLATES
from sandbox.evidence.protection.findings import ProtectionReport
from sandbox.evidence.protection.inquiry import inquire
from sandbox.evidence.protection.page import render_protection
from sandbox.evidence.protection.table import write_csv, write_json
from sandbox.evidence.recorder import EVENTS
from sandbox.evidence.roll import JOURNEYS
from sandbox.evidence.seal import ENVELOPE, PUBLIC_KEY, sign_statement, write_statement
from sandbox.evidence.speech import Speech
from sandbox.evidence.spool import EXCHANGES
from sandbox.evidence.story import Story, read_story
from sandbox.evidence.trace import digest_of, read_trace
from sandbox.model.language import ENGLISH, Language
from sandbox.runtime import RuntimeInfo

INDEX = "index.html"
PROTECTION = "dpo.html"
INVENTORY = "inventory.json"
INVENTORY_TABLE = "inventory.csv"
PILOT = "pilot.yaml"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class SecretInEvidence(SandboxError):
    """A file of the bundle would hold a live secret; this is our bug, or a candidate's answer."""

    reason = "secret-in-evidence"


def name_page(page: str, tag: str, place: int) -> str:
    """Name a page in one of several languages: the first one's has the plain name."""
    return page if place == 0 else page.replace(".html", f".{tag}.html")


def write_bundle(
    folder: Path,
    material: Material,
    *,
    key: InstallationKey,
    secrets: Iterable[str],
    languages: Sequence[Language] = (ENGLISH,),
) -> Path:
    """Write the bundle and give the path of its page.

    Args:
        folder: Made when missing; an `events.jsonl` that a recorder left there is replaced.
        material: What the bundle is made of.
        key: Signs the statement over all files.
        secrets: Every secret issued to the sandbox (tokens, block secrets, passwords), raw.
        languages: What the page is written in: `index.html` in the first, `index.<tag>.html` in each other.

    Raises:
        SecretInEvidence: A file would hold one of `secrets`; nothing was written.
        DiskRefused: The disk is full or can't be written; what is there has no signature.
        SandboxError: A name among scenario files or logs can't be a file of a bundle.
    """
    story = read_story(material.events)
    files = lay_out_files(material, story, key, languages)
    _refuse_leaks(files, LiveSecrets(secrets), material)
    statement = write_statement(files, _describe_run(material, story), _list_written(material))
    files[ENVELOPE] = sign_statement(statement, key)
    with say_what_the_disk_refused("evidence", folder):
        for name, content in files.items():
            write_whole(folder / name, content)
    return folder / INDEX


def bundle_digest(folder: Path) -> str:
    """SHA-256 of the signed envelope, as the register keeps it."""
    return hashlib.sha256((folder / ENVELOPE).read_bytes()).hexdigest()


def lay_out_files(
    material: Material, story: Story, key: InstallationKey, languages: Sequence[Language] = (ENGLISH,)
) -> dict[str, bytes]:
    """Every file of the bundle but the signature, by its path in the bundle."""
    scenario = material.spec.scenario or "scenario"
    files = {
        "run.json": to_document(_summarise(material, story, key)),
        EVENTS: to_lines(material.events),
        **({} if material.crowd else {EXCHANGES: to_lines(material.exchanges)}),
        "wiring.json": to_document(material.wiring),
        "population.json": to_document(material.manifest),
        **({PILOT: material.pilot_file} if material.pilot_file else {}),
        **({"registers.json": to_document(material.registers)} if material.registers else {}),
        "junit.xml": write_junit(scenario, story.results),
        **{f"scenario/{_check_name(name)}": content for name, content in material.scenario_files.items()},
        **{
            f"logs/{_check_name(name)}.log": text.encode("utf-8", "backslashreplace")
            for name, text in material.logs.items()
        },
        **_lay_out_protection(material, story, key, languages),
        **{
            name_page(INDEX, language.tag, place): render_page(
                material,
                story,
                fingerprint=key.fingerprint,
                speech=Speech(language),
                protection=name_page(PROTECTION, language.tag, place),
            ).encode("utf-8", "backslashreplace")
            for place, language in enumerate(languages)
        },
        "verify.sh": (TEMPLATES / "verify.sh").read_bytes(),
        PUBLIC_KEY: key.public_pem,
    }
    return dict(sorted(files.items()))


def _lay_out_protection(
    material: Material, story: Story, key: InstallationKey, languages: Sequence[Language]
) -> dict[str, bytes]:
    """Lay out what a data-protection officer reads, and the same for programs."""
    report = _inquire(material)
    run = story.started.run if story.started else ""
    pages = {
        name_page(PROTECTION, language.tag, place): render_protection(
            material,
            report,
            title=story.started.title if story.started else material.spec.scenario or material.spec.name,
            run=run,
            started=story.started.started if story.started else None,
            fingerprint=key.fingerprint,
            index=name_page(INDEX, language.tag, place),
            speech=Speech(language),
        )
        for place, language in enumerate(languages)
    }
    return {
        **{name: page.encode("utf-8", "backslashreplace") for name, page in pages.items()},
        INVENTORY: write_json(material, report, run=run),
        INVENTORY_TABLE: write_csv(report),
    }


def _inquire(material: Material) -> ProtectionReport:
    if material.crowd is not None:
        return material.crowd.spooled.protection
    return inquire(material.exchanges, material.wiring, material.blocks, material.events)


def _check_name(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise SandboxError(
            f"{name!r} can't be a file of a bundle",
            hint="letters, digits, '.', '_', '-' and '/' between parts; no part begins with '.'",
        )
    return name


def _list_written(material: Material) -> Mapping[str, str]:
    """Digests of what was written while the run went on, because it is too large to be held."""
    if material.crowd is None:
        return {}
    written = {EXCHANGES: material.crowd.spooled.digest, JOURNEYS: material.crowd.journeys_digest}
    return {name: digest for name, digest in written.items() if digest}


def _refuse_leaks(files: Mapping[str, bytes], secrets: LiveSecrets, material: Material) -> None:
    leaking = [name for name, content in files.items() if secrets.occurs_in(content)]
    if material.crowd is not None and material.crowd.spooled.leaks:
        leaking.append(EXCHANGES)
    if leaking:
        raise SecretInEvidence(
            f"{', '.join(leaking)} would hold a live secret, so no evidence was written",
            hint="mark the field x-secret in the block's openapi.yaml, then run again",
        )


def _describe_run(material: Material, story: Story) -> dict[str, Any]:
    """The predicate of the statement: enough to recognise the run without opening a file."""
    return {
        "run": story.started.run if story.started else "",
        "scenario": material.spec.scenario,
        "sandbox": material.spec.name,
        "outcome": judge(story).outcome,
        "started": story.started.started.isoformat() if story.started else None,
        "finished": story.finished.finished.isoformat() if story.finished else None,
        "populationDigest": material.manifest.digest,
        "register": _describe_standing(material),
        "messageLog": asdict(material.crowd.spooled.log if material.crowd else check_log(material.exchanges)),
        "criteria": material.pilot.digest if material.pilot else None,
    }


def _describe_standing(material: Material) -> dict[str, Any] | None:
    standing = material.standing
    if standing is None:
        return None
    return {"number": standing.head_number, "hash": standing.head_hash, "run": standing.number}


def _describe_runtime(runtime: RuntimeInfo) -> dict[str, Any]:
    """Its notes are for whoever runs the installation: they name folders of the machine."""
    return {name: value for name, value in asdict(runtime).items() if name != "notes"}


def _summarise(material: Material, story: Story, key: InstallationKey) -> dict[str, Any]:
    """`run.json`: what a program needs to know of the run."""
    return {
        **_describe_run(material, story),
        "title": story.started.title if story.started else "",
        "summary": story.started.summary if story.started else "",
        "verdict": judge(story),
        "inputs": story.started.inputs if story.started else {},
        "outputs": story.finished.outputs if story.finished else {},
        "population": material.spec.population,
        "spec": material.spec,
        "runtime": _describe_runtime(material.runtime),
        "who": material.who,
        "command": material.command,
        "versions": material.versions,
        "limits": material.limits,
        "standing": material.standing.sentence if material.standing else "",
        "pilot": asdict(material.pilot) if material.pilot else None,
        "trace": digest_of(read_trace(material.events)),
        "exchanges": material.crowd.spooled.count if material.crowd else len(material.exchanges),
        "journeys": material.crowd.report if material.crowd else None,
        "signedBy": key.fingerprint,
    }
