"""What a page says of clean and of dirty registers, and that the plot and its tables agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sandbox.evidence.bundle import write_bundle
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.page import render_page
from sandbox.evidence.registers import KINDS, draw_exclusions, say_exclusion, say_kind
from sandbox.evidence.story import read_story
from sandbox.model.matches import RegistersReport
from sandbox.population.dirt.register import TABLES
from tests.fakes.sample_material import sample_material
from tests.fakes.sample_registers import sample_registers


def render(registers: RegistersReport | None) -> str:
    material = sample_material(registers=registers)
    page = render_page(material, read_story(material.events), fingerprint="4f" * 32)
    found = re.search(r'<section id="registers">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_a_run_on_clean_registers_says_so() -> None:
    section = render(None)
    assert "Clean registers" in section
    assert "<table" not in section


def test_a_run_on_dirty_registers_says_what_was_planted_found_and_met() -> None:
    section = render(sample_registers())
    for said in (
        'level <b><bdi translate="no">field</bdi></b>',
        "1 person of this run has a fault",
        "13 of 100 entitled people would wrongly get nothing",
        "Kigali",
        "5.0\u00a0%",
        "4.8\u00a0%",
        "name spelt in another way",
    ):
        assert said in section
    assert "&lt;b&gt;Alline&lt;/b&gt;, truly Aline" in section
    assert "<b>Alline" not in section


def test_a_run_that_met_no_fault_says_so() -> None:
    section = render(sample_registers().model_copy(update={"met": ()}))
    assert "nobody of this run has a fault" in section


def test_the_plot_shows_every_group_but_districts() -> None:
    plot = draw_exclusions(sample_registers().matches)
    assert re.findall(r'class="val"[^>]*>([^<]+)<', plot) == ["9 of 50", "4 of 50"]
    assert "Kigali" not in plot


def test_a_population_without_anybody_entitled_has_no_plot() -> None:
    matches = sample_registers().matches
    empty = matches.model_copy(
        update={
            "entitled": 0,
            "groups": tuple(
                each.model_copy(update={"entitled": 0, "excluded": 0}) for each in matches.groups
            ),
        }
    )
    assert draw_exclusions(empty) == ""
    assert say_exclusion(empty) == "Nobody of this population is entitled"


def test_every_kind_of_fault_has_words() -> None:
    kinds = {kind for tables in TABLES.values() for table in tables for kind in table.kinds}
    assert kinds <= set(KINDS)
    assert say_kind("new_kind") == "new kind"


def test_the_bundle_holds_the_counts_for_programs(tmp_path: Path, key: InstallationKey) -> None:
    write_bundle(tmp_path / "dirty", sample_material(registers=sample_registers()), key=key, secrets=())
    held = json.loads((tmp_path / "dirty/registers.json").read_bytes())
    assert RegistersReport.model_validate(held) == sample_registers()
    write_bundle(tmp_path / "clean", sample_material(), key=key, secrets=())
    assert not (tmp_path / "clean/registers.json").exists()
