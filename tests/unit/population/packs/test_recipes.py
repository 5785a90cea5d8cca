"""Recipes that can't be right are refused, with the line on which they stand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from sandbox.errors import ContentError
from sandbox.population import load_pack
from sandbox.population.engine.checkdigits import CHECKS
from sandbox.population.packs.naming import Names
from sandbox.population.packs.recipes import HOUSEHOLDS_PER_WINDOW, PART_KEYS, IdRecipe
from sandbox.settings import CONTENT_ROOT

Edit = Callable[[str, str, str], int]
ZZ_ID = "parts: [{text: ZZ}, {serial: 9}, {check: luhn}]"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("{serial: 9}, {check: luhn}, {text: '00'}", "'luhn' covers what is before it; it must be last"),
        ("{serial: 9}, {check: luhn}, {check: luhn}", "it must be last"),
        ("{serial: 9}, {check: mod_97}", "Input should be 'luhn', 'verhoeff', 'mod_11_10'"),
        ("{serial: 9}, {check: ee_isikukood}", "made for 10 digits before it, found 9"),
        ("{serial: 10}, {check: ua_rnokpp}", "made for 9 digits before it, found 10"),
        ("{text: ZZ}, {iban: ZZ}, {serial: 9}", "it must come first"),
        ("{iban: ZZ}, {text: ABCD}, {serial: 9}", "has digits only"),
        ("{serial: 9}, {serial: 9}", "exactly one part 'serial' or 'birth_serial'"),
        ("{birth_serial: 3, same_day: 6}", "needs one part with the date of birth and one digit by sex"),
        ("{serial: 9}, {female: '02', male: '13'}", "need a 'birth_serial'"),
        ("{serial: 9}, {female: '0', male: '0'}", "none in common"),
        ("{serial: 9}, {birth_days: 5, plus: 900}", "less than or equal to 150"),
    ],
)
def test_a_wrong_recipe_names_file_and_line(content: Path, edit: Edit, parts: str, message: str) -> None:
    line = edit("profile.yaml", ZZ_ID, f"parts: [{parts}]")
    with pytest.raises(ContentError, match=message) as refused:
        load_pack(content, "zz")
    assert (refused.value.path, refused.value.line) == ("datasets/countries/zz/profile.yaml", line)


@pytest.mark.parametrize("written", ["{check: luhn}", "{text: '0'}"])
def test_ids_of_a_country_whose_check_digit_is_known_end_with_it(content: Path, written: str) -> None:
    profile = content / "datasets" / "countries" / "in" / "profile.yaml"
    shutil.copytree(CONTENT_ROOT / "datasets" / "countries" / "in", profile.parent, dirs_exist_ok=True)
    profile.write_text(profile.read_text().replace("{check: verhoeff}", written))
    with pytest.raises(ContentError, match="ids of in end with the check digit 'verhoeff'") as refused:
        load_pack(content, "in")
    assert refused.value.path == "datasets/countries/in/profile.yaml"


def test_an_account_number_tells_nothing_of_a_birth(content: Path, edit: Edit) -> None:
    dated = "{birth_date: YYMMDD}, {birth_serial: 3, same_day: 6}, {female: '2', male: '1'}"
    edit("profile.yaml", "parts: [{text: ZZ99}, {serial: 10}, {check: luhn}]", f"parts: [{dated}]")
    with pytest.raises(ContentError, match="says nothing of its owner's birth"):
        load_pack(content, "zz")


def test_an_account_that_no_payment_address_holds_is_refused(content: Path, edit: Edit) -> None:
    edit("profile.yaml", "{text: ZZ99}, {serial: 10}", "{text: ZZ99000000000}, {serial: 10}")
    with pytest.raises(ContentError, match="more than the 30 characters of a payment address"):
        load_pack(content, "zz")


def test_the_capacity_of_a_serial_is_its_digits() -> None:
    assert read("{text: A}, {serial: 7}").capacity(4000) == 10**7


def test_the_capacity_of_a_birth_serial_grows_with_households_digits_and_places() -> None:
    one = read("{birth_date: YYMMDD}, {birth_serial: 3, same_day: 10}, {female: '2', male: '1'}")
    five = read("{birth_date: YYMMDD}, {birth_serial: 3, same_day: 10}, {female: '02468', male: '13579'}")
    assert (one.windows, five.windows) == (100, 500)
    assert one.capacity(2000) == 100 * HOUSEHOLDS_PER_WINDOW * 2 * 98 // 100
    assert five.capacity(2000) == 5 * one.capacity(2000)


def test_a_width_counts_every_part() -> None:
    assert read("{iban: EE}, {text: '98'}, {serial: 10}").width == 16
    assert read("{text: ZZ}, {birth_year: true}, {serial: 6}, {check: luhn}").width == 13


def test_a_part_of_no_kind_is_told_apart() -> None:
    with pytest.raises(ValidationError, match="a part is one of text, serial"):
        read("{cereal: 9}")


def read(parts: str) -> IdRecipe:
    return IdRecipe.model_validate({"parts": YAML(typ="safe").load(f"[{parts}]")})


def test_the_reference_names_every_part_check_and_naming_rule() -> None:
    told = (CONTENT_ROOT / "docs/reference/pack-format.md").read_text(encoding="utf-8")
    parts = re.findall(r"^\| `(\{.+\})` \|", told, re.MULTILINE)
    written = {key for part in parts for key in YAML(typ="safe").load(part)}
    assert set(PART_KEYS) <= written
    for word in (*CHECKS, *get_args(Names.model_fields["rule"].annotation)):
        assert re.search(rf"\b{word}\b", told), word
