"""The message that a client is sending, which may take several frames."""

import codecs
from typing import ClassVar, Final

from websockets.frames import Frame, Opcode

from ...core.closures import BINARY_REFUSED, MESSAGE_TOO_BIG, Closure

__all__ = ["IncomingText"]

UTF_8_DECODER: Final = codecs.getincrementaldecoder("utf-8")


class IncomingText:
    """The pieces of one client's current message, until the frame that ends it."""

    __slots__ = ("_decoder", "_pieces", "is_unfinished")

    max_fragments: ClassVar[int] = 1024
    """Number of pieces of one message; empty ones cost memory without counting as size."""

    def __init__(self) -> None:
        self.is_unfinished = False
        """True from the first piece of a message until the last one."""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pieces: list[str] | None = None

    def take(self, frame: Frame) -> str | Closure | None:
        """Take the next frame, whatever it is.

        Returns:
            the message that the frame ends, or the reason to close the connection; `None` if there
            is neither.

        Raises:
            UnicodeDecodeError: the text is not UTF-8.
        """
        if frame.opcode is Opcode.BINARY:
            return BINARY_REFUSED
        if frame.opcode is not Opcode.TEXT and frame.opcode is not Opcode.CONT:
            return None
        if frame.fin and not self.is_unfinished:
            return str(frame.data, "utf-8")
        return self._take_piece(frame)

    def clear(self) -> None:
        """Forget an unfinished message."""
        self.is_unfinished, self._decoder, self._pieces = False, None, None

    def _take_piece(self, frame: Frame) -> str | Closure | None:
        """Join the pieces of a message, and refuse text that is not UTF-8 as early as possible.

        Source: RFC 6455, section 8.1; AWS's behaviour has not been published.
        """
        if self._decoder is None or self._pieces is None:
            self.is_unfinished, self._decoder, self._pieces = True, UTF_8_DECODER(), []
        self._pieces.append(self._decoder.decode(frame.data, frame.fin))
        if not frame.fin:
            return MESSAGE_TOO_BIG if len(self._pieces) > self.max_fragments else None
        text = "".join(self._pieces)
        self.clear()
        return text
