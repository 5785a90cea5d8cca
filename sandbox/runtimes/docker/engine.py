"""The one connection to a Docker Engine, and its errors in the words of this product.

Honours DOCKER_HOST and Docker contexts as the `docker` command does. Refuses an Engine
that is too old instead of failing at the first call it does not know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import ConnectionError as ConnectionLost
from requests.exceptions import RequestException

from sandbox.errors import ImageUnavailable, RuntimeFailure, RuntimeUnavailable

OLDEST_API = (1, 41)
"""Docker 20.10: the first with cgroup v2 and the network options that isolation needs."""

_CONNECTIONS = 32
"""Kept open for calls from several threads; more threads than that only open extra ones."""

_PATIENCE_SECONDS = 120


def connect(environment: Mapping[str, str] | None = None) -> docker.DockerClient:
    """Connect to the Engine of DOCKER_HOST or of the current context.

    Args:
        environment: Stands in for the process's own, in tests.

    Raises:
        RuntimeUnavailable: No Engine, no permission, or an API older than 1.41.
    """
    given = os.environ if environment is None else environment
    address = given.get("DOCKER_HOST", "")
    try:
        if address:
            client = docker.from_env(
                version="auto", timeout=_PATIENCE_SECONDS, max_pool_size=_CONNECTIONS, environment=dict(given)
            )
        else:
            context = ContextAPI.get_current_context()
            address = (context.Host if context is not None else None) or "unix:///var/run/docker.sock"
            client = docker.DockerClient(
                base_url=address,
                tls=(context.TLSConfig or False) if context is not None else False,
                version="auto",
                timeout=_PATIENCE_SECONDS,
                max_pool_size=_CONNECTIONS,
            )
    except (DockerException, RequestException, OSError) as error:
        raise _no_engine(address, error) from error
    version = client.api.api_version
    if tuple(int(part) for part in version.split(".")) < OLDEST_API:
        client.close()
        wanted = ".".join(str(part) for part in OLDEST_API)
        raise RuntimeUnavailable(
            f"the Docker Engine at {address} speaks API {version}, wanted {wanted} or newer",
            hint="upgrade the Engine to 20.10 or newer, or use `--runtime local`",
        )
    return client


def _no_engine(address: str, error: Exception) -> RuntimeUnavailable:
    if "PermissionError" in repr(error) or "Permission denied" in str(error):
        return RuntimeUnavailable(
            f"no permission to use the Docker Engine at {address}",
            hint=f"add your user to the group {_socket_group(address)!r} and log in again, "
            f"or use `--runtime local`",
        )
    return RuntimeUnavailable(
        f"no Docker Engine answers at {address}: {_first_line(error)}",
        hint="start it, set DOCKER_HOST, choose another with `docker context use`, or use `--runtime local`",
    )


def _socket_group(address: str) -> str:
    socket = urlsplit(address).path
    try:
        return Path(socket).group()
    except (OSError, KeyError):
        return "docker"


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    missing = re.search(r"\[Errno \d+\] ([^'\")]+)", text) or re.search(
        r"FileNotFoundError\(2, '([^']+)", text
    )
    return missing[1] if missing else text.splitlines()[0][:200]


@contextmanager
def said_by_engine(doing: str) -> Iterator[None]:
    """Turn what the Engine refuses into a RuntimeFailure that says what was being done."""
    try:
        yield
    except ImageNotFound as error:
        raise ImageUnavailable(
            f"{doing}: the image is not here: {error.explanation}", hint="build it: sandbox images build"
        ) from error
    except APIError as error:
        raise RuntimeFailure(f"{doing}: the Docker Engine refused: {error.explanation}") from error
    except ConnectionLost as error:
        raise RuntimeUnavailable(f"{doing}: the Docker Engine went away: {_first_line(error)}") from error
