from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.errors import ContentError, UsageError
from sandbox.population import Pack, list_packs, load_pack
from sandbox.population.packs.names import take_from_faker
from sandbox.population.packs.profile import IDENTIFYING
from sandbox.settings import CONTENT_ROOT

Edit = Callable[[str, str, str], int]
PROFILE = "datasets/countries/zz/profile.yaml"


def test_shipped_packs_are_listed_in_order_of_code() -> None:
    found = [pack.code for pack in list_packs(CONTENT_ROOT)]
    assert found == ["ae", "de", "ee", "in", "ke", "rw", "ua", "zz"]


def test_unknown_pack_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(UsageError, match="'xx'") as refused:
        load_pack(CONTENT_ROOT, "xx")
    assert "rw, ua, zz" in refused.value.hint


@pytest.mark.parametrize("code", ["", "..", "ZZ", "zz/../rw"])
def test_a_code_that_is_no_folder_of_packs_is_refused(code: str) -> None:
    with pytest.raises(UsageError):
        load_pack(CONTENT_ROOT, code)


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        ("currency: XTS", "curency: XTS", "curency: unknown key"),
        ("  rank_shift: 8", "  rank_shift: 8\n  rank_law: 9", "unknown key"),
        ("{text: ZZ}, {serial: 9}", "{text: ZZ}, {serial: 99}", "serial: .*less than or equal to 10"),
        ("{text: ZZ}, {serial: 9}", "{text: ZZ}, {cereal: 9}", "a part is one of text, serial"),
        ("  digits: 8", "  digits: many", "valid integer"),
        ("email_domain: post.example", "email_domain: gmail.com", "example"),
        ("{house} {street}", "{house} {person}", "only"),
        ("{street}", "{street.__class__.x}", "only"),
        ("reference_date: 2026-01-01", "reference_date: 2024-02-29", "29 February"),
        ("pay_deciles: [4000, 9000", "pay_deciles: [9000, 4000", "must not fall"),
        ("- column: persons.phone", "- column: persons.phones", "each of these columns once"),
    ],
)
def test_a_fault_in_the_profile_names_file_and_line(
    content: Path, edit: Edit, found: str, wanted: str, message: str
) -> None:
    line = edit("profile.yaml", found, wanted) + wanted.count("\n")
    with pytest.raises(ContentError, match=message) as refused:
        load_pack(content, "zz")
    assert refused.value.path == PROFILE
    if message != "each of these columns once":
        assert refused.value.line == line


def test_an_unknown_key_is_found_on_its_own_line(content: Path, edit: Edit) -> None:
    line = edit("profile.yaml", "  children_at_most: 6", "  children_at_best: 6\n  children_at_most: 6")
    with pytest.raises(ContentError, match=r"households\.children_at_best: unknown key") as refused:
        load_pack(content, "zz")
    assert (refused.value.path, refused.value.line) == (PROFILE, line)
    assert str(refused.value).startswith(f"{PROFILE}:{line}: ")


def test_an_unknown_key_in_an_item_of_a_list_is_found_on_its_line(content: Path, edit: Edit) -> None:
    line = edit(
        "profile.yaml", "  - {code: ZZBANK02, kind: bank", "  - {code: ZZBANK02, colour: red, kind: bank"
    )
    with pytest.raises(ContentError, match="unknown key") as refused:
        load_pack(content, "zz")
    assert refused.value.line == line


def test_malformed_yaml_names_the_line(content: Path, edit: Edit) -> None:
    line = edit("profile.yaml", "currency: XTS", "currency: [XTS")
    with pytest.raises(ContentError, match="not valid YAML") as refused:
        load_pack(content, "zz")
    assert refused.value.line is not None
    assert refused.value.line >= line


def test_a_duplicate_key_is_an_error(content: Path, edit: Edit) -> None:
    edit("profile.yaml", "currency: XTS", "currency: XTS\ncurrency: EUR")
    with pytest.raises(ContentError, match="duplicate key"):
        load_pack(content, "zz")


def test_an_id_without_a_serial_is_refused(content: Path, edit: Edit) -> None:
    edit("profile.yaml", "{text: ZZ}, {serial: 9}, {check: luhn}", "{text: ZZ}, {check: luhn}")
    with pytest.raises(ContentError, match="exactly one part 'serial'"):
        load_pack(content, "zz")


def test_a_repeated_name_is_found_on_its_line(content: Path, edit: Edit, zz: Pack) -> None:
    first, second = zz.names.family[1].native[0], zz.names.family[1].native[1]
    line = edit("names/family.txt", f"{second}\n", f"{first}\n")
    with pytest.raises(ContentError, match=first) as refused:
        load_pack(content, "zz")
    assert (refused.value.path, refused.value.line) == ("datasets/countries/zz/names/family.txt", line)


def test_a_faulty_table_cell_is_found_on_its_line(content: Path, edit: Edit) -> None:
    line = edit("ages.csv", "\n10,111000", "\n10,-111000") + 1
    with pytest.raises(ContentError, match="'-111000'") as refused:
        load_pack(content, "zz")
    assert (refused.value.path, refused.value.line) == ("datasets/countries/zz/ages.csv", line)


def test_a_name_list_outside_the_pack_is_refused(content: Path, edit: Edit) -> None:
    edit("profile.yaml", "names/family.txt", "../../../../etc/hosts")
    with pytest.raises(ContentError, match="leads out of the pack"):
        load_pack(content, "zz")


@pytest.mark.parametrize("name", ["SOURCES.md", "profile.yaml", "ages.csv", "places.csv", "streets.txt"])
def test_a_missing_file_is_named(content: Path, name: str) -> None:
    (content / "datasets/countries/zz" / name).unlink()
    with pytest.raises(ContentError, match="missing") as refused:
        load_pack(content, "zz")
    assert refused.value.path == f"datasets/countries/zz/{name}"


def test_a_new_country_is_one_new_folder(content: Path) -> None:
    countries = content / "datasets/countries"
    shutil.copytree(countries / "zz", countries / "qq")
    assert [pack.code for pack in list_packs(content)] == ["qq", "zz"]


def test_any_changed_byte_changes_the_pack_s_digest(content: Path, edit: Edit, zz: Pack) -> None:
    assert load_pack(content, "zz").digest == zz.digest
    edit("SOURCES.md", "invented", "made up")
    assert load_pack(content, "zz").digest != zz.digest


def test_every_identifying_column_is_classed(pack: Pack) -> None:
    assert sorted(field.column for field in pack.profile.fields) == sorted(IDENTIFYING)


def test_rwanda_has_its_provinces_and_districts() -> None:
    places = load_pack(CONTENT_ROOT, "rw").places
    assert len({place.region for place in places}) == 5
    assert len({place.district for place in places}) == 30


def test_names_come_from_a_locale_that_has_them(content: Path, edit: Edit) -> None:
    edit("profile.yaml", "family: {file: names/family.txt}", "family: {faker: et_EE}")
    assert "Tamm" in load_pack(content, "zz").names.family[1].native


@pytest.mark.parametrize(
    ("locale", "message"), [("ar_AE", "has no names for 'ar_AE'"), ("ar_SA", "no list of its own")]
)
def test_a_locale_that_would_answer_with_other_names_is_refused(locale: str, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        take_from_faker(locale, "given_female", path=PROFILE)
