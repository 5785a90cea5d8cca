"""How much memory a whole run takes: the peak on `local`, and each container's working set on `docker`.

On `local` the proportional set sizes (PSS) of the command, the host process, PostgreSQL and its
sessions are summed every 50 ms. A container's working set is what its cgroup uses less the file
pages that the kernel would give up first.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from figures import Figure, Series
from installation import Installation

from sandbox.lifecycle.service import take_down
from sandbox.runtimes.docker import labels
from sandbox.runtimes.docker.engine import connect

SIZE = 1000
LOCAL_AIM_MB = 600.0
CONTAINER_AIM_MB = 80.0
EVERY_SECONDS = 0.05
_MB = 1_000_000


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure the run once per runtime and repetition of `local`; containers vary little."""
    peaks, watch = [], Watch(installation.settings.home)
    for run in range(runs):
        watch = Watch(installation.settings.home)
        with _play(installation, "local") as playing:
            watch.follow(playing)
        take_down(installation.tools("local"), _NAME)
        peaks.append(watch.peak / _MB)
        say(f"round {run + 1}: peak on local {peaks[-1]:.0f} MB")
    with _play(installation, "docker") as playing:
        _passed(playing, playing.wait())
    sets = dict(_working_sets(installation))
    take_down(installation.tools("docker"), _NAME)
    say(f"largest container on docker {max(sets.values()):.0f} MB")
    return [
        Figure(
            name="memory-local",
            unit="MB",
            measured=Series(peaks),
            aim=LOCAL_AIM_MB,
            details={name: size / _MB for name, size in watch.at_peak.items()},
        ),
        Figure(
            name="memory-docker-container",
            unit="MB",
            measured=Series([max(sets.values())]),
            aim=CONTAINER_AIM_MB,
            details=sets,
        ),
    ]


@dataclass(slots=True)
class Watch:
    """Follows the processes of one installation: by their arguments, or by descent."""

    home: Path
    peak: int = 0
    at_peak: dict[str, int] = field(default_factory=dict)
    _ours: dict[int, str] = field(default_factory=dict)
    _others: set[int] = field(default_factory=set)

    def follow(self, command: subprocess.Popen[bytes]) -> None:
        """Sample until the command has ended."""
        self._ours[command.pid] = "command"
        while command.poll() is None:
            began = time.monotonic()
            self._sample()
            time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))
        _passed(command, command.returncode)

    def _sample(self) -> None:
        sizes: dict[str, int] = {}
        for pid in self._found():
            with suppress(OSError):  # it has ended since
                sizes[self._ours[pid]] = sizes.get(self._ours[pid], 0) + _pss(pid)
        if sum(sizes.values()) > self.peak:
            self.peak, self.at_peak = sum(sizes.values()), sizes

    def _found(self) -> list[int]:
        pids = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
        self._others &= pids
        for pid in sorted(pids - self._others - self._ours.keys()):
            with suppress(OSError):
                role = self._role(pid)
                if role is None:
                    self._others.add(pid)
                else:
                    self._ours[pid] = role
        return [pid for pid in self._ours if pid in pids]

    def _role(self, pid: int) -> str | None:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        if str(self.home) in arguments:
            return "PostgreSQL" if "postgres" in arguments else "host process"
        # The name in the second field may hold spaces and brackets; the parent follows the last one.
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return self._ours.get(parent)


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


_NAME = "bench-memory"


def _play(installation: Installation, runtime: str) -> subprocess.Popen[bytes]:
    what = ["up"] if installation.blocks else ["run", "--keep"]
    options = [f"--runtime={runtime}", f"--size={SIZE}", f"--name={_NAME}", "--json"]
    return installation.command(*what, *installation.wanted, *options)


def _passed(command: subprocess.Popen[bytes], code: int) -> None:
    if code != 0:
        raise RuntimeError(f"{command.args!r} ended with {code}")


def _working_sets(installation: Installation) -> Iterator[tuple[str, float]]:
    engine = connect()
    owner = labels.owner_of(installation.settings.home)
    try:
        for container in engine.containers.list(filters={"label": f"{labels.OWNER}={owner}"}):
            told = container.stats(stream=False, one_shot=True)["memory_stats"]
            details = told["stats"]
            # cgroup v1 counts its children under names of their own.
            inactive = details.get("total_inactive_file", details.get("inactive_file", 0))
            yield container.labels[labels.INSTANCE], (told["usage"] - inactive) / _MB
    finally:
        engine.close()
