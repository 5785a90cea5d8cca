"""Citizens out of the Parquet: the same ones each time, and entitlements recounted by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sandbox.controls.citizens import Citizens, Policy
from sandbox.errors import NotFound, UsageError
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.settings import CONTENT_ROOT

POLICY = Policy.model_validate(
    {
        "proxy_means": [
            {"points": 30, "fact": "size", "at_least": 5},
            {"points": 25, "fact": "children_under_5", "at_least": 1},
            {"points": 20, "fact": "elderly", "at_least": 1},
            {"points": 25, "fact": "employed_adults", "at_most": 0},
        ],
        "threshold": 40,
        "packages": [{"size_from": 1, "amount": "20.00"}, {"size_from": 4, "amount": "30.50"}],
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("population") / "people"
    generate(load_pack(CONTENT_ROOT, "zz"), PopulationRef(size=2000, seed=7), out)
    return out


@pytest.fixture(scope="module")
def citizens(folder: Path) -> Citizens:
    return Citizens(folder)


def test_the_same_citizens_are_picked_each_time(citizens: Citizens, folder: Path) -> None:
    picked = citizens.pick(20, "role == 'head'")
    assert picked == Citizens(folder).pick(20, "role == 'head'")
    assert len({citizen["individualId"] for citizen in picked}) == 20
    assert {citizen["role"] for citizen in picked} == {"head"}


def test_a_citizen_has_the_same_shape_whoever_it_is(citizens: Citizens) -> None:
    shapes = {tuple(citizen) for citizen in citizens.pick(500, None)}
    assert len(shapes) == 1
    assert all(value is not None for citizen in citizens.pick(500, None) for value in citizen.values())


def test_personas_are_left_out_unless_one_is_asked_for(citizens: Citizens) -> None:
    everybody = citizens.pick(2000 - len(citizens.personas()), None)
    with pytest.raises(UsageError, match="citizens fit"):
        citizens.pick(2001 - len(citizens.personas()), None)
    (closed,) = citizens.pick(1, None, "closed-account")
    assert closed["individualId"] not in {each["individualId"] for each in everybody}
    assert closed["financialAddress"]
    (same,) = citizens.pick(1, "role == 'head'", "closed-account")
    assert same == closed


def test_an_unknown_persona_is_said_with_those_there_are(citizens: Citizens) -> None:
    with pytest.raises(UsageError, match="no persona 'twins'") as refused:
        citizens.pick(1, None, "twins")
    assert "twin-elder, twin-younger" in refused.value.hint


def test_there_is_one_of_each_persona(citizens: Citizens) -> None:
    with pytest.raises(UsageError, match="1 citizens fit, 2 were asked for"):
        citizens.pick(2, None, "aged-104")


def test_too_few_is_said_with_how_many_there_are(citizens: Citizens) -> None:
    with pytest.raises(UsageError, match=r"\d+ citizens fit, 10000 were asked for"):
        citizens.pick(10_000, "role == 'head'")


def test_age_may_be_asked_for(citizens: Citizens) -> None:
    born = [citizen["birthDate"] for citizen in citizens.pick(5, "age >= 80")]
    assert max(born) <= "1946-01-01"


def test_whether_somebody_has_an_open_account_may_be_asked_for(citizens: Citizens, folder: Path) -> None:
    rows = duckdb.sql(
        f"SELECT individual_id FROM '{folder}/persons.parquet' "
        f"JOIN '{folder}/accounts.parquet' USING (person_no) "
        "WHERE account_id % 2 = 0 AND status = 'open' AND persona IS NULL"
    ).fetchall()
    holders = citizens.pick(len(rows), "has_account == true")
    assert {each["individualId"] for each in holders} == {row[0] for row in rows}
    assert citizens.pick(1, "has_account == false", "closed-account")[0]["financialAddress"]


def test_entitlements_equal_a_recount_in_python(citizens: Citizens, folder: Path) -> None:
    picked = citizens.pick(100, "role == 'head'")
    ids = [citizen["individualId"] for citizen in picked]
    rows = duckdb.sql(
        f"SELECT p.individual_id, h.size, h.children_under_5, h.elderly, h.employed_adults "
        f"FROM '{folder}/persons.parquet' p JOIN '{folder}/households.parquet' h USING (household_no)"
    ).fetchall()
    facts = {row[0]: row[1:] for row in rows}
    expected = {}
    for each in ids:
        size, small, old, earners = facts[each]
        score = 30 * (size >= 5) + 25 * (small >= 1) + 20 * (old >= 1) + 25 * (earners <= 0)
        if score >= 40:
            expected[each] = (score, "30.50" if size >= 4 else "20.00")
    found = {
        each.individual_id: (each.score, str(each.amount)) for each in citizens.entitlements(ids, POLICY)
    }
    assert found == expected
    assert 0 < len(expected) < 100


def test_an_unknown_fact_is_refused(citizens: Citizens) -> None:
    policy = Policy.model_validate(
        {**POLICY.model_dump(), "proxy_means": [{"points": 1, "fact": "size; DROP"}]}
    )
    with pytest.raises(UsageError, match="no fact called size; DROP"):
        citizens.entitlements(["x"], policy)


def test_nobody_is_told_apart_from_somebody(citizens: Citizens) -> None:
    citizens.require(citizens.pick(1, None)[0]["individualId"])
    with pytest.raises(NotFound, match="nobody with id 'ZZ-nobody'"):
        citizens.require("ZZ-nobody")
