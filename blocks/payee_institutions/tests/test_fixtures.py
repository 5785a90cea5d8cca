"""Accounts of a file are opened as `openAccount` opens them, and served by the ordinary operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.testing import as_mediator, environment_for
from blocks.payee_institutions.app import create_app
from blocks.payee_institutions.fixtures import enter
from blocks.payee_institutions.seed import load

ACCOUNT = {
    **{"institution": "ZZBANK09", "accountNumber": "ACC9", "kind": "bank", "currency": "XTS"},
    **{"individualId": "ZZ9", "functionalId": "PAYEE9"},
}


def load_with(make_database: Callable[..., str], data: Path, *accounts: Any) -> str:
    document = {"accounts": list(accounts)}
    return make_database(with_fixtures(load, enter, [(data / "fixtures.json", document)]), data)


def test_accounts_are_there_beside_the_populations(make_database: Callable[..., str], data: Path) -> None:
    with as_mediator(create_app(environment_for(load_with(make_database, data, ACCOUNT, ACCOUNT)))) as client:
        found = client.get("/institutions/ZZBANK09/accounts/ACC9").json()
        assert (found["status"], found["currency"]) == ("open", "XTS")
        assert client.get("/institutions/ZZBANK01/accounts/ACC0").status_code == 200


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({**ACCOUNT, "kind": "mattress"}, "at accounts/0/kind"),
        ({**ACCOUNT, "balance": 5}, "at accounts/0/balance"),
        ({**ACCOUNT, "accountNumber": "ACC0"}, "account ACC0: this number is another account's"),
    ],
)
def test_what_can_not_be_opened_is_named(
    make_database: Callable[..., str], data: Path, account: Any, said: str
) -> None:
    with pytest.raises(FixturesUnusable, match=said):
        load_with(make_database, data, account)
