"""A product that runs somewhere else in a block's place: called by the mediator alone, and told no secret."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.cli.main import main
from tests.fakes.elsewhere import Authority, running_elsewhere


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that PostgreSQL's own user can get through to, also where root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="sandbox-far-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


ADDRESS = "/r1/SBX/GOV/CENTRAL/messaging/inbox/someone"


def test_it_answers_through_the_mediator_and_nothing_else_of_the_sandbox_reaches_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(home))

    def types(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    authority = Authority(tmp_path)
    ours = authority.vouch("mediator")
    with running_elsewhere(authority.vouch("product"), authority.file) as product:
        monkeypatch.setenv("SANDBOX_ALLOWED_HOSTS", f"127.0.0.1:{product.port}")
        product.answers["/api/inbox/someone"] = {"count": 0, "messages": []}
        swap = f"messaging={product.url}/api,ca={authority.file},cert={ours.cert},key={ours.key}"
        code, up = types("up", "--block", "messaging", "--size", "100", "--name", "far", "--swap", swap)
        assert code == 0, up
        try:
            assert [each["state"] for each in types("ls")[1]] == ["running"]
            product.heard.clear()
            shown = {
                "Information-Mediator-Client": "SBX/GOV/SANDBOX/explorer",
                "Information-Mediator-Secret": up["token"],
            }
            with httpx2.Client(base_url=up["url"], headers=shown, trust_env=False) as client:
                assert client.get(ADDRESS).json() == {"count": 0, "messages": []}
                product.location = "https://other.example/inbox"
                led = client.get(ADDRESS)
            assert (led.status_code, led.json()["type"].rpartition("/")[2]) == (502, "led-elsewhere")
            assert [each["path"] for each in product.heard] == ["/api/inbox/someone"] * 2
            assert not any(
                {"x-sandbox-secret", "information-mediator-secret"} & each.keys() for each in product.heard
            )
            code, refused = types("reset", "far")
            assert (code, refused["error"]["reason"]) == (3, "state-conflict")
        finally:
            assert types("down", "far")[0] == 0
