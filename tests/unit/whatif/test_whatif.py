"""A comparison counts every household once, reconciles, and says what the control for expectations says."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.cli.main import main
from sandbox.controls.citizens import Citizens, Package, Points, Policy
from sandbox.errors import ContentError, UsageError
from sandbox.model.population import PopulationRef
from sandbox.model.scenario import Document, Findings, Scenario
from sandbox.model.whatif import GroupChange, WhatIfReport
from sandbox.population import ensure, load_pack
from sandbox.settings import CONTENT_ROOT
from sandbox.whatif.comparison import compare_policies
from sandbox.whatif.policies import need_policy, read_policy
from sandbox.whatif.report import render, write_csv, write_files

OWN = CONTENT_ROOT / "scenarios" / "cash-transfer" / "policy.yaml"
COUNTED = (
    *("households", "entitled_before", "entitled_after", "winners", "losers", "unchanged", "gains", "losses"),
    *("cost_before", "cost_after", "poorest", "left_out_before", "left_out_after"),
)
FACTS = ("size", "children_under_5", "children_under_18", "elderly", "disabled", "employed_adults")

policies = st.builds(
    Policy,
    proxy_means=st.lists(
        st.builds(
            Points,
            points=st.integers(0, 50),
            fact=st.sampled_from(FACTS),
            at_least=st.none() | st.integers(0, 5).map(float),
            at_most=st.none() | st.integers(0, 5).map(float),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    threshold=st.integers(0, 60),
    packages=st.lists(
        st.builds(Package, size_from=st.integers(1, 6), amount=st.decimals(0, 1000, places=2)),
        min_size=1,
        max_size=3,
        unique_by=lambda package: package.size_from,
    ).map(tuple),
)


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("populations")
    folder, _ = ensure(load_pack(CONTENT_ROOT, "zz"), PopulationRef(size=400), cache)
    return folder


def of_group(changes: tuple[GroupChange, ...], group: str) -> list[GroupChange]:
    return [each for each in changes if each.group == group]


@settings(max_examples=25, deadline=None)
@given(before=policies, after=policies)
def test_all_figures_reconcile(population: Path, before: Policy, after: Policy):
    changes = compare_policies(population, before, after)
    (total,) = of_group(changes, "all")
    households = duckdb.sql(f"SELECT count(*) FROM '{population}/households.parquet'").fetchall()[0][0]
    assert total.households == households
    for each in changes:
        assert each.winners + each.losers + each.unchanged == each.households
        assert each.gains - each.losses == each.difference == each.cost_after - each.cost_before
        assert each.gains >= 0 <= each.losses
    for group in ("district", "type"):
        parts = of_group(changes, group)
        assert len({each.value for each in parts}) == len(parts)
        for name in COUNTED:
            assert sum(getattr(each, name) for each in parts) == getattr(total, name)


@settings(max_examples=10, deadline=None)
@given(policy=policies)
def test_the_cost_is_what_the_control_for_expectations_computes(population: Path, policy: Policy):
    heads = f"SELECT p.individual_id FROM '{population}/persons.parquet' p JOIN '{population}/households.parquet' h ON p.person_no = h.head_no"  # noqa: E501
    ids = [row[0] for row in duckdb.sql(heads).fetchall()]
    expected = Citizens(population).entitlements(ids, policy)
    (total,) = of_group(compare_policies(population, policy, policy), "all")
    assert total.cost_before == total.cost_after == sum((each.amount for each in expected), Decimal(0))
    assert total.entitled_after == sum(each.amount > 0 for each in expected)
    assert (total.winners, total.losers) == (0, 0)


def a_report(population: Path) -> WhatIfReport:
    own = read_policy(OWN, CONTENT_ROOT)
    changes = compare_policies(population, own, own.model_copy(update={"threshold": 45}))
    return WhatIfReport(
        scenario="cash-transfer", before="now.yaml", after="<b>then.yaml", country="Zuvania", pack="zz",
        size=400, seed=1, digest="d", currency="XTS",
        total=of_group(changes, "all")[0],
        districts=tuple(of_group(changes, "district")), types=tuple(of_group(changes, "type")),
    )  # fmt: skip


def test_the_csv_file_has_every_group_and_the_total(population: Path):
    report = a_report(population)
    rows = list(csv.DictReader(io.StringIO(write_csv(report))))
    assert len(rows) == 1 + len(report.types) + len(report.districts)
    assert Decimal(rows[0]["losses"]) == report.total.losses > 0
    assert sum(int(row["losers"]) for row in rows if row["group"] == "district") == report.total.losers


def test_the_page_holds_the_figures_and_nothing_that_acts(population: Path, tmp_path: Path):
    report = a_report(population)
    page = render(report)
    assert "Fictitious data" in page
    assert f"{report.total.losers:,} would lose" in page
    assert "<b>then" not in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    write_files(tmp_path / "out", report)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("index.html", "whatif.csv", "whatif.json", "whatif.svg"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fact: elderly", "fact: eldrly", r"policy.yaml:7: policy.proxy_means.2.fact: Input should be"),
        (
            "threshold: 25",
            "threshold: many",
            r"policy.yaml:10: policy.threshold: Input should be a valid integer",
        ),
        ("threshold: 25", "treshold: 25", r"policy.yaml:10: policy.treshold: unknown key"),
        ("amount: 30", "amount: -30", r"policy.yaml:13: policy.packages.1.amount: "),
        ("at_least: 5", "at_least: .nan", r"policy.yaml:5: policy.proxy_means.0.at_least: "),
        ("policy:", "rules:", r"policy.yaml: policy: Field required"),
        ("packages:", "packages: [", r"policy.yaml:\d+: not valid YAML"),
    ],
)
def test_a_bad_policy_is_refused_by_file_and_line(tmp_path: Path, old: str, new: str, message: str):
    path = tmp_path / "policy.yaml"
    path.write_text(OWN.read_text().replace(old, new, 1))
    with pytest.raises(ContentError, match=message):
        read_policy(path, tmp_path)


def test_a_scenario_without_such_a_policy_is_refused_by_name():
    document = Document(path=OWN, title="", summary="", sources={}, workflows={})
    scenario = Scenario(
        slug="permit", folder=OWN.parent, story=document, documents={}, blocks=(),
        policy={"policy": {"threshold": 3}}, findings=Findings(passed=""),
    )  # fmt: skip
    with pytest.raises(
        UsageError, match=r"scenario 'permit' has no policy .* policy.proxy_means, policy.packages"
    ):
        need_policy(scenario)
    alike = {"proxy_means": [], "threshold": 0, "packages": [{"size_from": 1, "amount": 15}]}
    with pytest.raises(UsageError, match=r"has no policy.proxy_means$"):
        need_policy(replace(scenario, policy={"policy": alike}))


def test_the_command_compares_with_the_scenarios_own_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(OWN.read_text().replace("threshold: 25", "threshold: 45"))
    asked = ["whatif", "cash-transfer", "--size", "400", "--policy", str(stricter)]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "0 households would gain" in said
    assert said.endswith(f"{tmp_path / 'out' / 'index.html'}\n")
    assert main(["whatif", "cash-transfer"]) == 2
    assert "0 policies were given, wanted two" in capsys.readouterr().err
