"""The `docker` runtime: one container per instance, networks that lead nowhere, limits on everything."""

from __future__ import annotations

from sandbox.breaker import Breaker
from sandbox.composer import Composer
from sandbox.foreign import Foreign
from sandbox.prover import Prover
from sandbox.runtime import Keeper, Runtime
from sandbox.settings import Settings


def open_runtime(settings: Settings) -> Runtime:
    """Open the runtime on the Engine that DOCKER_HOST or the current Docker context names.

    Raises RuntimeUnavailable when no Engine answers, or not to this user.
    """
    # Only who opens the runtime pays for importing the SDK.
    from sandbox.runtimes.docker.driver import DockerRuntime
    from sandbox.runtimes.docker.engine import connect

    return DockerRuntime(connect(), settings)


def open_keeper(settings: Settings) -> Keeper:
    """Give what keeps loaded databases on that Engine; asks it nothing before it must."""
    from sandbox.runtimes.docker.keeping import DockerKeeper

    return DockerKeeper(settings)


def open_prover(settings: Settings) -> Prover:
    """Open what proves this runtime's isolation. Raises RuntimeUnavailable."""
    from sandbox.runtimes.docker.engine import connect
    from sandbox.runtimes.docker.proving import DockerProver

    return DockerProver(connect(), settings)


def open_foreign(settings: Settings) -> Foreign:
    """Open what finds, builds and measures what is not ours. Raises RuntimeUnavailable."""
    from sandbox.runtimes.docker.engine import connect
    from sandbox.runtimes.docker.foreign import DockerForeign

    return DockerForeign(connect(), settings)


def open_composer(settings: Settings) -> Composer:
    """Open what writes sandboxes of this runtime down as Compose files."""
    from sandbox.runtimes.docker.composing import DockerComposer

    return DockerComposer(settings)


def open_breaker(settings: Settings) -> Breaker:
    """Open what breaks sandboxes of this runtime. Raises RuntimeUnavailable."""
    from sandbox.runtimes.docker.breaking import DockerBreaker
    from sandbox.runtimes.docker.engine import connect

    return DockerBreaker(connect(), settings)
