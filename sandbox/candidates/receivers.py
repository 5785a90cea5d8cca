"""Listeners on this host that keep what arrives, and the addresses under which they could be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

ARRIVES_WITHIN_SECONDS = 20


class HostReceiver:
    """Listens on every address of the host, UDP and TCP, and keeps what arrives."""

    def __init__(self, port: int, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        anywhere = "0.0.0.0" if family == socket.AF_INET else "::"  # noqa: S104  it is what is tested
        with ExitStack() as unless_all_is_well:
            self._datagrams = unless_all_is_well.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            self._connections = unless_all_is_well.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if family == socket.AF_INET6:
                for listening in (self._datagrams, self._connections):
                    listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # The receiver before this one may have had the same port.
            self._connections.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._datagrams.bind((anywhere, port))
            self.port = int(self._datagrams.getsockname()[1])
            self._connections.bind((anywhere, self.port))
            self._connections.listen()
            unless_all_is_well.pop_all()
        self._threads = [threading.Thread(target=run) for run in (self._receive, self._accept)]
        for thread in self._threads:
            thread.start()

    @classmethod
    def on_any_port(cls, family: socket.AddressFamily = socket.AF_INET) -> HostReceiver:
        """Listen where both are free: the system chooses for one of the two, and may choose badly."""
        for _ in range(20):
            with suppress(OSError):
                return cls(0, family)
        return cls(0, family)

    def wait_for(self, kinds: set[str], token: bytes) -> bool:
        """Wait until `token` arrived in each of these kinds."""
        with self._news:
            return self._news.wait_for(
                lambda: kinds <= {kind for kind, content in self.arrived if token in content},
                ARRIVES_WITHIN_SECONDS,
            )

    def close(self) -> None:
        """Stop listening."""
        for listening in (self._datagrams, self._connections):
            # An unconnected datagram socket says that it is, and wakes its reader all the same.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._datagrams.close()
        self._connections.close()

    def _keep(self, kind: str, content: bytes) -> None:
        with self._news:
            self.arrived.append((kind, content))
            self._news.notify_all()

    def _receive(self) -> None:
        while content := self._datagrams.recv(2000):
            self._keep("datagram", content)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._connections.accept()
            except OSError:
                return
            with connection:
                self._keep("connection", connection.recv(200))


@contextmanager
def host_receivers() -> Iterator[list[HostReceiver]]:
    """Listen on any free port and, where nobody else has it, as a name server on port 53."""
    with ExitStack() as stack:
        receivers = [HostReceiver.on_any_port()]
        stack.callback(receivers[0].close)
        try:
            receivers.append(HostReceiver(53))
        except OSError:
            receivers.append(HostReceiver.on_any_port())
        stack.callback(receivers[1].close)
        yield receivers


def host_addresses() -> list[str]:
    """Every IPv4 address of this host but the loopback's, from the kernel's own table."""
    lines = Path("/proc/net/fib_trie").read_text().splitlines()
    found = {before.split()[-1] for before, line in pairwise(lines) if "/32 host LOCAL" in line}
    return sorted(address for address in found if not address.startswith("127."))


def host_addresses_6() -> list[str]:
    """Every IPv6 address of this host but the loopback's; link-local ones with their interface."""
    found = []
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        digits, _, _, scope, _, interface = line.split()
        address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
        if interface != "lo":
            found.append(f"{address}%{interface}" if scope == "20" else address)
    return sorted(found)
