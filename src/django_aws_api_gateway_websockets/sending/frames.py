"""Frames of the wire protocol to single connections; what cannot be sent is logged."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..core.errors import MessageTooLargeError
from .messages import Recipient, serialise_message
from .posts import send_to_all

__all__ = ["is_too_large", "post_frame", "post_text"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def post_frame(recipients: Iterable[Recipient], frame: dict[str, Any]) -> list[str]:
    """Post a frame to connections, and return the ids of those that are gone.

    It accompanies something that has happened, whose doer must not hear of a failure.
    """
    return _post(recipients, partial(serialise_message, frame))


def post_text(recipients: Iterable[Recipient], text: str) -> list[str]:
    """Post the text of a frame as `post_frame` posts a frame."""
    return _post(recipients, lambda: text)


def is_too_large(frame: dict[str, Any]) -> bool:
    """Tell whether API Gateway would refuse a frame for its size.

    Of one that JSON cannot express, that is not the trouble: sending it says what is.
    """
    try:
        serialise_message(frame)
    except MessageTooLargeError:
        return True
    except ValueError:
        return False
    return False


def _post(recipients: Iterable[Recipient], write: Callable[[], str]) -> list[str]:
    try:
        return send_to_all(recipients, write()).gone
    except Exception:  # Without region or credentials no request can be made.
        logger.warning("A frame of the protocol could not be sent.", exc_info=True)
        return []
