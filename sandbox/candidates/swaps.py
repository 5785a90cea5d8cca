"""From `--swap payments=REF` to a candidate that can be started, or to a refusal before anything starts.

REF is an image by digest, a folder with a `block.yaml`, or an address. A tag is refused, for it may mean
another image tomorrow; so is the mediator, which is the gate and the witness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.calls.outside import Papers
from sandbox.candidates.descriptor import FILE, read_candidate
from sandbox.candidates.outside import find_outside, place_of, relaxations_elsewhere, split_ref
from sandbox.candidates.passes import require_pass
from sandbox.candidates.verdicts import SETTLING
from sandbox.catalog.catalog import MEDIATOR
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError, RequestRefused, UsageError
from sandbox.foreign import Foreign, ForeignImage
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import (
    USUAL_MEMORY_MIB,
    WAY,
    Candidate,
    CandidateDescriptor,
    PartRunning,
)
from sandbox.model.sandbox import Swap
from sandbox.prover import Prover
from sandbox.runtime import Limits, Progress

DIGEST = re.compile(r"([a-z0-9][a-z0-9._/:-]*@)?sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")
TAG = re.compile(r"[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?")


class SwapRefused(RequestRefused):
    """This product may not take this block's place here."""

    reason = "swap-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapWish:
    """One `--swap`, read."""

    block: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What stands between a wish and a start: the Engine's hands, and where its attacks are kept."""

    runtime: str
    prover: Prover | None
    images: Foreign | None
    home: Path
    progress: Progress
    hosts: Sequence[str] = ()
    """Which hosts products elsewhere may be at."""
    isolates: bool = True
    """Whether the mediator can't reach the outside by itself."""


def read_swaps(texts: Sequence[str]) -> Sequence[SwapWish]:
    """Read `block=REF` texts. Raises UsageError."""
    wishes: dict[str, SwapWish] = {}
    for text in texts:
        block, equals, ref = text.partition("=")
        if not equals or not block or not ref:
            raise UsageError(
                f"--swap {text!r} is not BLOCK=REF",
                hint="example: --swap payments=./my-payments, or an image by digest",
            )
        if block in wishes:
            raise UsageError(f"--swap names {block!r} twice")
        wishes[block] = SwapWish(block=block, ref=ref)
    return list(wishes.values())


def find_candidates(
    wishes: Sequence[SwapWish], blocks: Sequence[str], entrance: Entrance
) -> dict[str, Candidate]:
    """Find everything that the wishes name, by block. Nothing foreign runs, but for a build.

    Args:
        wishes: From `read_swaps`.
        blocks: What the sandbox will run; only these have a place to take.
        entrance: Where they are to run.

    Raises:
        SwapRefused: The mediator, or a runtime that does not isolate.
        NotProven: The Engine's isolation has not been proven; the hint is the command to type.
        UsageError, ContentError, ImageUnavailable: The wish can't be met as it is.
    """
    if not wishes:
        return {}
    for wish in wishes:
        _check_block(wish.block, blocks)
    elsewhere = {wish.block: found for wish in wishes if (found := _find_elsewhere(wish, entrance))}
    inside = [wish for wish in wishes if wish.block not in elsewhere]
    return elsewhere | (_find_inside(inside, entrance) if inside else {})


def _find_inside(wishes: Sequence[SwapWish], entrance: Entrance) -> dict[str, Candidate]:
    """Find what is to be started on an Engine."""
    if entrance.prover is None or entrance.images is None:
        raise SwapRefused(
            f"foreign code does not run on {entrance.runtime!r}, which does not isolate it",
            hint="add --runtime docker",
        )
    images = entrance.images
    described = [(wish, _describe(wish, images)) for wish in wishes]
    require_pass(entrance.home, entrance.prover.engine())
    return {wish.block: _find(wish, descriptor, images, entrance.progress) for wish, descriptor in described}


def _find_elsewhere(wish: SwapWish, entrance: Entrance) -> Candidate | None:
    """Find a product that runs somewhere else already; None when the wish names none."""
    folder = Path(wish.ref).expanduser()
    if ADDRESS.match(wish.ref):
        url, papers = split_ref(wish.ref)
        descriptor = CandidateDescriptor(
            name=place_of(url).netloc,
            slug=wish.block,
            summary=f"A product elsewhere in the place of {wish.block}.",
            url=url,
            ca=papers.get("ca"),
            cert=papers.get("cert"),
            key=papers.get("key"),
        )
        ref, base = url, Path()
    elif folder.is_dir():
        descriptor = _read_folder(wish, folder)
        ref, base = str(folder.resolve()), folder
    else:
        return None
    if descriptor.url is None:
        return None
    entrance.progress(f"looking at {descriptor.url}")
    outside = find_outside(
        descriptor.url,
        Papers(
            authority=base / descriptor.ca if descriptor.ca else None,
            certificate=base / descriptor.cert if descriptor.cert else None,
            key=base / descriptor.key if descriptor.key else None,
        ),
        descriptor.readiness,
        entrance.hosts,
    )
    return Candidate(
        block=wish.block,
        ref=ref,
        descriptor=descriptor,
        image="",
        outside=outside.model_copy(update={"relayed": entrance.isolates}),
    )


def refuse_images_in_the_catalogue(descriptors: Iterable[BlockDescriptor]) -> None:
    """Refuse a block that is an image: it would start as one of ours, without having been let in."""
    for descriptor in descriptors:
        if descriptor.image is not None:
            raise SwapRefused(
                f"the block {descriptor.slug!r} is an image, and has no reference whose place it takes",
                hint=f"keep its block.yaml elsewhere, and --swap {descriptor.slug}=FOLDER",
            )


def remember(candidate: Candidate) -> Swap:
    """Say of a candidate what the sandbox and the evidence keep."""
    return Swap(
        block=candidate.block,
        ref=candidate.ref,
        name=candidate.descriptor.name,
        image=candidate.image,
        parts={
            program: candidate.parts[name].image if name in candidate.parts else ""
            for program, name in zip(
                candidate.programs, sorted(candidate.parts) or [WAY] * len(candidate.programs), strict=True
            )
        },
        relaxations=tuple(relaxations_of(candidate)),
        clock=candidate.clock,
        settles=_settles(candidate),
        url=candidate.outside.url if candidate.outside else "",
    )


def _settles(candidate: Candidate) -> str:
    """Say whether payments reach a witness of ours; from elsewhere there is no way to one."""
    if candidate.outside is not None and candidate.block == SETTLING:
        return "nowhere"
    return candidate.descriptor.settles


def relaxations_of(candidate: Candidate) -> list[str]:
    """Say, one sentence each, what a candidate has that a reference block has not."""
    descriptor, block = candidate.descriptor, candidate.block
    if candidate.outside is not None:
        return relaxations_elsewhere(block, candidate.outside, seeded=descriptor.seed is not None)
    found = []
    if candidate.built:
        found.append(
            f"{block} was built here from its folder: the steps of its build ran as root in a container "
            "without a network, under the Engine's usual rights."
        )
    if descriptor.memory > USUAL_MEMORY_MIB:
        found.append(f"{block} may take {descriptor.memory} MiB of memory (others: {USUAL_MEMORY_MIB}).")
    found += _writing(block, descriptor.writable)
    for name, running in sorted(candidate.parts.items()):
        what = "the PostgreSQL of this product" if running.part.provided else f"image {running.image}"
        found.append(
            f"{block} brought {name} onto its own network: {what}, "
            f"up to {running.part.memory_mib} MiB of memory."
        )
        found += _writing(f"{block}'s {name}", running.part.writable)
    return found


def _writing(who: str, folders: Sequence[str]) -> list[str]:
    size = Limits().tmp_mib
    return [
        f"{who} may write to {folder}: memory, {size} MiB, gone when it ends, and nothing there can be run."
        for folder in folders
    ]


def _read_folder(wish: SwapWish, folder: Path) -> CandidateDescriptor:
    descriptor = read_candidate(folder)
    if descriptor.slug != wish.block:
        raise ContentError(
            f"the slug is {descriptor.slug!r}, and it is to take the place of {wish.block!r}",
            path=str(folder / FILE),
            hint=f"--swap {descriptor.slug}={wish.ref}",
        )
    return descriptor


def require_image(descriptor: CandidateDescriptor, ref: str) -> None:
    """Refuse a folder that has a command alone. Raises SwapRefused with what can be done with it."""
    if not (descriptor.image or descriptor.build):
        raise SwapRefused(
            f"the block.yaml of {ref} has a command alone, which would run on this machine",
            hint="name 'image' or 'build: .'; a command is measured with: "
            f"sandbox conformance {descriptor.slug} --candidate {ref} --trust-code",
        )


def _check_block(block: str, blocks: Sequence[str]) -> None:
    if block == MEDIATOR:
        raise SwapRefused(
            "the information mediator can't be swapped: it is the gate and the witness",
            hint="record, diagram and verdict must not depend on a product under evaluation",
        )
    if block not in blocks:
        raise UsageError(f"--swap {block}: this sandbox runs no such block", hint=nearest(block, blocks))


def _describe(wish: SwapWish, images: Foreign) -> CandidateDescriptor:
    ref, folder = wish.ref, Path(wish.ref).expanduser()
    if DIGEST.fullmatch(ref):
        return CandidateDescriptor(
            name=ref.partition("@")[0] if "@" in ref else f"image {ref[7:19]}",
            slug=wish.block,
            summary=f"An image in the place of {wish.block}.",
            image=ref,
        )
    if folder.is_dir():
        descriptor = _read_folder(wish, folder)
        require_image(descriptor, ref)
        return descriptor
    if TAG.fullmatch(ref):
        meant = images.digest_of(ref)
        if meant is not None:
            raise UsageError(
                f"{ref} is a tag, which may mean another image tomorrow; name it by digest",
                hint=f"now it is: --swap {wish.block}={meant}",
            )
    if ":" in ref or not ref.startswith((".", "/", "~")):
        raise UsageError(
            f"{ref} is neither a folder nor an image by digest",
            hint="the digest of an image that is here: "
            "docker inspect --format '{{index .RepoDigests 0}}' IMAGE (built here: '{{.Id}}')",
        )
    raise UsageError(f"there is no folder {ref}", hint="a candidate's folder holds a block.yaml")


def _find(wish: SwapWish, descriptor: CandidateDescriptor, images: Foreign, progress: Progress) -> Candidate:
    folder = Path(wish.ref).expanduser()
    if descriptor.image is not None:
        image = images.find(descriptor.image, progress)
    else:
        image = images.build(folder.resolve(), progress)
    _require_said(wish.block, image, descriptor.writable, wish.ref)
    parts = {}
    for name, part in descriptor.services.items():
        found = images.find(part.image, progress) if part.image is not None else None
        if found is not None:
            _require_said(f"{wish.block}'s {name}", found, part.writable, wish.ref)
        parts[name] = PartRunning(part=part, image=found.id if found else "")
    return Candidate(
        block=wish.block,
        ref=str(folder.resolve()) if folder.is_dir() else wish.ref,
        descriptor=descriptor,
        image=image.id,
        built=descriptor.build is not None,
        parts=parts,
    )


def _require_said(who: str, image: ForeignImage, writable: Sequence[str], ref: str) -> None:
    """Refuse folders that the image alone declares: the Engine would give it disk without a limit there."""
    unsaid = [folder for folder in image.volumes if folder.rstrip("/") not in writable]
    if unsaid:
        raise SwapRefused(
            f"the image of {who} declares the volume {unsaid[0]}, which its block.yaml does not name",
            hint=f"in the block.yaml of {ref}: writable: [{', '.join(unsaid)}]",
        )
