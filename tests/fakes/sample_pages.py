"""Every page that speaks a reader's language, from made-up values: by name, rendered in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from sandbox.candidates.comparison import Comparison, OperationTook, Side
from sandbox.candidates.comparison_page import render_comparison
from sandbox.catalog.catalog import open_catalog
from sandbox.challenge.report import render as render_challenge
from sandbox.conformance.report import render_page as render_conformance
from sandbox.evidence.chain import check_log
from sandbox.evidence.counting import Measured
from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.inventory import take_inventory
from sandbox.evidence.latency import measure
from sandbox.evidence.material import CriterionFound, Material, Pilot, StopRuleFound
from sandbox.evidence.page import render_page
from sandbox.evidence.protection.inquiry import inquire
from sandbox.evidence.protection.page import render_protection
from sandbox.evidence.register import Standing
from sandbox.evidence.speech import Speech
from sandbox.evidence.spool import Spooled
from sandbox.evidence.story import read_story
from sandbox.evidence.wording import Names
from sandbox.model.crowd import CrowdReport, Reason, StepFigures, Stretch
from sandbox.model.population import PopulationRef
from sandbox.model.run import Outcome, Verdict
from sandbox.model.sandbox import Swap
from sandbox.model.whatif import GroupChange, WhatIfReport
from sandbox.runtime import RuntimeInfo
from sandbox.settings import CONTENT_ROOT
from sandbox.whatif.report import render
from tests.fakes.sample_material import sample_material, sample_wiring
from tests.fakes.sample_measured import sample_challenge, sample_measurement
from tests.fakes.sample_play import START, Play
from tests.fakes.sample_registers import sample_registers
from tests.fakes.sample_run import play_run

Render = Callable[[Speech], str]
SWAP = Swap(
    block="payments",
    ref="./acme",
    name="Acme Pay",
    image=f"sha256:{'a' * 64}",
    parts={"payments_database": ""},
    relaxations=("payments may take 512 MiB of memory (others: 256).",),
    clock="real",
    settles="nowhere",
)


def sample_pages() -> Mapping[str, Render]:
    """Give the pages; each is rendered when it is called."""
    full, failed = play_run(), play_run(fault_at="enrol-payee")
    broken = play_run()
    broken.exchanges[7] = broken.exchanges[7].model_copy(update={"status": 201, "fault": "slow"})
    plain = sample_material(full)
    docker = RuntimeInfo(name="docker", version="29", isolates_networks=True, enforces_limits=True)
    block = open_catalog(CONTENT_ROOT).descriptor("payments")
    swapped = plain.spec.model_copy(update={"swaps": (SWAP, SWAP.model_copy(update={"parts": {}}))})
    first = Standing(group="x", number=1, earlier={}, head_number=1, head_hash="ab")
    materials = {
        "a run that passed, held against criteria": sample_material(
            full, pilot=_pilot(plain), registers=sample_registers(), blocks={"payments": block}
        ),
        "a run that failed": sample_material(failed, runtime=docker, standing=first),
        "a run that was cut short": sample_material(
            Play(events=full.events[:40], exchanges=full.exchanges[:20]), standing=None
        ),
        "a run of which nothing is known": sample_material(Play(), limits=()),
        "a run whose log is broken, with a product": sample_material(broken, spec=swapped),
        "many journeys": sample_material(full, crowd=_crowd(plain)),
    }
    return {
        **{name: _evidence(material) for name, material in materials.items()},
        "for the data-protection officer": _protection(materials["a run that passed, held against criteria"]),
        "for the data-protection officer, of nothing": _protection(sample_material(Play())),
        "a comparison": lambda speech: render_comparison(_comparison(), speech),
        "what if": lambda speech: render(_whatif(), speech),
        "a challenge": lambda speech: render_challenge(sample_challenge(), first, "4f" * 32, speech),
        "a challenge of which nothing was played": lambda speech: render_challenge(
            sample_challenge(played=False), first, "4f" * 32, speech
        ),
        "a measurement": lambda speech: render_conformance(sample_measurement(), {}, speech),
        "a measurement that found nothing": lambda speech: render_conformance(
            sample_measurement(nothing=True), {}, speech
        ),
    }


def _evidence(material: Material) -> Render:
    story = read_story(material.events)
    return lambda speech: render_page(material, story, fingerprint="4f" * 32, speech=speech)


def _protection(material: Material) -> Render:
    report = inquire(material.exchanges, material.wiring, material.blocks, material.events)
    return lambda speech: render_protection(
        material, report, title="Cash transfer", run="r1", started=START, fingerprint="4f" * 32, speech=speech
    )


def _pilot(material: Material) -> Pilot:
    counted = (material.exchanges[3].id,)
    return Pilot(
        name="Cash in Huye",
        question="Does it reach them?",
        boundary="Two districts.",
        owner="M. Uwase",
        set_on="2026-11-12",
        digest="ab" * 32,
        criteria=(
            CriterionFound(label="Twice", wanted="== 0", found=0, met=True, exchanges=counted),
            CriterionFound(label="Enrolled", wanted=">= 85", found=80, unit="%", met=False),
        ),
        stop_rules=(
            StopRuleFound(label="Refused", when="> 3", found=None, reached=True, then="Stop."),
            StopRuleFound(label="Slow", when="> 900", found=12.5, unit="ms", reached=False, then="Wait."),
        ),
    )


def _crowd(material: Material) -> CrowdEvidence:
    names = Names(sample_wiring())
    report = CrowdReport(
        asked=40, concurrency=5, rate=2.5, seconds=20.5, passed=30, failed=4, error=1, stopped=2,
        interrupted=True, p50=41.0, p90=90.0, p95=1200.0, p99=2500.0, slowest=130_000.0, late=3,
        stretch_seconds=5.0,
        stretches=(Stretch(since=0, passed=20), Stretch(since=5, passed=10, failed=4, error=1)),
        steps=(
            StepFigures(
                step_id="pay", sentence="The household is paid.", played=35, failed=4, p50=9, p95=40, p99=900,
                reasons=(Reason(text="status: found 500, wanted 202", times=4),),
            ),
        ),
    )  # fmt: skip
    spooled = Spooled(
        digest="ab", count=900, refused=2, log=check_log(material.exchanges), leaks=False,
        latencies=measure(material.exchanges, names), inventory=take_inventory(material.exchanges, names),
        individuals=frozenset(), sample=tuple(material.exchanges),
        measures={"exchanges.count": Measured(900)},
        protection=inquire(material.exchanges, material.wiring, material.blocks, material.events),
    )  # fmt: skip
    return CrowdEvidence(report=report, spooled=spooled, journeys_digest="cd")


def sample_crowd(play: Play) -> CrowdEvidence:
    """What came of many journeys."""
    return _crowd(sample_material(play))


def _comparison() -> Comparison:
    took = OperationTook(block="payments", operation="pay a batch", calls=2, median=8.0, p95=11.0)
    before = Side(
        run="r1",
        verdict=Verdict(outcome=Outcome.PASSED, sentence="It passed.", steps={"passed": 120, "failed": 0}),
        seconds=12.5,
        evidence="runs/r1/index.html",
        operations=(took,),
        memory_mib={"payments": 63},
    )
    failed = Verdict(outcome=Outcome.FAILED, sentence="It failed.", steps={"passed": 90, "failed": 1})
    after = before.model_copy(update={"verdict": failed, "operations": (), "memory_mib": {"other": 1024}})
    return Comparison(
        scenario="cash-transfer", title="Cash transfer", population=PopulationRef(), swaps=(SWAP,),
        before=before, after=after,
    )  # fmt: skip


def _whatif() -> WhatIfReport:
    def change(group: str, value: str, losers: int) -> GroupChange:
        return GroupChange(
            group=group, value=value, households=400, entitled_before=100, entitled_after=90, winners=3,
            losers=losers, unchanged=397 - losers, gains=Decimal(300), losses=Decimal("1800.50"),
            cost_before=Decimal(90_000), cost_after=Decimal("88_499.5"), poorest=80, left_out_before=2,
            left_out_after=5,
        )  # fmt: skip

    return WhatIfReport(
        scenario="cash-transfer", before="now.yaml", after="then.yaml", country="Zuvania", pack="zz",
        size=400, seed=1, digest="d", currency="XTS", total=change("all", "", 12),
        districts=tuple(change("district", f"District {number}", number) for number in range(30)),
        types=(change("type", "one person", 5), change("type", "adults only", 7)),
    )  # fmt: skip
