"""A command that runs the local gateway with the project's APIs in it."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import get_local_gateway_address, uses_local_gateway
from ...core.authority import read_authority
from ..local_gateway import LocalGateway
from .runserver import reasons_shown, show_addresses


class Command(BaseCommand):
    """The gateway until Ctrl-C; Django itself runs elsewhere, under any server."""

    help = (
        "Runs API Gateway on this machine and registers the project's APIs in it. "
        "Django itself runs beside it, under runserver or any other server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options of the gateway that make sense beside a project."""
        parser.add_argument(
            "--backend",
            default="http://127.0.0.1:8000",
            metavar="URL",
            help="where Django answers (default: %(default)s)",
        )
        parser.add_argument(
            "--clock-speed",
            type=float,
            default=1.0,
            metavar="N",
            help="seconds of the gateway's clock in a real second: at 120 the two hours of a "
            "connection pass in a minute (default: %(default)s)",
        )

        parser.add_argument(
            "--weather",
            action="append",
            default=[],
            metavar="SWITCHES",
            help="let things go wrong as they do on AWS, such as post-429=20%%,cut=5%%; may be "
            "given more than once (default: fair)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until Ctrl-C or SIGTERM."""
        if not uses_local_gateway():
            raise CommandError(
                'Set WEBSOCKETS = {"local_gateway": True} first: without it Django sends to AWS, '
                "and the project's APIs would be registered there."
            )
        backend_url = _backend_url(options["backend"])
        gateway = LocalGateway(
            get_local_gateway_address(),
            backend_url=backend_url,
            announce=self._announce,
            arguments=(
                *("--clock-speed", str(options["clock_speed"])),
                *(word for text in options["weather"] for word in ("--weather", text)),
            ),
        )
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            with reasons_shown():
                gateway.start()
            show_addresses(backend_url, self._announce)
            gateway.wait()
        except KeyboardInterrupt:
            self._announce("Stopping: every socket is closed with 1001.")
        finally:
            gateway.stop()

    def _announce(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _backend_url(url: str) -> str:
    scheme, _, rest = url.removesuffix("/").partition("://")
    if scheme not in {"http", "https"} or read_authority(rest) is None:
        raise CommandError(f"--backend must be like http://127.0.0.1:8000, not {url!r}.")
    return f"{scheme}://{rest}"


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
