"""The local gateway beside Django: its process, and the project's APIs registered in it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.db import close_old_connections

from ..conf import LocalGatewayAddress
from ..core.errors import WebSocketsError
from ..deployment import register_gateway
from ..models import ApiGateway, get_boto3_client
from ..receiving.routed_views import find_socket_views

__all__ = ["LocalGateway", "LocalGatewayError", "register_apis"]

_LINE_FORMAT: Final = "$context.eventType $context.status $context.routeKey $context.connectionId"
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 20.0
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 5.0


class LocalGatewayError(WebSocketsError):
    """A failed start of the gateway; the text gives the reason and the remedy."""


class LocalGateway:
    """A child process with the gateway, restarted when it dies, and the APIs it must know.

    Args:
        address: host and port it listens at.
        backend_url: scheme, host and port at which this project's Django responds.
        announce: gets each line for the person at the terminal.
        arguments: further command-line arguments of the gateway.
    """

    def __init__(
        self,
        address: LocalGatewayAddress,
        *,
        backend_url: str,
        announce: Callable[[str], Any],
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._address = address
        self._backend_url = backend_url
        self._announce = announce
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="gateway-watcher", daemon=True)

    def start(self) -> None:
        """Start the gateway, or use one that already listens there, and register the APIs.

        Raises:
            LocalGatewayError: it does not start.
        """
        if _is_gateway(self._address):
            self._announce(f"Using the gateway that already runs at {self._address.url}.")
            self._register()
            return
        self._process = self._launch()
        self._register()
        self._watcher.start()

    def wait(self) -> None:
        """Wait until the gateway has been stopped."""
        self._stopping.wait()

    def stop(self) -> None:
        """Close every socket properly and end the process; do nothing the second time."""
        self._stopping.set()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> "subprocess.Popen[bytes]":
        command = [
            *(sys.executable, "-m", "django_aws_api_gateway_websockets.gateway"),
            *("--host", self._address.host, "--port", str(self._address.port)),
            # The pipe closes when this process ends, even by a kill, and the gateway ends with it.
            "--until-stdin-closes",
            # Lines for a person; a program that wants JSON runs the gateway by itself.
            *("--access-log-format", _LINE_FORMAT),
            *self._arguments,
        ]
        process = subprocess.Popen(  # noqa: S603 - every word is ours or the developer's own.
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        # Reading the first line may block for ever; killing the process ends it.
        deadline = threading.Timer(_START_SECONDS, process.kill)
        deadline.start()
        first_line = process.stdout.readline() if process.stdout else b""
        deadline.cancel()
        if not first_line.startswith(b"Listening on"):
            process.wait()
            raise LocalGatewayError(
                f"The local gateway did not start at {self._address.url}: the lines above say why."
            )
        return process

    def _register(self) -> None:
        for line in register_apis(self._backend_url):
            self._announce(line)

    def _watch(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while self._process is not None:
            code = self._process.wait()
            if self._stopping.wait(pause):
                return
            self._announce(f"The local gateway ended (exit code {code}). Starting it again.")
            try:
                self._process = self._launch()
                self._register()
                pause = _FIRST_PAUSE_SECONDS
            except (WebSocketsError, BotoCoreError, ClientError) as error:
                self._announce(str(error))
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            finally:
                close_old_connections()


def register_apis(backend_url: str) -> Iterator[str]:
    """Make the local gateway serve every API of the project, and yield a line for each.

    A project without any `ApiGateway` gets one for each socket view it has routed.

    Args:
        backend_url: scheme, host and port the integrations are to call; paths stay as they are.
    """
    gateways = list(ApiGateway.objects.order_by("pk")) or _gateways_of_views(backend_url)
    if not gateways:
        yield (
            "No API was registered: route a WebSocketView with a slug named 'route', such as "
            "path('ws/<slug:route>', MyView.as_view()), and start again."
        )
    for gateway in gateways:
        if not gateway.target_base_endpoint:
            yield f"{gateway.api_name} has no target_base_endpoint and was left out."
            continue
        if gateway.needs_api_creation:
            gateway.create_gateway()
        register_gateway(gateway, get_boto3_client(), backend_url)
        yield f"{gateway.api_name} is served at {gateway.websocket_url()}."


def _gateways_of_views(backend_url: str) -> list[ApiGateway]:
    return [
        ApiGateway.objects.create(
            api_name=view.view_class.__name__,
            api_description="Made for the local gateway.",
            target_base_endpoint=f"{backend_url}{view.base_path}",
        )
        for view in find_socket_views()
        if view.has_route_slug
    ]


def _is_gateway(address: LocalGatewayAddress) -> bool:
    """Tell whether a gateway already responds at this address."""
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    try:
        get_boto3_client(endpoint_url=address.url, config=config).get_apis(MaxResults="1")
    except (BotoCoreError, ClientError):
        return False
    return True


def _environment() -> dict[str, str]:
    # The child must find the package where this process found it, installed or not.
    paths = [path for path in sys.path if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
