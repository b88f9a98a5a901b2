"""The local gateway beside Django: its process, and the project it serves."""

import contextlib
import errno
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import close_old_connections, connections, router

from ..aws.local_credentials import (
    LOCAL_KEY,
    OPERATOR_TOKEN_VARIABLE,
    get_local_secret,
    get_operator_token,
)
from ..conf import LocalGatewayAddress
from ..core.authority import read_url_authority
from ..core.errors import WebSocketsError
from ..deployment import GatewayProject, read_project, write_project
from ..models import ApiGateway, get_boto3_client
from .ports import find_free_port, is_of_no_address_here, refusal_of_port
from .project_apis import register_apis, register_records

__all__ = [
    "LocalGateway",
    "LocalGatewayError",
    "describe_project",
    "is_usable",
    "register_apis",
    "setting_for_port",
]

_LINE_FORMAT: Final = "$context.eventType $context.status $context.routeKey $context.connectionId"
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 20.0
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PROBE_SECONDS: Final = 1.0


class LocalGatewayError(WebSocketsError):
    """A failed start of the gateway; the text gives the reason and the remedy."""


def setting_for_port(host: str, port: int) -> str:
    """Return the words that tell a project's settings to use another port of the gateway."""
    shown = f"[{host}]" if ":" in host else host
    return f'set WEBSOCKETS["local_gateway_address"] = "{shown}:{port}" in the settings'


def is_usable(address: LocalGatewayAddress) -> bool:
    """Tell whether a gateway of this project can listen at an address, or does already."""
    if refusal_of_port(address.host, address.port) is None:
        return True
    project = read_project(address.url)
    return project is not None and project.id in {"", describe_project("").id}


class LocalGateway:
    """A child process with the gateway, restarted when it dies, and the project it serves.

    Args:
        address: host and port it listens at.
        backend_url: scheme, host and port at which this project's Django responds.
        announce: gets each line for the person at the terminal.
        arguments: further command-line arguments of the gateway.
        remedy: words for using another port, which it is given with the host.
        has_own_terminal: False where Django writes its lines to the same terminal.
    """

    def __init__(
        self,
        address: LocalGatewayAddress,
        *,
        backend_url: str,
        announce: Callable[[str], Any],
        arguments: tuple[str, ...] = (),
        remedy: Callable[[str, int], str] = setting_for_port,
        has_own_terminal: bool = True,
    ) -> None:
        self._address = address
        self._own = describe_project(backend_url)
        self._announce = announce
        self._arguments = arguments
        self._remedy = remedy
        self._has_own_terminal = has_own_terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._previous: GatewayProject | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="gateway-watcher", daemon=True)

    def start(self) -> None:
        """Start the gateway, or use one that already listens there for this project.

        Raises:
            LocalGatewayError: it does not start, or belongs to another project.
        """
        self._process = None if self._share() else self._launch()
        self._watcher.start()

    def wait(self) -> None:
        """Wait until the gateway has been stopped."""
        self._stopping.wait()

    def stop(self) -> None:
        """Close every socket properly and end the process; do nothing the second time."""
        self._stopping.set()
        self._hand_back()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _share(self) -> bool:
        """Use the gateway that listens there already; False when none does."""
        if not _is_gateway(self._address):
            return False
        project = read_project(self._address.url)
        if project is not None and project.id and project.id != self._own.id:
            raise LocalGatewayError(
                f"The gateway at {self._address.url} belongs to another project "
                f"({project.name}), and ends with it. Give this one a gateway of its own: "
                f"{self._advice()}."
            )
        self._announce(f"Using the gateway that already runs at {self._address.url}.")
        if project is not None and project.id:
            if _responds(project.backend) and project.backend != self._own.backend:
                self._previous = project
                self._announce(
                    f"It calls this server now; pages of {project.backend}, which it called before,"
                    " can connect again when this one ends."
                )
            write_project(self._address.url, self._own)
        return True

    def _hand_back(self) -> None:
        """Let a gateway that is shared call the server again which it called before."""
        previous, self._previous = self._previous, None
        if previous is None or not _responds(previous.backend):
            return
        write_project(self._address.url, previous)
        with contextlib.suppress(WebSocketsError, BotoCoreError, ClientError):
            for _ in register_records(previous.backend):
                pass

    def _launch(self) -> "subprocess.Popen[bytes]":
        self._refuse_taken_port()
        process = subprocess.Popen(  # noqa: S603 - every word is ours or the developer's own.
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(self._address),
            # Ctrl-C in the terminal is for the command, which then ends the gateway: it would
            # otherwise look as if it had died.
            start_new_session=True,
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
        write_project(self._address.url, self._own)
        return process

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "django_aws_api_gateway_websockets.gateway"),
            *("--host", self._address.host, "--port", str(self._address.port)),
            # The pipe closes when this process ends, even by a kill, and the gateway ends with it.
            "--until-stdin-closes",
            # Lines for a person; a program that wants JSON runs the gateway by itself.
            *("--access-log-format", _LINE_FORMAT),
            *("--refusal-lines", "one" if self._has_own_terminal else "untold"),
            *(_exposed_arguments() if self._address.is_exposed else ()),
            *self._arguments,
        ]

    def _refuse_taken_port(self) -> None:
        host, port = self._address.host, self._address.port
        refusal = refusal_of_port(host, port)
        if refusal is None:
            return
        if is_of_no_address_here(refusal):
            raise LocalGatewayError(
                f"The local gateway cannot listen at {host}, which is no address of this machine: "
                f"{setting_for_port('127.0.0.1', port)}."
            )
        raise LocalGatewayError(
            f"Something already listens on {host} port {port}, and it is no gateway of this "
            f"project: stop it, or {self._advice()}."
            if refusal.errno == errno.EADDRINUSE
            else f"The local gateway cannot listen on {host} port {port} ({refusal.strerror}): "
            f"{self._advice()}."
        )

    def _advice(self) -> str:
        """Say which port to use for the gateway: one that is free, and not Django's."""
        host = self._address.host
        django = read_url_authority(self._own.backend)
        avoided = (django and django.port) or 0
        after = max(self._address.port, 1023)
        return self._remedy(host, find_free_port(host, after=after, avoided=avoided))

    def _watch(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            ended = self._wait_for_end()
            if self._stopping.wait(pause):
                return
            self._announce(f"{ended} Starting it again.")
            try:
                self._process = None if self._share() else self._launch()
                for line in register_records(self._own.backend):
                    self._announce(line)
                pause = _FIRST_PAUSE_SECONDS
            except (WebSocketsError, BotoCoreError, ClientError) as error:
                self._announce(str(error))
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            finally:
                close_old_connections()

    def _wait_for_end(self) -> str:
        """Wait until the gateway is gone, and say so; one of another process is asked."""
        if self._process is not None:
            return f"The local gateway ended (exit code {self._process.wait()})."
        while _responds(self._address.url) and not self._stopping.wait(_PROBE_SECONDS):
            pass
        return f"The gateway at {self._address.url} has ended."


def describe_project(backend_url: str) -> GatewayProject:
    """Describe this project by its database: whoever shares it shares records and sockets."""
    database = connections[router.db_for_write(ApiGateway)].settings_dict
    name = str(database.get("NAME") or "")
    if "sqlite" in str(database.get("ENGINE")):
        name = os.path.abspath(name)  # noqa: PTH100 - a Path would read "file:" as a folder.
    parts = [str(database.get(key) or "") for key in ("ENGINE", "HOST", "PORT")]
    digest = hashlib.sha256("\0".join([*parts, name]).encode()).hexdigest()
    shown = str(getattr(settings, "BASE_DIR", "") or settings.ROOT_URLCONF)
    return GatewayProject(id=digest, name=shown, backend=backend_url)


def _responds(url: str) -> bool:
    """Tell whether something listens at the host and port of a URL."""
    authority = read_url_authority(url)
    if authority is None:
        return False
    with contextlib.suppress(OSError):
        socket.create_connection((authority.host, authority.port or 80), _PROBE_SECONDS).close()
        return True
    return False


def _is_gateway(address: LocalGatewayAddress) -> bool:
    """Tell whether a gateway already responds at this address."""
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    try:
        get_boto3_client(endpoint_url=address.url, config=config).get_apis(MaxResults="1")
    except (BotoCoreError, ClientError):
        return False
    return True


def _exposed_arguments() -> list[str]:
    """Return the options of a gateway that other machines can reach, as the setting asks for.

    It serves the names Django serves.
    """
    names = [f"--allow-host={name}" for name in settings.ALLOWED_HOSTS]
    return ["--plain-http", *names]


def _environment(address: LocalGatewayAddress) -> dict[str, str]:
    # The child must find the package where this process found it, installed or not.
    paths = [path for path in sys.path if path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if address.is_exposed:
        # Not on the command line, which every user of the machine can read.
        environment["AWS_ACCESS_KEY_ID"] = LOCAL_KEY
        environment["AWS_SECRET_ACCESS_KEY"] = get_local_secret()
        environment[OPERATOR_TOKEN_VARIABLE] = get_operator_token()
    return environment
