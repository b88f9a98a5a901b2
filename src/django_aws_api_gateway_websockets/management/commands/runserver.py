"""Django's `runserver`, with API Gateway beside it when `WEBSOCKETS["local_gateway"]` is on."""

import importlib
import logging
import os
import re
import socket
import sys
from typing import Any, Final

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands.runserver import Command as DjangoRunserver
from django.db import DatabaseError

from ...conf import get_local_gateway_address, uses_local_gateway
from ...core.errors import WebSocketsError
from ..local_gateway import LocalGateway

_TOKEN: Final = re.compile(r"(ws_token=)[^&\s\"]+")

_APP: Final = "django_aws_api_gateway_websockets"


def _next_runserver() -> type[DjangoRunserver]:
    """Find the command that would run without this app, so that other apps' additions stay."""
    names = [config.name for config in apps.get_app_configs()]
    for name in names[names.index(_APP) + 1 :]:
        try:
            module = importlib.import_module(f"{name}.management.commands.runserver")
        except ModuleNotFoundError:
            continue
        command: type[DjangoRunserver] = module.Command
        return command
    return DjangoRunserver


def _redact_tokens(record: logging.LogRecord) -> bool:
    """Take one-time tokens out of a log record: the URL of a `$connect` contains one.

    A filter of `logging`.
    """
    if isinstance(record.args, tuple):
        record.args = tuple(
            _TOKEN.sub(r"\1[redacted]", value) if isinstance(value, str) else value
            for value in record.args
        )
    return True


def start_or_explain(gateway: LocalGateway) -> None:
    """Start the gateway; a reason against it becomes the error of a command.

    Raises:
        CommandError: the gateway or the database is not ready.
    """
    try:
        gateway.start()
    except DatabaseError as error:
        raise CommandError(
            "The database is not ready for the gateway. Create its tables with "
            f"`manage.py migrate` and start again. ({error})"
        ) from error
    except WebSocketsError as error:
        raise CommandError(str(error)) from error


class Command(_next_runserver()):  # type: ignore[misc] # INSTALLED_APPS decides about the base.
    """Django's server, with the local gateway started before it and stopped after it."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Keep tokens out of the lines Django writes for each request, and serve."""
        logging.getLogger("django.server").addFilter(_redact_tokens)
        super().inner_run(*args, **options)

    def run(self, **options: Any) -> None:
        """Serve until Ctrl-C.

        With the reloader, this process only watches the one that serves. The gateway belongs to
        the watching one, so that sockets stay open while code is reloaded.
        """
        is_reloaded_child = os.environ.get("RUN_MAIN") == "true"
        if not uses_local_gateway() or is_reloaded_child:
            super().run(**options)
            return
        self._refuse_taken_port()
        gateway = LocalGateway(
            get_local_gateway_address(), backend_url=self._backend_url(), announce=self.announce
        )
        try:
            start_or_explain(gateway)
            super().run(**options)
        except KeyboardInterrupt:
            # Django handles Ctrl-C itself once it serves; until then it would be a traceback.
            sys.exit(0)
        finally:
            gateway.stop()

    def announce(self, line: str) -> None:
        """Print a line about the gateway."""
        self.stdout.write(line)
        self.stdout.flush()

    def _refuse_taken_port(self) -> None:
        # Django notices later, and ends the process before the gateway could be stopped.
        family = socket.AF_INET6 if self.use_ipv6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.addr or "127.0.0.1", int(self.port)))
            except OSError as error:
                raise CommandError(
                    f"Django cannot listen on port {self.port} ({error.strerror}). Stop what runs "
                    f"there, or choose another port: manage.py runserver {int(self.port) + 1}"
                ) from error

    def _backend_url(self) -> str:
        # A server that listens on every address is reached on the loopback one.
        host = self.addr if self.addr not in {"", "0", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound.
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
