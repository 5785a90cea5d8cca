"""What the control plane listens on."""

from __future__ import annotations

import socket

from sandbox.controlplane.serving import _listening


def test_answers_on_a_kept_connection_do_not_wait_for_each_other() -> None:
    # asyncio sets TCP_NODELAY only on sockets that name their protocol.
    with _listening("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
