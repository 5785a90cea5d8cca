"""A user keeps the state of all blocks, goes on, and goes back; on both runtimes."""

from __future__ import annotations

from sandbox.bootstrap import make_tools
from sandbox.lifecycle.service import adopt
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER
from sandbox.settings import Settings
from tests.e2e.conftest import User

REGISTRIES = "SBX/GOV/CENTRAL/digital-registries"


def test_a_state_is_kept_and_brought_back(user: User) -> None:
    assert user.types("up", "--block", "digital-registries", "--name", "kept", "--size", "100").code == 0
    settings = Settings(home=user.home, runtime=user.runtime)
    running = adopt(make_tools(settings, user.runtime), "kept")

    def tell(path: str, body: object) -> dict[str, object]:
        with running.gate() as gate:
            answer = gate.call(CONTROLS_SERVICE, "POST", path, client=EXPLORER, json=body)
        assert answer.is_success, answer.text
        told: dict[str, object] = answer.json()
        return told

    began = tell("/clock", {"days": 1})["today"]
    saved = user.types("checkpoint", "save", "kept", "first", "--json")
    assert (saved.code, saved.value["today"]) == (0, began), saved.err
    later = tell("/clock", {"days": 30})["today"]
    tell("/faults", {"fault": "outage", "block": "digital-registries"})
    restored = user.types("checkpoint", "restore", "kept", "first", "--json")
    assert (restored.code, restored.value["today"]) == (0, began), restored.err
    assert later != began
    with running.gate() as gate:
        assert gate.faults() == []
        lines = [line.path for line in gate.exchanges() if line.kind == "control"]
    assert any(path.endswith("/restore") for path in lines)
    listed = user.types("checkpoint", "list", "kept", "--json")
    assert [each["name"] for each in listed.value] == ["first"]
    unknown = user.types("checkpoint", "restore", "kept", "never")
    assert (unknown.code, "no checkpoint 'never'; there are: first" in unknown.err) == (3, True)
    badly_named = user.types("checkpoint", "save", "kept", "No Such/Name")
    assert badly_named.code == 2
    assert user.types("checkpoint", "remove", "kept", "first").code == 0
    assert user.types("down", "kept").code == 0
    assert user.remains() == []
