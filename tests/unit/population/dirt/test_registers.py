"""What dirty registers hold: the planted rates, clean rows untouched, and a line of truth for every fault."""

from __future__ import annotations

from datetime import date
from math import sqrt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import generate
from sandbox.population.dirt import Recipe, generate_dirty
from sandbox.population.packs.folder import Pack
from tests.unit.population.dirt.conftest import SIZE, DirtyPopulation

REGISTERS = ("identity", "digital-registries", "messaging", "payee-institutions")


def test_the_citizens_keep_their_digest(zz: Pack, dirty: DirtyPopulation, tmp_path: Path) -> None:
    clean = generate(zz, PopulationRef(size=SIZE), tmp_path / "clean")
    assert dirty.manifest == clean


def test_what_was_planted_is_found_at_its_rate(dirty: DirtyPopulation) -> None:
    """Within four standard deviations of a binomial count; the seed is fixed, so this can't flicker."""
    for register in dirty.dirt.registers:
        for fault in register.faults:
            rate = fault.per_mille / 1000
            spread = sqrt(fault.able * rate * (1 - rate))
            assert abs(fault.planted - fault.able * rate) <= 4 * spread, (register.block, fault)
            assert (fault.planted > 0) == (fault.able > 0)


@pytest.mark.parametrize("block", REGISTERS)
def test_rows_without_a_line_of_truth_are_the_clean_ones(dirty: DirtyPopulation, block: str) -> None:
    for table, number in (
        ("persons", "person_no"),
        ("households", "household_no"),
        ("accounts", "account_id"),
    ):
        if not (dirty.folder / "registers" / block / f"{table}.parquet").exists():
            continue
        lines = [line for line in dirty.truth(block) if line["table"] == table]
        touched = {line["row"] for line in lines}
        extra = {line["row"] for line in lines if line["kind"] in ("duplicate", "unreported_death")}
        clean = {row[number]: row for row in dirty.clean(table)}
        held = dirty.register(block, table)
        assert all(row == clean[row[number]] for row in held if row[number] not in touched)
        assert {row[number] for row in held} == (set(clean) | extra) - {
            line["row"] for line in lines if line["kind"] == "missing"
        }


@pytest.mark.parametrize("block", REGISTERS)
def test_every_line_of_truth_is_true(dirty: DirtyPopulation, block: str) -> None:
    numbers = {"persons": "person_no", "households": "household_no", "accounts": "account_id"}
    clean = {table: {row[number]: row for row in dirty.clean(table)} for table, number in numbers.items()}
    held = {
        table: {row[number]: row for row in dirty.register(block, table)}
        for table, number in numbers.items()
        if (dirty.folder / "registers" / block / f"{table}.parquet").exists()
    }
    for line in dirty.truth(block):
        table, row, column = line["table"], line["row"], line["column"]
        if line["kind"] == "missing":
            assert row in clean[table]
            assert row not in held[table]
        elif line["kind"] == "unreported_death":
            assert row not in clean[table]
            assert held[table][row]["death_date"] is None
            assert held[table][row]["spouse_no"] in clean[table]
        elif line["kind"] == "duplicate":
            assert line["of"] in held[table]
            assert held[table][row]["birth_date"] == clean[table][line["of"]]["birth_date"]
            assert held[table][row]["given_name"] != clean[table][line["of"]]["given_name"]
        else:
            assert str(clean[table][row][column]).lower() == line["true_value"].lower()
            assert str(held[table][row][column]).lower() == line["registered_value"].lower()
            assert line["true_value"] != line["registered_value"]


def test_dates_of_birth_go_wrong_in_two_ways_only(dirty: DirtyPopulation) -> None:
    for line in dirty.truth("digital-registries"):
        if line["column"] != "birth_date":
            continue
        true, held = date.fromisoformat(line["true_value"]), date.fromisoformat(line["registered_value"])
        if line["kind"] == "first_of_january":
            assert held == true.replace(month=1, day=1)
        else:
            assert (held.year, held.month, held.day) == (true.year, true.day, true.month)
        assert held <= date.fromisoformat(dirty.manifest.reference_date)


def test_a_duplicate_has_a_number_of_its_own(dirty: DirtyPopulation) -> None:
    ids = [row["individual_id"] for row in dirty.register("identity", "persons")]
    assert len(set(ids)) == len(ids)
    everybody = {row["individual_id"] for row in dirty.clean("persons")}
    extra = {line["row"] for line in dirty.truth("identity") if line["row"] > SIZE}
    new = {row["individual_id"] for row in dirty.register("identity", "persons") if row["person_no"] in extra}
    assert len(new) == len(extra) > 0
    assert not new & everybody


def test_a_shared_phone_is_somebody_elses(dirty: DirtyPopulation) -> None:
    owner = {row["phone"]: row["person_no"] for row in dirty.clean("persons") if row["phone"]}
    for line in dirty.truth("messaging"):
        if line["kind"] == "shared_phone":
            assert 0 < line["row"] - owner[line["registered_value"]] <= 4096


def test_registers_err_apart(dirty: DirtyPopulation) -> None:
    missing = [
        {line["row"] for line in dirty.truth(block) if line["kind"] == "missing"}
        for block in ("identity", "digital-registries")
    ]
    both = len(missing[0] & missing[1])
    expected = len(missing[0]) * len(missing[1]) / SIZE
    assert abs(both - expected) <= 4 * sqrt(expected)


def test_faults_of_a_light_register_are_among_those_of_the_field(
    zz: Pack, recipe: Recipe, dirty: DirtyPopulation, tmp_path: Path
) -> None:
    generate_dirty(zz, recipe, PopulationRef(size=SIZE, dirt="light"), tmp_path / "light")
    light = pq.read_table(tmp_path / "light/truth/digital-registries.parquet").to_pylist()
    field = {(line["row"], line["kind"]) for line in dirty.truth("digital-registries")}
    missing = {row for row, kind in field if kind == "missing"}
    assert light
    assert all(
        (line["row"], line["kind"]) in field or line["row"] in missing
        for line in light
        if line["kind"] in ("missing", "first_of_january")
    )


def test_the_registers_of_fewer_people_are_the_beginning(
    zz: Pack, recipe: Recipe, dirty: DirtyPopulation, tmp_path: Path
) -> None:
    fewer = 5_000
    generate_dirty(zz, recipe, PopulationRef(size=fewer, dirt="field"), tmp_path / "fewer")
    for block, table in (
        ("identity", "persons"),
        ("messaging", "persons"),
        ("payee-institutions", "accounts"),
    ):
        lines = pq.read_table(tmp_path / f"fewer/truth/{block}.parquet").to_pylist()
        # Second numbers count down from the top: those of people beyond the smaller population.
        beyond = {zz.profile.capacity - 1 - number for number in range(fewer, SIZE)}
        assert sorted(map(str, lines)) == sorted(
            str(line)
            for line in dirty.truth(block)
            if line["table"] == table
            and line["row"] not in beyond
            and (line["of"] or 0) < fewer * (2 if table == "accounts" else 1)
        )


def test_the_cut_into_batches_changes_nothing(
    zz: Pack, recipe: Recipe, dirty: DirtyPopulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.population.dirt.register.ROWS", 997)
    _, dirt = generate_dirty(zz, recipe, PopulationRef(size=SIZE, dirt="field"), tmp_path / "again")
    assert dirt is not None
    for block in REGISTERS:
        again = pq.read_table(tmp_path / f"again/truth/{block}.parquet").to_pylist()
        assert sorted(map(str, again)) == sorted(map(str, dirty.truth(block)))
