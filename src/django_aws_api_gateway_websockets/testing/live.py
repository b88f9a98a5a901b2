"""The real local gateway in front of a live server, for tests with a browser.

It runs in a thread of the test's process, at a port that the system picks.
"""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from django.test import override_settings

from ..aws.clients import clear_boto3_client_cache
from ..aws.network_in_tests import allow_network
from ..conf import get_websockets_config
from ..management.project_apis import register_apis
from ..models import ApiGateway
from .memory.addresses import find_address
from .running_test import kept_out

__all__ = ["LiveGateway"]

_BESIDE: Final = (
    "A message would go to the sockets in memory or to the browser's, and not to both: use either "
    "WebSocketClient, outbox and clock or a LiveGateway in a test."
)
_SECONDS: Final = 15.0
"""Longest wait for a start or for an end, of which each takes a moment."""


class LiveGateway:
    """The local gateway as long as the block lasts; it serves every socket view of the project.

    Pages find its address by themselves, as `{% websocket_url %}` and the mixins give it.

    Args:
        server_url: address of the live server, such as `self.live_server_url`.
    """

    def __init__(self, server_url: str) -> None:
        self.url = ""
        """Base of its addresses."""
        self.lines: list[str] = []
        """Its sentences about each API, as `runserver` prints them."""
        self._server_url = server_url
        self._opened = ExitStack()
        self._started: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event
        self._thread = threading.Thread(target=self._serve, name="LiveGateway", daemon=True)

    def websocket_url(self, path_or_view: Any) -> str:
        """Return the address at which a browser connects, without query.

        Args:
            path_or_view: as of `WebSocketClient`.

        Raises:
            LookupError: no API leads there.
        """
        base = find_address(path_or_view).base
        for record in ApiGateway.objects.order_by("pk"):
            if unquote(urlsplit(record.target_base_endpoint or "").path) == base:
                return record.websocket_url()
        raise LookupError(f"No API leads to {base}. The gateway said: {' '.join(self.lines)}")

    def __enter__(self) -> Self:
        self._opened.enter_context(kept_out(_BESIDE))
        self._thread.start()
        self._opened.callback(self._stop)
        try:
            self.url = self._started.result(_SECONDS)
            changed = {"local_gateway": True, "local_gateway_address": urlsplit(self.url).netloc}
            # A request that ends with the gateway may still send.
            self._opened.enter_context(
                override_settings(WEBSOCKETS={**get_websockets_config(), **changed})
            )
            self._opened.enter_context(allow_network())
            self.lines += register_apis(self._server_url)
        except BaseException:
            self._opened.close()
            raise
        # The last one entered ends first, and the gateway needs the settings until its end.
        self._opened.callback(self._stop)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()
        clear_boto3_client_cache()

    def _stop(self) -> None:
        """Close every socket with 1001, and wait until Django has heard of it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_SECONDS)

    def _serve(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _run(self) -> None:
        from ..gateway.config import Config
        from ..gateway.server import running_gateway

        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with running_gateway(Config(port=0, drain_seconds=0.0)) as gateway:
            self._started.set_result(gateway.url)
            await self._end.wait()
