"""DiscussIt on Channels from nothing but Redis: database, users and server, in one command."""

import os
from functools import partial
from typing import Any

import redis
from daphne.management.commands import runserver
from daphne.server import Server
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from chat.demo import WELCOME, prepare
from django_aws_api_gateway_websockets.management.ports import find_free_port, refusal_of_port


class Command(runserver.Command):
    """daphne's `runserver` on a prepared database, saying what a visitor needs to know."""

    help = "Runs DiscussIt on Channels on this machine: PORT chooses another port."

    def add_arguments(self, parser: CommandParser) -> None:
        """Keep runserver's options; a demo's code does not change while it runs."""
        super().add_arguments(parser)
        parser.set_defaults(
            addrport=os.environ.get("PORT", "8000"), use_reloader=False, skip_checks=False
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare everything, then serve until Ctrl-C."""
        self.stdout.write("Preparing the database ...")
        prepare()
        super().handle(*args, **options)

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Serve, once it is certain that daphne can, which would say it less plainly."""
        port = int(self.port)
        if refusal_of_port("127.0.0.1", port):
            free = find_free_port("127.0.0.1", after=port)
            raise CommandError(
                f"Something else listens on port {port}. Choose another one: "
                f"make discussit-channels PORT={free}"
            )
        try:
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                client.ping()
        except redis.ConnectionError as error:
            raise CommandError(
                f"Channels needs Redis, and none answers at {settings.REDIS_URL}: start one with "
                "`redis-server`, or name another in REDIS_URL."
            ) from error
        welcome = WELCOME.format(address=f"http://127.0.0.1:{port}/")
        self.server_cls = partial(Server, ready_callable=partial(self._announce, welcome))
        super().inner_run(*args, **options)

    def _announce(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
