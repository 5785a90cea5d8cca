"""`dpo.html` and the inventories beside it: whole, offline, escaped, and without a personal value."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest

from sandbox.evidence.bundle import lay_out_files
from sandbox.evidence.keys import InstallationKey
from sandbox.evidence.material import Material
from sandbox.evidence.story import read_story
from sandbox.model.population import Coincidences
from tests.fakes.sample_material import sample_material
from tests.fakes.sample_play import Play
from tests.unit.evidence.test_page import HOSTILE, _material_of_a_hostile_candidate, _read


def _lay_out(material: Material, key: InstallationKey) -> dict[str, bytes]:
    return lay_out_files(material, read_story(material.events), key)


def _page(material: Material, key: InstallationKey) -> str:
    return _lay_out(material, key)["dpo.html"].decode()


def test_the_page_opens_with_what_was_read_and_of_how_many(key: InstallationKey) -> None:
    words = _read(_page(sample_material(), key)).words
    assert (
        "In this run 4 applications received 10 kinds of personal data about 21 fictitious people, "
        "for 3 stated purposes." in words
    )


def test_the_page_is_offline_and_needs_no_script(key: InstallationKey) -> None:
    page = _page(sample_material(), key)
    reader = _read(page)
    assert "script" not in {tag for tag, _ in reader.tags}
    targets = [
        value
        for _, attributes in reader.tags
        for name, value in attributes.items()
        if name in ("href", "src")
    ]
    assert targets
    assert not [target for target in targets if target and re.match(r"[a-z]+:|//", target)]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page


def test_every_exchange_that_a_figure_names_can_be_followed(key: InstallationKey) -> None:
    files = _lay_out(sample_material(), key)
    anchors = set(re.findall(r'id="(x\d+)"', files["index.html"].decode()))
    named = set(re.findall(r'href="index.html#(x\d+)"', files["dpo.html"].decode()))
    assert named
    assert named <= anchors


def test_both_pages_lead_to_each_other(key: InstallationKey) -> None:
    files = _lay_out(sample_material(), key)
    assert 'href="dpo.html"' in files["index.html"].decode()
    assert 'href="index.html"' in files["dpo.html"].decode()


@pytest.mark.parametrize("kind", ["hostile", "empty"])
def test_whatever_a_block_answers_can_not_act_on_the_page(kind: str, key: InstallationKey) -> None:
    material = (
        _material_of_a_hostile_candidate()
        if kind == "hostile"
        else sample_material(Play(), pilot=None, standing=None, limits=())
    )
    reader = _read(_page(material, key))
    assert not {"script", "img"} & {tag for tag, _ in reader.tags}
    assert HOSTILE not in reader.words


def test_what_is_real_is_listed_with_place_purpose_and_retention(key: InstallationKey) -> None:
    material = sample_material(
        logs={"payments": "a call from 192.0.2.7, one from 127.0.0.1, version 1.2.3.4.5"}
    )
    real = {
        each["what"].split(" ")[0]: each
        for each in json.loads(_lay_out(material, key)["inventory.json"])["real"]
    }
    assert real["Account"]["found"] == "grace@workshop-laptop"
    assert real["Network"]["found"] == "192.0.2.7"
    assert all(each["where"] and each["purpose"] and each["retention"] for each in real.values())


def test_chance_coincidences_are_said_in_a_sentence(key: InstallationKey) -> None:
    chance = Coincidences(
        residents=13_000_000,
        name_and_birth_date=1.4,
        name_birth_date_and_district=0.1,
        formula="f",
        assumptions=(),
    )
    manifest = sample_material().manifest.model_copy(update={"coincidences": chance})
    words = _read(_page(sample_material(manifest=manifest), key)).words
    assert "1.40 pairs of a citizen of this population and one of the 13,000,000 residents of Rwanda" in words


def test_no_value_of_a_person_is_in_the_inventories(key: InstallationKey) -> None:
    play = Play()
    play.exchange(
        block="registration",
        individual="PERSON-4711",
        fields=("request/form/*",),
        request={"form": {"givenName": "Unmistakable"}},
    )
    files = _lay_out(sample_material(play), key)
    for name in ("dpo.html", "inventory.json", "inventory.csv"):
        assert b"given name" in files[name]
        assert b"Unmistakable" not in files[name]
        assert b"PERSON-4711" not in files[name]


def test_a_spreadsheet_takes_no_text_for_a_formula(key: InstallationKey) -> None:
    play = Play()
    play.exchange(
        block="registration", individual="p1", fields=("request/name",), request={"name": "A"}, purpose="=1+1"
    )
    text = _lay_out(sample_material(play), key)["inventory.csv"].decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["purpose"] == "'=1+1"
    assert (row["reader"], row["field"], row["people"]) == ("Registration", "name", "1")


def test_the_templates_hold_no_colour_of_their_own() -> None:
    folder = Path(__file__).parents[4] / "sandbox/evidence/protection/templates"
    assert not re.search(r"#[0-9a-f]{3,6}\b", (folder / "dpo.css").read_text("utf-8"))
