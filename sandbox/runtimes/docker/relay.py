"""One way out: whoever connects to a socket file talks to one host and port, and to nothing else.

`python -c <this text> SOCKET HOST PORT`, in a container of ours. It carries bytes and reads none of them:
encryption and certificates are between the information mediator and the product. Standard library alone.
"""

import asyncio
import contextlib
import os
import sys
from asyncio import StreamReader, StreamWriter

PIECE = 65_536
MOST = 64
CONNECT_SECONDS = 10.0


async def carry(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass on what comes until it ends, then say that it has ended."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def serve(path: str, host: str, port: int) -> None:
    """Listen until killed."""
    room = asyncio.Semaphore(MOST)

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        async with room:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    there, back = await asyncio.open_connection(host, port)
            except (OSError, TimeoutError) as error:
                print(f"{host}:{port} can't be reached: {error or type(error).__name__}", flush=True)
                writer.close()
                return
            try:
                await asyncio.gather(carry(reader, back), carry(there, writer))
            finally:
                back.close()
                writer.close()

    server = await asyncio.start_unix_server(connected, path)
    # Other containers of ours may run under another mapping of users; nobody else has this folder.
    os.chmod(path, 0o777)  # noqa: PTH101, S103
    print(f"leading to {host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
