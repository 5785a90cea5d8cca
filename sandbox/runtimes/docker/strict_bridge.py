"""Runs inside the host's network, once per bridge: what comes from the bridge is not for this host.

`internal` and `inhibit_ipv4` take the host's address away, not its ears: a broadcast or
multicast datagram still arrives at whoever listens on 0.0.0.0, and so does one to any of the
host's addresses from a sender that names its interface. Strict reverse-path filtering refuses
all of it, for the host has no route back through a bridge on which it has no address.
The kernel's own default is off.

Standard library only: its text is handed to `python -c`, which starts at once. Told over
netlink, because /proc/sys is read-only in a container, and stays so. Refuses to end well
before the kernel says that the filter is on.
"""

import socket
import struct
import sys
from pathlib import Path

_RTM_SETLINK, _REQUEST, _ACKNOWLEDGE, _NLMSG_ERROR = 19, 1, 4, 2
_AF_SPEC, _INET_CONF, _RP_FILTER = 26, 1, 8
_STRICT = 1


def _attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content


def make_strict(bridge: str) -> None:
    """Turn strict filtering on. Raises OSError when the kernel refuses or there is no such bridge."""
    setting = _attribute(_RP_FILTER, struct.pack("=I", _STRICT))
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(bridge), 0, 0)
    body += _attribute(_AF_SPEC, _attribute(socket.AF_INET, _attribute(_INET_CONF, setting)))
    header = struct.pack("=IHHII", 16 + len(body), _RTM_SETLINK, _REQUEST | _ACKNOWLEDGE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(header + body)
        answer = kernel.recv(4096)
    kind, code = struct.unpack_from("=4xH10xi", answer)
    if kind != _NLMSG_ERROR or code != 0:
        raise OSError(-code, f"the kernel refused to filter on {bridge}")
    told = Path(f"/proc/sys/net/ipv4/conf/{bridge}/rp_filter").read_text().strip()
    if told != str(_STRICT):
        raise OSError(f"the filter of {bridge} reads {told}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        make_strict(name)
