"""Links counted in SQL are those that anybody would count by hand, and clean registers have no wrong ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sandbox.errors import ContentError
from sandbox.model.population import PopulationRef
from sandbox.population.dirt import Recipe, count_matches, find_encounters, generate_dirty, read_policy
from sandbox.population.dirt.eligibility import OldAge
from sandbox.population.dirt.matches import RULES
from sandbox.population.packs.folder import Pack
from sandbox.settings import CONTENT_ROOT
from tests.unit.population.dirt.conftest import DirtyPopulation

POLICY = CONTENT_ROOT / "scenarios/cash-transfer/policy.yaml"


def key(rule: str, row: dict) -> tuple:
    details = (f"{row['given_name']} {row['family_name'] or ''}".lower(), row["birth_date"])
    return {
        "id": (row["individual_id"],),
        "details": details,
        "id-and-details": (row["individual_id"], *details),
    }[rule]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_matches_are_those_counted_by_hand(dirty: DirtyPopulation, rule: str) -> None:
    owners = {
        block: {line["row"]: line["of"] for line in dirty.truth(block) if line["kind"] == "duplicate"}
        for block in ("identity", "digital-registries")
    }
    sides = []
    for block in ("identity", "digital-registries"):
        rows = dirty.register(block, "persons")
        sides.append(
            [(key(rule, row), owners[block].get(row["person_no"], row["person_no"])) for row in rows]
        )
    index: dict[tuple, list[int]] = {}
    for value, person in sides[1]:
        index.setdefault(value, []).append(person)
    pairs = Counter((person, other) for value, person in sides[0] for other in index.get(value, []))
    citizens = {row["person_no"] for row in dirty.clean("persons")}
    right = {person for person, other in pairs if person == other}
    both = citizens & {person for _, person in sides[0]} & {person for _, person in sides[1]}

    report = count_matches(dirty.folder, rule=rule)
    found = report.chosen
    assert found.right == sum(times for (person, other), times in pairs.items() if person == other)
    assert found.false == sum(
        times for (person, other), times in pairs.items() if person != other and person in citizens
    )
    assert found.missed == len(both - right) == sum(g.missed for g in report.groups if g.group == "sex")
    assert found.absent == report.people - len(both)


def test_the_wrongly_excluded_are_those_counted_by_hand(dirty: DirtyPopulation) -> None:
    report = count_matches(dirty.folder, eligibility=OldAge(60), rule="id")
    today = (2026, 1, 1)

    def old(row: dict) -> bool:
        date = row["birth_date"]
        return (date.year + 60, date.month, date.day) <= today

    entitled = {row["person_no"] for row in dirty.clean("persons") if old(row)}
    listed = {row["individual_id"]: row for row in dirty.register("digital-registries", "persons")}
    twice = {line["row"]: line["of"] for line in dirty.truth("identity") if line["kind"] == "duplicate"}
    granted = {
        twice.get(row["person_no"], row["person_no"])
        for row in dirty.register("identity", "persons")
        if row["individual_id"] in listed and old(listed[row["individual_id"]])
    }
    assert report.entitled == len(entitled)
    citizens = {row["person_no"] for row in dirty.clean("persons")}
    assert report.chosen.excluded == len(entitled - granted) > 0
    assert report.chosen.included == len((granted & citizens) - entitled) > 0
    assert report.chosen.dead == len(granted - citizens)
    for group in {each.group for each in report.groups}:
        parts = [each for each in report.groups if each.group == group]
        assert sum(each.people for each in parts) == report.people
        assert sum(each.excluded for each in parts) == report.chosen.excluded
        assert sum(each.included for each in parts) == report.chosen.included


def test_clean_registers_exclude_nobody(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    generate_dirty(zz, recipe, PopulationRef(size=3000), tmp_path / "out")
    report = count_matches(tmp_path / "out", eligibility=read_policy(POLICY, CONTENT_ROOT))
    assert report.entitled > 0
    for found in report.linkings:
        assert (found.missed, found.absent, found.excluded, found.twice) == (0, 0, 0, 0)
    assert report.chosen.right == report.people == 3000


def test_heads_are_judged_by_the_scenarios_points(dirty: DirtyPopulation) -> None:
    report = count_matches(dirty.folder, eligibility=read_policy(POLICY, CONTENT_ROOT))
    points = [
        30 * (home["size"] >= 5)
        + 25 * (home["children_under_5"] >= 1)
        + 20 * (home["elderly"] >= 1)
        + 15 * (home["disabled"] >= 1)
        + 25 * (home["employed_adults"] <= 0)
        for home in dirty.clean("households")
    ]
    assert report.entitled == sum(score >= 25 for score in points)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("policy: {threshold: 1}", "proxy_means"),
        ("policy: {threshold: 1, proxy_means: [{points: 1, fact: shoe_size}]}", "fact"),
        ("policy: {threshold: 1, proxy_means: [{points: 1, fact: size, at_least: many}]}", "at_least"),
    ],
)
def test_a_policy_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    with pytest.raises(ContentError, match=says) as raised:
        read_policy(tmp_path / "policy.yaml", tmp_path)
    assert raised.value.line == 1


def test_a_folder_that_is_no_population_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no population here"):
        count_matches(tmp_path)


def test_a_truncated_register_is_refused(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    generate_dirty(zz, recipe, PopulationRef(size=300, dirt="light"), tmp_path / "out")
    file = tmp_path / "out/registers/identity/persons.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ContentError, match="can't be read"):
        count_matches(tmp_path / "out")


def test_the_faults_of_named_people_are_found_and_nobody_elses(dirty: DirtyPopulation) -> None:
    people = {row["person_no"]: row["individual_id"] for row in dirty.clean("persons")}
    chosen = [people[number] for number in range(0, 4000, 40)]
    met = find_encounters(dirty.folder, dirty.dirt, [*chosen, "ZZ-nobody"])
    wrong = {
        (people[line["of"]], line["kind"], line["registered_value"] or "")
        for line in dirty.truth("identity")
        if line["of"] is not None and people[line["of"]] in chosen
    }
    assert {(m.individual_id, m.kind, m.registered_value) for m in met if m.block == "identity"} == wrong
    assert wrong
    assert {each.individual_id for each in met} <= set(chosen)
