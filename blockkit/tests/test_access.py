"""Keys of identity are kept for a while and no longer: one that is withdrawn lets nobody in for long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from blockkit.app import make_kit
from blockkit.clock import machine_now
from blockkit.problems import Problem
from blockkit.testing import PeersDouble, environment_for


def test_a_withdrawn_key_lets_nobody_in_after_a_minute(peers: PeersDouble) -> None:
    kit = make_kit("desk", environment_for("postgresql://nowhere/x"), peers.transport())
    token = peers.token("ZZ1", "citizen")
    assert kit.access.caller(token).individual_id == "ZZ1"
    peers.key = ECKey.generate_key("P-256", {"kid": "newer", "use": "sig"})
    assert kit.access.caller(token).individual_id == "ZZ1"
    kit.clock.machine = lambda: machine_now() + timedelta(seconds=61)
    with pytest.raises(Problem, match="refused"):
        kit.access.caller(token)


def test_a_newer_key_is_looked_up_at_once(peers: PeersDouble) -> None:
    kit = make_kit("desk", environment_for("postgresql://nowhere/x"), peers.transport())
    kit.access.caller(peers.token("ZZ1"))
    peers.key = ECKey.generate_key("P-256", {"kid": "test", "use": "sig"})
    assert kit.access.caller(peers.token("ZZ2")).individual_id == "ZZ2"
