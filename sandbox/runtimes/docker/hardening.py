"""What every container is given, ours and a candidate's alike: no rights, little room, no outside names.

There is no parameter to loosen any of it, but for memory that may be written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docker.types import LogConfig

from sandbox.runtime import Limits

USER = "10001:10001"
_MIB = 1 << 20
_NOWHERE = "127.0.0.1"
"""The container's own loopback, where no name server listens: unknown names fail at once, inside."""


def confinement(limits: Limits, writable: Sequence[str] = ()) -> dict[str, Any]:
    """Give the part of a container's definition that confines it.

    `writable` are further folders in memory, of the same kind and size as `/tmp`.
    """
    memory = f"rw,noexec,nosuid,nodev,mode=1777,size={limits.tmp_mib}m"
    return {
        "user": USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": limits.pids,
        "mem_limit": limits.memory_mib * _MIB,
        # Equal to the memory: no swap on top.
        "memswap_limit": limits.memory_mib * _MIB,
        "nano_cpus": int(limits.cpus * 1_000_000_000),
        "tmpfs": dict.fromkeys(("/tmp", *writable), memory),  # noqa: S108
        "log_config": LogConfig(type=LogConfig.types.JSON, config={"max-size": "4m", "max-file": "2"}),
        "restart_policy": {"Name": "no"},
        "init": True,
        "dns": [_NOWHERE],
        "dns_search": ["."],
        "dns_opt": ["timeout:1", "attempts:1"],
    }
