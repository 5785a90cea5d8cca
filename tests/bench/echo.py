"""A local service that sends back what it is sent, and hands out citizens; a process of its own.

As little work as HTTP/1.1 allows, so that what is measured is whoever calls it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_numbers = itertools.count(1)


class _Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self._came = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head = self._came[:end]
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(self._came) < end + 4 + length:
                return
            body = self._came[end + 4 : end + 4 + length]
            self._came = self._came[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, path: bytes, body: bytes) -> None:
        status = b"200 OK"
        if path.endswith(b"/picks"):
            status, body = b"201 Created", json.dumps({"pickId": "p", **json.loads(body)}).encode()
        elif path.endswith(b"/next"):
            citizen = {"individualId": f"P{next(_numbers)}"}
            body = json.dumps({"citizen": citizen, "more": True}).encode()
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def echoing() -> Iterator[tuple[str, int]]:
    """Serve until the end of the block; gives address and process."""
    server = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}", server.pid
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


if __name__ == "__main__":
    asyncio.run(_serve())
