"""A command that sends a message to a channel, to users, or to everybody, and reports on it."""

# The name is that of the command, like the other ones of the package.
# ruff: noqa: N999

import json
import sys
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...aws.failures import explain_kind
from ...delivery.outcome import OutcomeKind
from ...models import WebSocketSession, WebSocketSessionQuerySet
from ...sending.broadcast.report import BroadcastReport, Missed
from ..gateways import reasons_shown

SHOWN_MISSED: Final = 10
"""Number of missed sessions that are named; the others are counted."""


class Command(BaseCommand):
    """One message to many connections."""

    help = (
        "Sends a message to every open connection of a channel, of users, or of everybody, and "
        "reports on it. The message is JSON; without MESSAGE it is read from standard input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options for the audience, the message and the way of sending."""
        parser.add_argument("message", nargs="?", metavar="MESSAGE", help="the message, as JSON")
        audience = parser.add_argument_group("audience")
        audience.add_argument(
            "--channel", action="append", default=[], metavar="NAME", help="may be repeated"
        )
        audience.add_argument(
            "--user", action="append", default=[], metavar="USERNAME", help="may be repeated"
        )
        audience.add_argument("--all", action="store_true", help="everybody who is connected")
        parser.add_argument("--text", action="store_true", help="the message is a text, not JSON")
        parser.add_argument("--plan", action="store_true", help="say what it takes; send nothing")
        parser.add_argument(
            "--queue", action="store_true", help="leave it to workers (the setting says which)"
        )
        parser.add_argument(
            "--budget", type=int, metavar="UNITS", help="refuse more metered units of 32 KB"
        )
        parser.add_argument(
            "--rate", type=int, metavar="POSTS", help="begin at most so many posts a second"
        )
        parser.add_argument(
            "--id-key", metavar="KEY", help="member of the message to carry the broadcast's id"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, send or queue, and report."""
        audience = _audience(options)
        message = _message(options["message"], is_text=options["text"])
        how: Any = {
            "budget_units": options["budget"],
            "per_second": options["rate"],
            "id_key": options["id_key"],
        }
        try:
            with reasons_shown():
                self._run(audience, message, how, options)
        except TypeError as error:
            raise CommandError(str(error)) from error

    def _run(
        self, audience: WebSocketSessionQuerySet, message: Any, how: Any, options: dict[str, Any]
    ) -> None:
        if options["plan"]:
            self.stdout.write(str(audience.broadcast(message, plan=True, **how)))
        elif options["queue"]:
            self.stdout.write(f"Queued as {audience.enqueue_broadcast(message, **how)}.")
        else:
            self._send(audience, message, how)

    def _send(self, audience: WebSocketSessionQuerySet, message: Any, how: Any) -> None:
        progress = self._show if self.stderr.isatty() else None
        report = audience.broadcast(message, now=True, progress=progress, **how)
        if progress is not None:
            self.stderr.write("")
        self.stdout.write(str(report))
        for missed in report.missed[:SHOWN_MISSED]:
            self.stdout.write(f"  {missed.connection_id} {missed.kind.value}: {missed.reason}")
        unnamed = report.missed_count - min(len(report.missed), SHOWN_MISSED)
        if unnamed:
            self.stdout.write(f"  and {unnamed} more, {report.without_gateway} without gateway")
        if not report.sent and report.missed:
            self.stdout.write(f"Nobody was reached: {_cause_of(report.missed[0])}.")
        if report.missed_count or report.error:
            sys.exit(1)

    def _show(self, report: BroadcastReport) -> None:
        self.stderr.write(f"\r{report}", ending="")


def _cause_of(missed: Missed) -> str:
    is_connection = missed.kind is OutcomeKind.FAILED
    return explain_kind("EndpointConnectionError" if is_connection else missed.reason)


def _audience(options: dict[str, Any]) -> WebSocketSessionQuerySet:
    """Return the sessions the options name.

    Raises:
        CommandError: the options name none, or a user does not exist.
    """
    chosen = [bool(options["channel"]), bool(options["user"]), options["all"]]
    if sum(chosen) != 1:
        raise CommandError("Say whom to send to: --channel NAME, --user USERNAME, or --all.")
    sessions = WebSocketSession.objects.all()
    if options["channel"]:
        return sessions.filter(channel_name__in=options["channel"])
    return sessions.filter(user__in=_users(options["user"])) if options["user"] else sessions


def _users(names: list[str]) -> list[Any]:
    model = get_user_model()
    users = []
    for name in names:
        try:
            users.append(model._default_manager.get_by_natural_key(name).pk)
        except model.DoesNotExist:
            raise CommandError(f"There is no user {name!r}.") from None
    return users


def _message(given: str | None, *, is_text: bool) -> Any:
    """Return the message as a value.

    Raises:
        CommandError: it is not JSON, or there is none.
    """
    text = sys.stdin.read() if given is None or given == "-" else given
    if is_text:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(
            f"The message is not JSON ({error}): quote it for the shell, or use --text."
        ) from None
