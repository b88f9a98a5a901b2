"""What a handshake agrees on: the frames that follow it, their sizes and their compression."""

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
    """Compression that keeps no memory between the messages it sends.

    API Gateway does negotiate permessage-deflate. A sender may start every message afresh without
    announcing it (RFC 7692, section 7.1.1), and an idle connection then costs no window.
    """

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
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
    """The frames of the connection, and the response a valid handshake would get.

    Args:
        max_message_bytes: largest message they may make; `None` for any.
        max_frame_bytes: largest frame taken; `None` for any.
    """
    frames = Frames(
        # The HTTP side of the library is not used: from its first byte on it reads frames.
        state=State.OPEN,
        extensions=_EXTENSIONS,
        # Checked against the length field of a frame, before its payload is read.
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
