"""How long it takes until every block of the scenario is ready, with 1,000 citizens.

Image and citizens are there beforehand. On `local` loaded databases are kept, as after the first `up`;
on `docker` both are measured: `ready-docker-cold` keeps nothing and loads, as the first `up` of these
citizens does; `ready-docker` begins as a copy of what was kept. The peer loads, as it can't keep. Ours
and the peer take turns, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import peer
from figures import Figure, Series
from installation import Installation, await_kept, sandbox_up

from sandbox.lifecycle.service import Tools, Wish, take_down
from sandbox.runtimes.docker.images import ensure_reference_image

SIZE = 1000
LOCAL_AIM_SECONDS = 3.0
DOCKER_AIM_RATIO = 0.7


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure `local`, the whole command on `local`, `docker`, and the peer of all three, in turns."""
    local, docker = installation.tools("local"), installation.tools("docker")
    image = ensure_reference_image(installation.settings).tag
    on_local = installation.prepare(local, "bench-local", SIZE)
    on_docker = installation.prepare(docker, "bench-docker", SIZE)
    data = peer.mountable(on_docker, installation.scratch / "mounted")
    say("warming up: parsed contracts, PostgreSQL's data folder, loaded databases")
    _bring_up(local, on_local)
    _bring_up(docker, on_docker)
    await_kept(docker)
    turns: dict[str, Callable[[], float]] = {
        "ready-local": lambda: _bring_up(local, on_local),
        "ready-local-command": lambda: _type_up(installation, local),
        "ready-docker": lambda: _bring_up(docker, on_docker),
        "ready-docker-cold": lambda: _bring_up(replace(docker, keeper=None), on_docker),
        "peer": lambda: _start_peer(docker, on_docker, image, data),
    }
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for run in range(runs):
        for name, turn in turns.items():
            seconds[name].append(turn())
            say(f"round {run + 1}: {name} {seconds[name][-1]:.2f} s")
    aims = {"ready-local": LOCAL_AIM_SECONDS, "ready-local-command": LOCAL_AIM_SECONDS}
    return [
        Figure(
            name=name,
            unit="s",
            measured=Series(seconds[name]),
            peer=peer.NAME,
            peer_measured=Series(seconds["peer"]),
            aim=aims.get(name),
            ratio_aim=None if name in aims else DOCKER_AIM_RATIO,
        )
        for name in turns
        if name != "peer"
    ]


def _bring_up(tools: Tools, wish: Wish) -> float:
    began = time.perf_counter()
    with sandbox_up(tools, wish):
        return time.perf_counter() - began


def _type_up(installation: Installation, tools: Tools) -> float:
    name = "bench-command"
    began = time.perf_counter()
    command = ["up", *installation.wanted, "--runtime=local", f"--size={SIZE}", f"--name={name}"]
    ended = installation.command(*command).wait()
    seconds = time.perf_counter() - began
    if ended != 0:
        raise RuntimeError(f"`sandbox {' '.join(command)}` ended with {ended}")
    take_down(tools, name)
    return seconds


def _start_peer(tools: Tools, wish: Wish, image: str, data: Path) -> float:
    began = time.perf_counter()
    with ExitStack() as stack:
        peer.bring_up_one_after_another(tools, wish, image, data, stack)
        return time.perf_counter() - began
