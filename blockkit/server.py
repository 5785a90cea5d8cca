"""How a block listens: a client that does not get to the end of its request's head in time is cut off.

So is one that is answered already and does not get to the end of its body. uvicorn by itself waits for
ever, and each waiting client holds a connection. Too large a head it refuses itself; the body that an
operation waits for is bounded by `blockkit.bounds`.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0


class PatientProtocol(H11Protocol):
    """One connection, given to uvicorn as `http=`. Between requests uvicorn's own limit holds."""

    _cutting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn says BaseTransport, and only TCP comes here
        """Wait for the first request."""
        super().connection_made(transport)
        self._cutting = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take what came, and look whether a head is still unfinished."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Look whether the rest of a body is still to come that nobody waits for any more."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _look(self) -> None:
        theirs, ours = self.conn.their_state, self.conn.our_state
        begun = theirs is h11.IDLE and bool(self.conn.trailing_data[0])
        if begun or (theirs is h11.SEND_BODY and ours is h11.DONE):
            if self._cutting is None and not self.transport.is_closing():
                self._cutting = self.loop.call_later(HEAD_SECONDS, self.transport.close)
        else:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None
