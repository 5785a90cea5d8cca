"""What the environment says: read once at the edge and passed in.

Only `SANDBOX_*` variables are read. Nothing here touches the disk.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ByteSize, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.errors import UsageError

CONTENT_ROOT = Path(__file__).resolve().parent.parent
"""Where `blocks`, `scenarios`, `datasets` and `compose` lie beside the package, in a clone and in a wheel."""


def default_home() -> Path:
    """Say where everything is kept when `SANDBOX_HOME` is not set.

    Root gets a folder outside its private home: the embedded PostgreSQL refuses to
    run as root and its unprivileged user could not enter `/root`.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/civic-sandbox")
    return Path.home() / ".local" / "share" / "civic-sandbox"


class Settings(BaseSettings):
    """Settings of one command or process."""

    model_config = SettingsConfigDict(
        env_prefix="SANDBOX_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Field(default_factory=default_home)
    runtime: str = "local"
    language: str = "en"
    """What pages are written in when a command does not say."""
    base_image: str = "python:3.12-slim-bookworm"
    subnets: str = "10.213.0.0/16"
    content: Path = CONTENT_ROOT
    allowed_hosts: str = ""
    """Hosts that products at an address may be at: `pay.example:443,registry.example:8443`; none."""
    cache_limit: ByteSize = ByteSize(20_000_000_000)
    """Populations and loaded databases below the home take at most so much: `20GB`, `500MB`."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = f"SANDBOX_{str(first['loc'][0]).upper()}"
            raise UsageError(
                f"{name} {first['input']!r} can't be used: {first['msg'].lower()}",
                hint="a size is written 20GB or 500MB",
            ) from None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The allowed hosts, one by one."""
        return tuple(host.strip().lower() for host in self.allowed_hosts.split(",") if host.strip())

    @property
    def runs(self) -> Path:
        """Folder of the register of runs and of evidence written without `--out`."""
        return self.home / "runs"
