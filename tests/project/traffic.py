"""Counts the events of sockets Django has answered, so that a test can wait for the last one."""

import threading
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware


class Traffic:
    """Counts what came over the network; a test's own client is not counted."""

    _lock = threading.Lock()
    _opened = 0
    _closed = 0

    @classmethod
    def count(cls, request: Any, response: Any) -> Any:
        if request.META.get("SERVER_NAME") != "testserver":
            is_accepted = response.status_code < 300
            with cls._lock:
                cls._opened += request.path.endswith("/connect") and is_accepted
                cls._closed += request.path.endswith("/disconnect")
        return response

    @classmethod
    def open_connections(cls) -> int:
        """Connects that were accepted, and whose end has not been answered yet."""
        return cls._opened - cls._closed


@sync_and_async_middleware
def traffic(get_response: Any) -> Any:
    """In the event loop where there is one, so that async views are tested as projects run them."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: Any) -> Any:
            return Traffic.count(request, await get_response(request))

        return answer_async

    def answer(request: Any) -> Any:
        return Traffic.count(request, get_response(request))

    return answer
