"""What a challenge breaks on `local`: instances that were set apart from the host, and PostgreSQL.

The server belongs to every sandbox of the home, so it is killed only where there is no other one.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.runtime import InstanceSpec
from sandbox.runtimes.local import server
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.layout import Home


class LocalBreaker:
    """Kills processes of one home's sandboxes."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home.absolute())
        self._runtime = LocalRuntime(home)

    def set_apart(self, spec: InstanceSpec) -> bool:
        """Take the instance out of the host's process, unless it is outside already."""
        if self._runtime.runs_apart(spec.sandbox, spec.name):
            return False
        self._runtime.stop(spec.sandbox, spec.name, grace_seconds=5)
        self.start(spec)
        return True

    def kill(self, sandbox: str, name: str) -> None:
        """Kill its process."""
        self._runtime.stop(sandbox, name, grace_seconds=0)

    def start(self, spec: InstanceSpec) -> None:
        """Start it in a process of its own."""
        self._runtime.start_apart(spec)

    def why_not_the_database(self, sandbox: str) -> str:
        """Say which other sandbox would lose its server."""
        others = sorted(folder.name for folder in self._home.folders() if folder.name != sandbox)
        if not others:
            return ""
        return f"not on local while other sandboxes share its PostgreSQL: {', '.join(others)}"

    def restart_database(self, sandbox: str) -> None:
        """Kill the home's server and start it on the same port; what was committed is recovered."""
        del sandbox  # there is no other one
        server.restart_server(self._home)
