"""Nothing that GovStack publishes for payments is forgotten: it is served, or is a callback of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from blockkit.app import read_contract

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "payments"
METHODS = {"get", "put", "post", "delete", "patch"}
OTHERS_SERVE = {
    "g2p/BulkAccountLookup.yml": "lookUpPayees",
    "p2g/billInquiryBillerRequest.yml": "inquireBill",
    "p2g/markBillPpaymentResponse.yml": "transferBill",
    "voucher/VoucherCancellation.yml": "orderVouchers",
    "voucher/VoucherRedemption.yml": "orderVouchers",
}
"""Files whose operation has the path and method of another file's: one operation of ours serves both."""
UNREADABLE = {"p2g/billInquiryBillerResponse.yml", "suite/accountmapper.yaml"}
"""Not YAML as published: the first has prose in it (its GET is `inquireBill`), the second breaks off."""


def operations_of(file: Path) -> set[tuple[str, str]]:
    reader = YAML(typ="safe")
    reader.allow_duplicate_keys = True
    document = reader.load(file.read_text(encoding="utf-8"))
    return {
        (method, nameless(path))
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    }


def nameless(path: str) -> str:
    return re.sub(r"\{[^{}]+\}", "{}", path.partition("?")[0])


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published definitions are not beside the repository")
def test_every_published_operation_is_served_or_told() -> None:
    contract = read_contract(Path(__file__).parents[1])
    served = {
        (method, nameless(path)): operation
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    told = {each["post"]["x-source"] for each in contract["webhooks"].values()}
    files = [file for folder in ("g2p", "p2g", "voucher", "suite") for file in (PUBLISHED / folder).iterdir()]
    assert len(files) >= 36
    missing = []
    unreadable = set()
    for file in files:
        name = f"{file.parent.name}/{file.name}"
        try:
            operations = operations_of(file)
        except YAMLError:
            unreadable.add(name)
            continue
        if f"payments/{name}" in told:
            continue
        for operation in operations:
            ours = served.get(operation, {})
            right = ours.get("operationId") == OTHERS_SERVE.get(name, ours.get("operationId"))
            if not ours or not right:
                missing.append((name, operation))
    assert missing == []
    assert unreadable == UNREADABLE
