"""Plays a run again from its evidence alone, and says whether it went the same way.

The bundle is checked before anything is read from it; its scenario is played as it lies in the bundle,
against the blocks that are here, on citizens made afresh. A bundle names no product that is started:
whoever replays an evaluation says with `--swap` which product that is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sandbox import __version__
from sandbox.calls.redaction import REDACTED
from sandbox.catalog.blocks import CONTROLS_FILE
from sandbox.catalog.catalog import Catalog, open_catalog
from sandbox.catalog.documents import read_yaml
from sandbox.catalog.pilots import read_pilot
from sandbox.catalog.scenarios import SLUG
from sandbox.errors import RequestRefused, SandboxError
from sandbox.evidence.bundle import PILOT
from sandbox.evidence.recorder import EVENTS, read_events
from sandbox.evidence.trace import Difference, compare_traces, digest_of, read_trace
from sandbox.evidence.unpacking import BundleRefused, Opened
from sandbox.lifecycle.service import Tools
from sandbox.model.pilot import SetPilot
from sandbox.model.run import Listener
from sandbox.model.sandbox import SandboxSpec
from sandbox.preparing import Prepared, SandboxWish, look_up_scenario, prepare_trial
from sandbox.settings import Settings
from sandbox.trial import RUN_LEASE, RunWish, TrialResult, run_trial


class ReplayRefused(RequestRefused):
    """This bundle can't be played again here."""

    reason = "replay-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a bundle tells of its run, as far as a replay needs it."""

    opened: Opened
    run: str
    spec: SandboxSpec
    slug: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How a replay went. `notes` say what is another here than it was there."""

    recording: Recording
    result: TrialResult
    differences: tuple[Difference, ...]
    steps: int
    digest: str
    notes: tuple[str, ...]


def read_recording(opened: Opened) -> Recording:
    """Read what a replay needs. Raises BundleRefused when the bundle does not tell it."""
    told = opened.run
    try:
        spec = SandboxSpec.model_validate(told["spec"])
        run, inputs = str(told["run"]), dict(told["inputs"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise BundleRefused(f"run.json does not say what was played: {error}") from None
    if told.get("journeys") is not None:
        raise ReplayRefused(
            "this run played many journeys, whose order is never the same twice; a story can be replayed",
            hint=f"play them again: sandbox run {spec.scenario} with the options that run.json names",
        )
    slug = spec.scenario or ""
    if not SLUG.fullmatch(slug):
        raise BundleRefused(f"run.json names the scenario {slug!r}, which can be none")
    return Recording(opened=opened, run=run, spec=spec, slug=slug, inputs=inputs)


def lay_out_content(recording: Recording, content: Path, scratch: Path) -> Catalog:
    """Make a content root of the blocks that are here and the scenario that is in the bundle."""
    root = scratch / "content"
    target = root / "scenarios" / recording.slug
    source = recording.opened.folder / "scenario"
    if not source.is_dir():
        raise BundleRefused("the bundle holds no scenario")
    shutil.copytree(source, target)
    for name in ("blocks", "datasets"):
        (root / name).symlink_to((content / name).resolve())
    (root / CONTROLS_FILE).parent.mkdir(parents=True)
    shutil.copyfile(content / CONTROLS_FILE, root / CONTROLS_FILE)
    return open_catalog(root)


def prepare_replay(
    settings: Settings,
    tools: Tools,
    catalog: Catalog,
    recording: Recording,
    *,
    swaps: Sequence[str] = (),
    current: bool = False,
) -> tuple[Prepared, RunWish, tuple[str, ...]]:
    """Look everything up and say what is another here than it was there. Nothing has started."""
    spec = recording.spec
    _refuse_other_products(spec, swaps)
    compiled = look_up_scenario(catalog, recording.slug)
    inputs = dict(recording.inputs)
    if current:
        # What came from the bundle's policy comes from this one's now.
        policy = _policy_of(recording)
        inputs = {name: value for name, value in inputs.items() if policy.get(name) != value}
    masked = [name for name, value in inputs.items() if REDACTED in json.dumps(value)]
    if masked:
        raise ReplayRefused(
            f"the input {masked[0]!r} was secret and is not in the bundle",
            hint="a run whose secret inputs are not known can't be played again",
        )
    wanted = spec.population
    prepared = prepare_trial(
        settings,
        tools,
        catalog,
        SandboxWish(pack=wanted.pack, size=wanted.size, seed=wanted.seed, dirt=wanted.dirt, lease=RUN_LEASE),
        scenario=compiled,
        swaps=swaps,
    )
    if prepared.manifest.digest != spec.population_digest:
        raise ReplayRefused(
            f"the citizens are others here: digest {prepared.manifest.digest[:12]}…, "
            f"the bundle's {spec.population_digest[:12]}… (pack {wanted.pack!r}, {wanted.size} people, "
            f"seed {wanted.seed})",
            hint=f"the pack was changed since; use civic-sandbox {spec.product_version} and its packs",
        )
    pilot = _read_pilot(recording, prepared, catalog)
    how = RunWish(inputs=inputs, command="sandbox replay BUNDLE", pilot=pilot)
    return prepared, how, tuple(_compare_surroundings(recording, prepared, tools))


def _refuse_other_products(spec: SandboxSpec, swaps: Sequence[str]) -> None:
    there = {swap.block: swap for swap in spec.swaps}
    here = {swap.partition("=")[0] for swap in swaps}
    if set(there) == here:
        return
    missing = sorted(set(there) - here)
    if missing:
        swap = there[missing[0]]
        raise ReplayRefused(
            f"{swap.name!r} took the place of {swap.block} in this run, and a bundle starts no product",
            hint=f"add --swap {swap.block}=REF for the image {swap.image}",
        )
    raise ReplayRefused(f"the run had a reference block for {sorted(here - set(there))[0]}, not a product")


def _policy_of(recording: Recording) -> Mapping[str, Any]:
    path = recording.opened.folder / "scenario" / "policy.yaml"
    return read_yaml(path, recording.opened.folder).data if path.is_file() else {}


def _read_pilot(recording: Recording, prepared: Prepared, catalog: Catalog) -> SetPilot | None:
    path = recording.opened.folder / PILOT
    if not path.is_file() or prepared.scenario is None:
        return None
    return read_pilot(path, catalog.root, prepared.scenario.scenario)


def _compare_surroundings(recording: Recording, prepared: Prepared, tools: Tools) -> list[str]:
    """Name what is another here: version, runtime, what blocks offer and who may call it."""
    spec = recording.spec
    notes = []
    if spec.product_version != __version__:
        notes.append(f"civic-sandbox was {spec.product_version} there and is {__version__} here")
    runtime = tools.runtime.info().name
    if runtime != spec.runtime:
        notes.append(f"the runtime was {spec.runtime} there and is {runtime} here")
    try:
        there = json.loads((recording.opened.folder / "wiring.json").read_bytes())
    except (OSError, ValueError):
        return [*notes, "the bundle does not tell how blocks were wired"]
    here = json.loads(prepared.wish.wiring.model_dump_json())
    changed = [part for part in ("services", "clients", "rights", "topics") if there.get(part) != here[part]]
    if changed:
        notes.append(f"the wiring is another one here: {', '.join(changed)} were changed since")
    return notes


def replay(
    settings: Settings,
    tools: Tools,
    recording: Recording,
    prepared: Prepared,
    how: RunWish,
    notes: tuple[str, ...],
    *,
    listeners: Sequence[Listener] = (),
) -> Replay:
    """Play it and compare, step by step."""
    then = read_trace(read_events(recording.opened.folder / EVENTS))
    result = run_trial(settings, tools, prepared, how, listeners=listeners)
    now = read_trace(read_events(result.page.parent / EVENTS))
    return Replay(
        recording=recording,
        result=result,
        differences=compare_traces(then, now),
        steps=len(then) - 1,
        digest=digest_of(now),
        notes=(*notes, *_compare_images(recording, result)),
    )


def _compare_images(recording: Recording, result: TrialResult) -> list[str]:
    """Name the blocks whose image is another one; on `local` nothing has an image."""
    try:
        here = json.loads((result.page.parent / "run.json").read_bytes())["spec"]["images"]
    except (OSError, ValueError, KeyError) as error:
        raise SandboxError(f"the replay's own evidence can't be read: {error}") from None
    there = recording.spec.images
    return [
        f"the image of {name} was {there[name]} there and is {here[name]} here"
        for name in sorted(there.keys() & here.keys())
        if there[name] != here[name]
    ]
