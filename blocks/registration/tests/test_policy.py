"""The policy's arithmetic, against another way of counting and against what must always hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocks.registration.policy import Policy, assess

FACTS = ("size", "children_under_5", "elderly", "disabled", "employed_adults")
households = st.fixed_dictionaries({name: st.integers(0, 30) for name in FACTS})
points = st.integers(-10_000, 10_000).map(lambda cents: Decimal(cents) / 100)
bounds = st.one_of(st.none(), st.integers(0, 30))
rules = st.builds(
    lambda fact, worth, low, high: {"fact": fact, "points": worth, "at_least": low, "at_most": high},
    st.sampled_from(FACTS),
    points,
    st.integers(0, 30),
    bounds,
)
packages = st.lists(st.integers(2, 40), unique=True, max_size=5).map(
    lambda sizes: [{"size_from": size, "amount": size + Decimal("0.25")} for size in (1, *sorted(sizes))]
)
policies = st.builds(
    lambda proxy_means, threshold, given: Policy.model_validate(
        {"proxy_means": proxy_means, "threshold": threshold, "packages": given}
    ),
    st.lists(rules, min_size=1, max_size=8),
    points,
    packages,
)
SHIPPED: dict[str, Any] = {
    "proxy_means": [
        {"points": 30, "fact": "size", "at_least": 5},
        {"points": 25, "fact": "employed_adults", "at_most": 0},
    ],
    "threshold": 40,
    "packages": [{"size_from": 1, "amount": 20.1}, {"size_from": 4, "amount": 30.0}],
}


@given(policies, households)
def test_the_score_is_the_sum_of_the_rules_that_hold(policy: Policy, facts: dict[str, int]) -> None:
    cents = 0
    for rule in policy.proxy_means:
        low = rule.at_least if rule.at_least is not None else -1
        high = rule.at_most if rule.at_most is not None else 1000
        cents += int(rule.points * 100) * (low <= facts[rule.fact] <= high)
    result = assess(policy, facts)
    assert result.score * 100 == cents
    assert result.eligible == (cents >= int(policy.threshold * 100))


@given(policies, households)
def test_the_amount_is_the_last_package_reached(policy: Policy, facts: dict[str, int]) -> None:
    size = facts["size"]
    covering = [
        package
        for package, following in zip(policy.packages, (*policy.packages[1:], None), strict=True)
        if following is None or size < following.size_from
    ]
    assert assess(policy, facts).amount == covering[0].amount


@given(policies, households)
def test_a_larger_household_of_the_same_kind_never_gets_less(policy: Policy, facts: dict[str, int]) -> None:
    larger = {**facts, "size": facts["size"] + 1}
    assert assess(policy, larger).amount >= assess(policy, facts).amount


@given(policies, households)
def test_the_order_of_rules_does_not_matter(policy: Policy, facts: dict[str, int]) -> None:
    turned = policy.model_copy(update={"proxy_means": policy.proxy_means[::-1]})
    assert assess(turned, facts) == assess(policy, facts)


def test_an_amount_written_with_decimals_is_exact() -> None:
    facts = dict.fromkeys(FACTS, 0)
    assert assess(Policy.model_validate(SHIPPED), facts).amount == Decimal("20.1")


@pytest.mark.parametrize(
    "changed",
    [
        {"proxy_means": [{"points": 1, "fact": "size"}]},
        {"proxy_means": [{"points": 1, "fact": "size", "over": 3}]},
        {"packages": []},
        {"packages": [{"size_from": 2, "amount": 1}]},
        {"packages": [{"size_from": 1, "amount": 1}, {"size_from": 1, "amount": 2}]},
        {"packages": [{"size_from": 1, "amount": 0}]},
        {"threshold": "many"},
        {"threshold": float("inf")},
    ],
)
def test_a_policy_that_leaves_somebody_undecided_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({**SHIPPED, **changed})
