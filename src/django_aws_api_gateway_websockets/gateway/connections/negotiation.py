"""The agreement of a handshake: the frames that follow, their sizes and compression."""

from collections.abc import Sequence
from typing import Final

from websockets.datastructures import Headers
from websockets.extensions import Extension, ServerExtensionFactory
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import ExtensionParameter

from ...core.quotas import MAX_FRAME_BYTES, MAX_MESSAGE_BYTES
from ..http.messages import HttpRequest
from ..runtime.log import problems
from .frames import Frames

__all__ = ["negotiate"]


class _Deflate(ServerPerMessageDeflateFactory):
    """Compression that keeps no memory between sent messages.

    API Gateway does negotiate permessage-deflate. A sender may compress every message by itself
    without announcing it (RFC 7692, section 7.1.1); then an idle connection needs no window.
    """

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        response, agreed = super().process_request_params(params, accepted_extensions)
        return response, PerMessageDeflate(
            remote_no_context_takeover=agreed.remote_no_context_takeover,
            local_no_context_takeover=True,
            remote_max_window_bits=agreed.remote_max_window_bits,
            local_max_window_bits=agreed.local_max_window_bits,
            compress_settings={"memLevel": 5},
        )


_EXTENSIONS: Final[Sequence[ServerExtensionFactory]] = (_Deflate(),)


def negotiate(
    request: HttpRequest,
    *,
    max_message_bytes: int | None = MAX_MESSAGE_BYTES,
    max_frame_bytes: int | None = MAX_FRAME_BYTES,
) -> tuple[Frames, Response]:
    """Return the frames of a connection, and the response to its handshake if that is valid.

    Args:
        max_message_bytes: size of the largest message; `None` for no limit.
        max_frame_bytes: size of the largest frame; `None` for no limit.
    """
    frames = Frames(
        # The HTTP part of the library is not used: it reads frames from the first byte on.
        state=State.OPEN,
        extensions=_EXTENSIONS,
        # Compared with the length field of a frame, before its payload is read.
        max_size=(max_message_bytes, max_frame_bytes),
        logger=problems.getChild("frames"),
    )
    response = frames.accept(Request(request.target, Headers(request.headers)))
    extensions = response.headers.get("Sec-WebSocket-Extensions")
    if extensions is not None:
        # AWS puts no space after the semicolon.
        del response.headers["Sec-WebSocket-Extensions"]
        response.headers["Sec-WebSocket-Extensions"] = extensions.replace("; ", ";")
    return frames, response
