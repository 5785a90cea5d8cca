"""An attack sees what leaks: without it, claims that hold would prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import docker
import pytest

from sandbox.candidates.networks import attack_networks
from sandbox.candidates.target import Target
from sandbox.lifecycle.secrets import Secrets
from sandbox.lifecycle.service import Running
from sandbox.runtime import InstanceSpec, SiteRequest
from sandbox.runtimes.docker import containers, prepare
from sandbox.runtimes.docker.driver import DockerRuntime
from sandbox.runtimes.docker.proving import DockerProver
from sandbox.settings import Settings

pytestmark = pytest.mark.docker


def test_a_network_that_is_not_sealed_is_found_out(
    engine: docker.DockerClient,
    runtime: DockerRuntime,
    settings: Settings,
    request_for: Callable[[str], SiteRequest],
    program: Callable[..., InstanceSpec],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (containers, prepare):
        monkeypatch.setattr(module, "seal", lambda *_: None)
    request = request_for("leaking")
    site = runtime.prepare(request)
    spec = request.spec.model_copy(update={"blocks": ("information-mediator", "payments")})
    for name in (*spec.blocks, "controls"):
        runtime.start(program("leaking", name))
    running = Running(spec=spec, site=site, secrets=Secrets(request.secret))
    target = Target(runtime=runtime, prover=DockerProver(engine, settings), running=running)
    claims = {each.claim: each for each in attack_networks(target)}
    assert claims["An ordinary container's packets arrive at every receiver."].held
    assert claims["A candidate reaches nobody but the mediator."].held
    leak = claims["Nothing arrives at this host."]
    assert not leak.held
    assert "255.255.255.255" in leak.found or "224.0.0.1" in leak.found
