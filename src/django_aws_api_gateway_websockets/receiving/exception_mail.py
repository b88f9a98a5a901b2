"""Telling the administrators that a handler failed, without flooding them."""

import logging
import threading
import time
from typing import Final

from django.core.mail import mail_admins

__all__ = ["mail_exception"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_SUBJECT: Final = "Unexpected Websocket Exception"

_last_sent: dict[tuple[type, type], float] = {}
_lock = threading.Lock()


def mail_exception(view_class: type, error: Exception, interval_seconds: float) -> None:
    """Mail the text of `error` to ADMINS; a failure to do so is only logged.

    Args:
        view_class: whose handler raised it.
        error: what was raised.
        interval_seconds: after a mail, further ones for the same view and kind of error are
            left out for this long in this process; 0 mails each time.
    """
    key = (view_class, type(error))
    now = time.monotonic()
    with _lock:
        last = _last_sent.get(key)
        if last is not None and now - last < interval_seconds:
            return
        _last_sent[key] = now
    try:
        mail_admins(_SUBJECT, str(error))
    except Exception:  # The handler's failure is what matters, whatever is wrong with the mail.
        logger.warning("The administrators could not be told by mail.", exc_info=True)
