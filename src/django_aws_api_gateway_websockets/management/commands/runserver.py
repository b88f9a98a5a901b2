"""Django's `runserver`, with API Gateway beside it when `WEBSOCKETS["local_gateway"]` is on."""

import errno
import importlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.runserver import Command as DjangoRunserver
from django.db import DatabaseError
from django.http.request import validate_host

from ...aws.local_credentials import get_operator_token
from ...conf import get_local_gateway_address, uses_local_gateway
from ...core.authority import is_loopback_host, read_url_authority
from ...core.errors import WebSocketsError
from ...deployment import read_project
from ...models import ApiGateway
from ...receiving.called_paths import find_match
from ...receiving.routed_views import find_socket_class
from ..local_gateway import LocalGateway, setting_for_port
from ..local_relay import start_relay
from ..ports import find_free_port, is_of_no_address_here, refusal_of_port
from ..project_apis import register_apis

_TOKEN: Final = re.compile(r"(ws_token=)[^&\s\"]+")

_REFUSED_EVENT: Final = re.compile(r"\bPOST (?P<path>/[^\s?]*)\S*(?: HTTP/[\d.]+\")? 4\d\d\b")

_REQUEST_LOGGERS: Final = ("django.server", "django.channels.server")
"""Loggers of the lines for each request: Django's own, and the one of daphne's `runserver`."""

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
        record.args = tuple(_redacted(value) for value in record.args)
    elif isinstance(record.args, dict):
        record.args = {name: _redacted(value) for name, value in record.args.items()}
    return True


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out the line of a refused event, which the package's own line tells with the reason.

    A filter of `logging`.
    """
    line = record.getMessage()
    found = _REFUSED_EVENT.search(line)
    match = find_match(found["path"]) if found else None
    return match is None or find_socket_class(match.func) is None


def _redacted(value: object) -> object:
    return _TOKEN.sub(r"\1[redacted]", value) if isinstance(value, str) else value


@contextmanager
def reasons_shown() -> Iterator[None]:
    """Turn a reason against the gateway into the error of a command.

    Raises:
        CommandError: the gateway or the database is not ready.
    """
    try:
        yield
    except DatabaseError as error:
        raise CommandError(
            "The database is not ready for the gateway. Create its tables with "
            f"`manage.py migrate` and start again. ({error})"
        ) from error
    except (WebSocketsError, BotoCoreError, ClientError) as error:
        raise CommandError(str(error)) from error


def show_addresses(backend_url: str, announce: Callable[[str], None]) -> None:
    """Register the project's APIs, and say where they and the live page are.

    Raises:
        CommandError: the gateway or the database is not ready.
    """
    with reasons_shown():
        for line in register_apis(backend_url):
            announce(line)
    address = get_local_gateway_address()
    if refused := _refused_host(backend_url):
        announce(
            f"Every connect will be refused: the gateway calls Django at {refused}, which "
            f"ALLOWED_HOSTS lacks. Add '{refused}' to it."
        )
    token = f"#{get_operator_token()}" if address.is_exposed else ""
    announce(f"The live page shows every message: {address.url}/_gateway/{token}")


def _refused_host(backend_url: str) -> str:
    """Return the host of Django's address if Django would refuse it; "" where it would not."""
    authority = read_url_authority(backend_url)
    if authority is None or not settings.ALLOWED_HOSTS:
        # Without any, Django allows loopback names while DEBUG is on.
        return ""
    host = f"[{authority.host}]" if ":" in authority.host else authority.host
    return "" if validate_host(host, settings.ALLOWED_HOSTS) else host


class Command(_next_runserver()):  # type: ignore[misc] # INSTALLED_APPS decides about the base.
    """Django's server, with the local gateway started before it and stopped after it."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Keep tokens out of the lines Django writes for each request, and serve."""
        for name in _REQUEST_LOGGERS:
            logging.getLogger(name).addFilter(_redact_tokens)
            logging.getLogger(name).addFilter(_is_news)
        if uses_local_gateway():
            self._register(is_watched=options.get("use_reloader", False))
            start_relay()
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
            get_local_gateway_address(),
            backend_url=self._backend_url(),
            announce=self.announce,
            remedy=self.words_for_gateway_port,
            has_own_terminal=False,
        )
        try:
            with reasons_shown():
                # Before the gateway is up and the process that serves has its own say.
                ApiGateway.objects.exists()
                gateway.start()
            super().run(**options)
        except KeyboardInterrupt:
            # Django handles Ctrl-C itself once it serves; until then it would be a traceback.
            sys.exit(0)
        finally:
            gateway.stop()

    def _register(self, *, is_watched: bool) -> None:
        """Register the APIs here, not where the gateway starts: code loaded anew has new URLs.

        Args:
            is_watched: true in a process that is to go on, since the reloader waits for it.
        """
        try:
            show_addresses(self._backend_in_use(), self.announce)
            self._mention_other_devices()
        except CommandError as error:
            if not is_watched:
                raise
            self.stderr.write(str(error))

    def _mention_other_devices(self) -> None:
        """Say how to open the gateway to those who can open the pages."""
        address = get_local_gateway_address()
        if is_loopback_host(self.addr or "127.0.0.1") or address.is_exposed:
            return
        setting = setting_for_port("0.0.0.0", address.port)  # noqa: S104 - words for the settings.
        self.announce(
            f"Other devices can open the pages and no socket: for them, {setting} and start again."
        )

    def words_for_port(self, port: int) -> str:
        """Return the words that start this command at another port."""
        addr = f"[{self.addr}]" if self.use_ipv6 else self.addr
        shown = f"{addr}:" if addr not in {"127.0.0.1", "[::1]", ""} else ""
        six = "--ipv6 " if addr == "[::1]" else ""
        return f"python manage.py runserver {six}{shown}{port}"

    def words_for_gateway_port(self, host: str, port: int) -> str:
        """Return the words that give the gateway another port."""
        return setting_for_port(host, port)

    def announce(self, line: str) -> None:
        """Print a line about the gateway."""
        self.stdout.write(line)
        self.stdout.flush()

    def _refuse_taken_port(self) -> None:
        # Django notices later, and ends the process before the gateway could be stopped.
        host, port = self.addr or "127.0.0.1", int(self.port)
        refusal = refusal_of_port(host, port)
        if refusal is None:
            return
        if is_of_no_address_here(refusal):
            raise CommandError(
                f"Django cannot listen at {host}, which is no address of this machine. Leave it "
                f"out: python manage.py runserver {port}"
            )
        reason = (
            "Stop what runs there, or choose" if refusal.errno == errno.EADDRINUSE else "Choose"
        )
        # Ports below 1024 are the system's.
        avoided = get_local_gateway_address().port
        free = find_free_port(host, after=max(port, 1023), avoided=avoided)
        raise CommandError(
            f"Django cannot listen on port {port} ({refusal.strerror}). {reason} another port: "
            f"{self.words_for_port(free)}"
        )

    def _backend_in_use(self) -> str:
        """Return the address the gateway calls: this server's, or that of one before it."""
        project = read_project(get_local_gateway_address().url)
        return (project and project.backend) or self._backend_url()

    def _backend_url(self) -> str:
        # A server that listens on every address is reached on the loopback one.
        host = self.addr if self.addr not in {"", "0", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound.
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
