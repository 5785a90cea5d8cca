"""One way out: what enters at the socket leaves at one host and port, and comes back."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from sandbox.runtimes.docker.relay import serve


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"heard " + await reader.read())
    writer.close()


async def ask(path: str, said: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(said)
    writer.write_eof()
    heard = await reader.read()
    writer.close()
    return heard


async def relayed(port: int) -> bytes:
    with tempfile.TemporaryDirectory(prefix="way-") as folder:
        path = f"{folder}/payments"
        serving = asyncio.create_task(serve(path, "127.0.0.1", port))
        try:
            async with asyncio.timeout(30):
                while not Path(path).exists():
                    await asyncio.sleep(0)
                return await ask(path, b"x" * 200_000)
        finally:
            serving.cancel()


def test_it_carries_bytes_there_and_back() -> None:
    async def play() -> bytes:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            return await relayed(server.sockets[0].getsockname()[1])

    assert asyncio.run(play()) == b"heard " + b"x" * 200_000


def test_nobody_there_is_the_end_of_the_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listened on: whoever connects is refused
        assert asyncio.run(relayed(taken.getsockname()[1])) == b""
