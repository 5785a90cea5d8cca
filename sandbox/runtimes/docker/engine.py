"""The one connection to a Docker Engine, and its errors in the words of this product.

Honours DOCKER_HOST and Docker contexts as the `docker` command does. Refuses an Engine
that is too old instead of failing at the first call it does not know.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, ImageNotFound
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
    address, tls = _address(given)
    try:
        _knock(address)
        if given.get("DOCKER_HOST"):
            client = docker.from_env(
                version="auto", timeout=_PATIENCE_SECONDS, max_pool_size=_CONNECTIONS, environment=dict(given)
            )
        else:
            client = docker.DockerClient(
                base_url=address,
                tls=tls,
                version="auto",
                timeout=_PATIENCE_SECONDS,
                max_pool_size=_CONNECTIONS,
            )
    except PermissionError as error:
        raise RuntimeUnavailable(
            f"no permission to use the Docker Engine at {address}",
            hint=f"add your user to the group {_socket_group(address)!r} and log in again, "
            f"or use `--runtime local`",
        ) from error
    except (DockerException, RequestException, OSError) as error:
        raise RuntimeUnavailable(
            f"no Docker Engine answers at {address}: {_reason(error)}",
            hint="start it, set DOCKER_HOST, choose another with `docker context use`, "
            "or use `--runtime local`",
        ) from error
    version = client.api.api_version
    if tuple(int(part) for part in version.split(".")) < OLDEST_API:
        client.close()
        wanted = ".".join(str(part) for part in OLDEST_API)
        raise RuntimeUnavailable(
            f"the Docker Engine at {address} speaks API {version}, wanted {wanted} or newer",
            hint="upgrade the Engine to 20.10 or newer, or use `--runtime local`",
        )
    return client


def _address(environment: Mapping[str, str]) -> tuple[str, Any]:
    """Say where the Engine is, and how TLS is spoken to it: as the `docker` command decides it."""
    given = environment.get("DOCKER_HOST")
    if given:
        return given, False
    context = ContextAPI.get_current_context()
    if context is None or not context.Host:
        return "unix:///var/run/docker.sock", False
    return context.Host, context.TLSConfig or False


def _knock(address: str) -> None:
    """Try a local socket by ourselves: the SDK buries the system's answer, and leaves the socket open."""
    path = urlsplit(address).path
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.connect(path)


def _socket_group(address: str) -> str:
    try:
        return Path(urlsplit(address).path).group()
    except (OSError, KeyError):
        return "docker"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


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
    except RequestException as error:
        raise RuntimeUnavailable(f"{doing}: the Docker Engine does not answer: {_reason(error)}") from error


@contextmanager
def reading(stream: Any) -> Iterator[Iterator[Any]]:
    """Let go of the Engine's stream (a log, events) even when its reader stops in the middle."""
    try:
        yield stream
    finally:
        stream.close()
        # That only shuts the connection down; the SDK lets go of the socket when it reads the end.
        deque(stream, maxlen=0)
