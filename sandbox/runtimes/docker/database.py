"""PostgreSQL as a program of a sandbox: its command and its limits, wherever it is started from."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.runtime import Limits
from sandbox.runtimes.docker import layout as parts

DATABASE_LIMITS = Limits(memory_mib=1024, cpus=2.0, pids=700, tmp_mib=64)
"""One process per connection, and blocks keep pools."""
SUPERUSER_FILE = "superuser-password"
PASSWORD_FILE = f"{parts.DATABASE_FILES}/{SUPERUSER_FILE}"


def serving(prepared: Sequence[str] = ()) -> list[str]:
    """Give the command; what it begins with is the first of `prepared` that is there, else the image's."""
    return [
        *("python", "-m", "blockkit.postgres", "serve", "--listen", "*"),
        # Sized for one sandbox: nine programs with small pools.
        *("--port", str(parts.DATABASE_PORT), "--connections", "150", "--buffers", "8"),
        "--release-cache",
        *(f"--prepared={folder}" for folder in (*prepared, parts.PREPARED_DATABASE_FILES)),
        *("--data", f"{parts.DATABASE_FILES}/data", "--password-file", PASSWORD_FILE),
    ]
