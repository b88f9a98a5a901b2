"""The responses of one connection on their way to the client."""

import asyncio
from typing import Final

from .messages import HttpResponse, HttpStream
from .patience import Patience

__all__ = ["ResponseWriter"]

_STREAM_PAUSE_SECONDS: Final = 0.1


class ResponseWriter:
    """Writer of responses, one after the other, which knows whether the next one may begin.

    Args:
        patience: waits for the next request after each response.
    """

    def __init__(self, transport: asyncio.Transport, patience: Patience) -> None:
        self.is_busy = False
        """True while a response is awaited, or written in chunks."""
        self.is_full = False
        """True while the client does not read what has been written."""
        self._transport = transport
        self._patience = patience

    @property
    def is_ready(self) -> bool:
        """Tell whether the next response may begin."""
        return not (self.is_busy or self.is_full)

    def write(self, response: HttpResponse, *, keep_alive: bool) -> None:
        """Write a response, unless the client is gone.

        Args:
            keep_alive: false if this was the last response, and the connection closes.
        """
        if self._transport.is_closing():
            return
        self.write_bytes(response.serialise(keep_alive=keep_alive))
        if not keep_alive:
            self._transport.close()

    def write_bytes(self, responses: bytes) -> None:
        """Write whole responses that are bytes already."""
        self._transport.write(responses)
        self._patience.begin_anew()

    async def write_stream(self, response: HttpStream) -> None:
        """Write chunks until they end or the client leaves; a slow client gets them later."""
        # Without reading, the gateway would notice a client that leaves only when a write fails.
        self._transport.resume_reading()
        self._transport.write(response.head())
        try:
            async for chunk in response.chunks:
                while self.is_full and not self._transport.is_closing():
                    await asyncio.sleep(_STREAM_PAUSE_SECONDS)
                if self._transport.is_closing():
                    break
                self._transport.write(chunk)
        finally:
            # Also after an error of ours: nothing else closes a busy connection that is silent.
            self._transport.close()
