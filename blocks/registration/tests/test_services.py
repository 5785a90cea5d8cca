"""Services are data, and a registrar sets their policy."""

from __future__ import annotations

from typing import Any

import pytest

POLICY: dict[str, Any] = {
    "proxy_means": [{"points": 12.5, "fact": "elderly", "at_least": 1}],
    "threshold": 10,
    "packages": [{"size_from": 1, "amount": 7}],
}


def configure(office: Any, policy: Any = POLICY, currency: str = "XTS", role: str = "registrar") -> Any:
    body = {"policy": policy, "currency": currency}
    return office.ask(office.staff(role), "PUT", "/services/cash-transfer", body)


def test_a_service_says_what_it_asks_for(office: Any) -> None:
    listed = {each["id"]: each["type"] for each in office.ask(None, "GET", "/services").json()}
    assert listed["cash-transfer"] == "Public"
    service = office.ask(None, "GET", "/services/cash-transfer").json()
    assert service["checks"] == ["identity", "registry", "household"]
    assert "payeeFunctionalId" in service["eForm"]["schema"]["required"]
    assert service["policy"]["packages"][-1] == {"size_from": 7, "amount": 45}
    assert office.ask(None, "GET", "/services/nothing").status_code == 404
    assert office.ask(None, "GET", "/services", name="Nothing").json() == []


def test_a_new_policy_counts_from_the_next_verification(office: Any) -> None:
    told = configure(office).json()["policy"]
    assert told == {**POLICY, "currency": "XTS"}
    application = office.submitted("ZZ1", elderly=2)
    verified = office.act(application, "verification").json()
    assert (verified["score"], verified["amount"], verified["recommendation"]) == (12.5, 7, "approve")


def test_a_currency_without_decimals_has_whole_amounts(office: Any) -> None:
    assert configure(office, currency="RWF").status_code == 200
    fine = {**POLICY, "packages": [{"size_from": 1, "amount": 7.5}]}
    assert configure(office, fine, currency="RWF").status_code == 400


def test_the_currency_stays_when_amounts_are_granted_in_it(office: Any) -> None:
    office.verified("ZZ1")
    assert configure(office, currency="RWF").status_code == 409
    assert configure(office).status_code == 200


@pytest.mark.parametrize(
    "policy",
    [
        {**POLICY, "currency": "EUR"},
        {**POLICY, "proxy_means": [{"points": 1, "fact": "shoe_size", "at_least": 1}]},
        {**POLICY, "bonus": 1},
        {},
    ],
)
def test_a_policy_that_does_not_fit_is_refused(office: Any, policy: Any) -> None:
    assert configure(office, policy).status_code == 400


def test_only_a_registrar_sets_the_rules(office: Any) -> None:
    assert configure(office, role="payroll-maker").status_code == 403
    body = {"policy": POLICY, "currency": "XTS"}
    assert office.ask(None, "PUT", "/services/cash-transfer", body).status_code == 401
